import ACEGroupcomm
import COSE

extension GroupState {
    /// A Sender ID for a client that was never handed out under the group's present Gid, the shortest and lowest first.
    ///
    /// The empty identifier is never handed out (GM-0244).
    ///
    /// - Throws: ``JoinRefusal/noSenderID`` if none is left, ``JoinRefusal/senderIDsUsedUp(retryAfter:)`` if the client
    ///   has had too many of late: each is gone until the Gid changes, and one client must not use up those of all.
    func unusedSenderID(
        for client: ClientIdentity, settings: ManagerSettings, now: UInt64
    ) throws(JoinRefusal) -> [UInt8] {
        // GM-0233, GM-0241: what was handed out once stays taken until the Gid changes, also after a leave.
        let taken =
            assignedSenderIDs[record.groupID] ?? AssignedSenderIDs(groupName: record.name, groupID: record.groupID)
        // GM-0351
        if let wait = taken.wait(
            of: client, limit: settings.senderIDsPerClient, period: settings.senderIDPeriod, now: now)
        {
            throw .senderIDsUsedUp(retryAfter: UInt32(clamping: wait))
        }
        // GM-0240, GM-0243
        guard
            let senderID = AssignedSenderIDs.senderID(
                at: taken.firstFreePlace, longest: configuration.maximumSenderIDCount)
        else { throw .noSenderID }
        return senderID
    }
}

extension GroupState {
    // GM-0235
    /// What makes Sender IDs free of members that have left; nothing where members have all of them.
    func makingRoom(at now: UInt64) -> [ManagerWrite] {
        let held = members.values.count { $0.senderID != nil }
        guard held < assignedSenderIDs[record.groupID]?.count ?? 0 else { return [] }
        return [.demandRekeying(groupName: record.name, DueRekeying(since: now, evicts: false))]
    }
}

extension GroupConfiguration {
    /// The longest Sender ID that the group's nonces leave room for: N − 6, with the smaller N where two algorithms are set.
    var maximumSenderIDCount: Int {
        let lengths = [groupMode?.encryption.nonceLength, pairwiseMode?.aead.nonceLength].compactMap { $0 }
        return max((lengths.min() ?? 0) - 6, 0)
    }
}
