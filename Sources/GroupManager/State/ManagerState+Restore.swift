// GM-0396
/// What a restore changes.
extension ManagerState {
    mutating func applyToRestore(_ write: ManagerWrite) throws(ManagerWriteError) -> ManagerUndo {
        // Once in years: a copy of everything is the simplest way back.
        let before = self
        switch write {
        case .restore(let record):
            guard record.since >= pendingRestore?.since ?? 0 else { throw .restorePending }
            pendingRestore = record
            // Their windows and numbers went back with the store.
            (clients, recipientIDs, materials) = (RecordTable(), [:], [:])
            (associations, associationCounts) = (RecordTable(), [:])
            for invitation in Array(invitations.values) where invitation.barredAt == nil {
                invitations[invitation.clientSenderID]?.barredAt = record.since
            }
            for name in groups.keys { groups[name]?.staleSenderIDs = [:] }
        case .completeRestore:
            guard pendingRestore != nil else { throw .noRestorePending }
            pendingRestore = nil
        default: throw .invalidRecord
        }
        return .restore(before: before)
    }

    // GM-0026, GM-0396
    /// Whether an invitation gives no rights any more, nor do the tokens that came of it: it was revoked, or it is from before a
    /// restore and has made nobody who is a member. Who else had joined with it may have been thrown out since, which a store
    /// that went back does not know. Whoever is no member because a Gid has come again was not (GM-0389).
    func isVoid(_ invitation: InvitationRecord, of client: ClientIdentity) -> Bool {
        guard invitation.revokedAt == nil else { return true }
        guard invitation.barredAt != nil, let group = groups[invitation.groupName] else { return false }
        return !group.isMemberOrElder(client)
    }
}
