// GM-0396
/// What a store that goes back must not forget: that somebody is out. A journal beside the store keeps it.
public enum DepartureEntry: Hashable, Sendable {
    /// A member was thrown out.
    case evicted(EvictionRecord)
    /// A membership has ended otherwise: the member has left, or its authorization has ended; not because a Gid
    /// comes again (GM-0388). `at` is in seconds since 1970.
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
        // Latest first, so that keys are seen before the elders that went with them: nobody wanted these out, and a restore has no
        // reason to remove them.
        var elders: Set<[String]> = []
        let evicted = Set(
            writes.compactMap { write in
                if case .evict(let record) = write { [record.groupName, record.client.text] } else { nil }
            })
        let entries = zip(writes, undo).reversed().compactMap { write, undo -> Self? in
            switch (write, undo) {
            case (.evict(let record), _): return .evicted(record)
            case (.rekeyGroup(let rekeying), _):
                elders.formUnion(rekeying.latest.elders.map { [rekeying.groupName, $0.text] })
                return nil
            case (.removeMember, .member(_, let member?)):
                let key = [member.groupName, member.client.text]
                guard elders.remove(key) == nil, !evicted.contains(key) else { return nil }
                return .departed(groupName: member.groupName, name: member.name, client: member.client, at: now)
            case (.revokeInvitation(let clientSenderID, at: let time), _):
                return state.invitations[clientSenderID].map {
                    .invitationRevoked(
                        groupName: $0.groupName, name: $0.nodeName, clientSenderID: clientSenderID, at: time)
                }
            case (.revokeToken(let record), _): return .tokenRevoked(record)
            default: return nil
            }
        }
        return entries.reversed()
    }
}
