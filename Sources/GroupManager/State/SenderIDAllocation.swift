import ACEGroupcomm
import COSE

extension ManagerState {
    /// A Sender ID that was never handed out under the group's present Gid, the shortest and lowest first; `nil` if none
    /// is left.
    ///
    /// The empty identifier is never handed out (GM-0244).
    func unusedSenderID(in group: Group) -> [UInt8]? {
        // GM-0233, GM-0241: what was handed out once stays taken until the Gid changes, also after a leave.
        let taken = Set(
            assignedSenderIDs.lazy.filter {
                $0.groupName == group.record.name && $0.groupID == group.record.groupID
            }.map(\.senderID))
        // GM-0240
        let longest = min(group.configuration.maximumSenderIDCount, Self.longestSenderID)
        for count in stride(from: 1, through: longest, by: 1) {
            for number in 0..<(1 << (8 * count)) {
                let senderID = (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * (count - 1 - $0))) }
                if !taken.contains(senderID) { return senderID }
            }
        }
        return nil
    }

    /// Two bytes make 65792 members under one Gid: more than a multicast group can serve.
    private static let longestSenderID = 2
}

extension GroupConfiguration {
    /// The longest Sender ID that the group's nonces leave room for: N − 6, with the smaller N where two algorithms are set.
    var maximumSenderIDCount: Int {
        let lengths = [groupMode?.encryption.nonceLength, pairwiseMode?.aead.nonceLength].compactMap { $0 }
        return max((lengths.min() ?? 0) - 6, 0)
    }
}
