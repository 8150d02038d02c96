// GM-0396
/// What a store that goes back must not forget: that somebody is out. A journal beside the store keeps it.
public enum DepartureEntry: Hashable, Sendable {
    /// A member was thrown out.
    case evicted(EvictionRecord)
    /// A membership has ended otherwise: the member has left, or its authorization has ended. `at` is in seconds since 1970.
    case departed(groupName: String, name: String, client: ClientIdentity, at: UInt64)
    /// Whoever was given this invitation has no rights any more. `at` is in seconds since 1970.
    case invitationRevoked(groupName: String, name: String, clientSenderID: [UInt8], at: UInt64)
    case tokenRevoked(RevocationRecord)
}

extension DepartureEntry {
    /// The departures among writes.
    ///
    /// - Parameters:
    ///   - writes: All writes of a change set.
    ///   - undo: What takes each of them back, in the same order.
    ///   - state: With the writes.
    ///   - now: In seconds since 1970.
    static func entries(
        of writes: [ManagerWrite], undo: [ManagerUndo], in state: ManagerState, at now: UInt64
    ) -> [Self] {
        let evicted = Set(
            writes.compactMap { write in
                if case .evict(let record) = write { [record.groupName, record.client.text] } else { nil }
            })
        return zip(writes, undo).compactMap { write, undo in
            switch (write, undo) {
            case (.evict(let record), _): .evicted(record)
            case (.removeMember, .member(_, let member?))
            where !evicted.contains([member.groupName, member.client.text]):
                .departed(groupName: member.groupName, name: member.name, client: member.client, at: now)
            case (.revokeInvitation(let clientSenderID, at: let time), _):
                state.invitations[clientSenderID].map {
                    .invitationRevoked(
                        groupName: $0.groupName, name: $0.nodeName, clientSenderID: clientSenderID, at: time)
                }
            case (.revokeToken(let record), _): .tokenRevoked(record)
            default: nil
            }
        }
    }
}
