import ACEGroupcomm
import COSE

extension GroupState {
    /// A Sender ID that was never handed out under the group's present Gid, the shortest and lowest first; `nil` if none
    /// is left.
    ///
    /// The empty identifier is never handed out (GM-0244).
    func unusedSenderID() -> [UInt8]? {
        // GM-0233, GM-0241: what was handed out once stays taken until the Gid changes, also after a leave.
        let taken = assignedSenderIDs[record.groupID] ?? []
        // GM-0240
        let longest = min(configuration.maximumSenderIDCount, Self.longestSenderID)
        // GM-0243: handed out in order, so the first that can be free is behind as many as are taken.
        var number = taken.count
        while let senderID = Self.senderID(number, longest: longest) {
            if !taken.contains(senderID) { return senderID }
            number += 1
        }
        // Only where identifiers were handed out of order is there one before.
        for number in 0..<taken.count {
            guard let senderID = Self.senderID(number, longest: longest) else { return nil }
            if !taken.contains(senderID) { return senderID }
        }
        return nil
    }

    /// The identifier with this place: those of one byte first, then those of two; `nil` behind the last.
    private static func senderID(_ place: Int, longest: Int) -> [UInt8]? {
        var number = place
        for count in stride(from: 1, through: longest, by: 1) {
            guard number >= 1 << (8 * count) else {
                return (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * (count - 1 - $0))) }
            }
            number -= 1 << (8 * count)
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
