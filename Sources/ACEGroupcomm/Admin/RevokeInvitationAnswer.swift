import CBOR

/// The 2.02 to DELETE `/gosc/groups/NAME/invitations/NODE`: whose invitations count no more.
public struct RevokeInvitationAnswer: Hashable, Sendable {
    /// Those that had joined with them; empty if nobody had.
    public var holders: [HolderName]

    public init(holders: [HolderName]) {
        self.holders = holders
    }

    /// Decodes a body. Unknown parameters are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)`` or ``GroupcommError/wrongType(_:)`` for its one parameter.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        holders = try WireMap<Label>(decoding: payload).required(.holders, \.holderNames)
    }

    /// The body in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<Label>()
        map[.holders] = .array(holders.map { .text($0.description) })
        return map.encoded()
    }

    private struct Label: WireLabel {
        let rawValue: Int64
        static let holders = Self(rawValue: 1)
    }
}
