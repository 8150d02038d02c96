import CBOR

/// The 2.05 to POST of `/ace-group/GROUPNAME/nodes/NODENAME`, Content-Format 261: a member's new Sender ID
/// (draft-ietf-ace-key-groupcomm-oscore §9.2).
public struct SenderIDAnswer: Hashable, Sendable {
    public var senderID: [UInt8]

    public init(senderID: [UInt8]) {
        self.senderID = senderID
    }

    /// Decodes a payload. Unknown labels are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)`` without a Sender ID; ``GroupcommError/wrongType(_:)`` unless it is a
    ///   byte string.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        senderID = try WireMap<GroupcommLabel>(decoding: payload).required(.groupSenderID, \.byteString)
    }

    /// The payload in deterministic CBOR.
    public func encoded() -> [UInt8] {
        // GM-0229: this alone.
        var map = WireMap<GroupcommLabel>()
        map[.groupSenderID] = .bytes(senderID)
        return map.encoded()
    }
}
