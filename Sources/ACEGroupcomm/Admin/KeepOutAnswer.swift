import CBOR

/// The 2.04 to DELETE `/gosc/groups/NAME/members/MEMBER`: there was no such member any more.
public struct KeepOutAnswer: Hashable, Sendable {
    /// Who may not come back from here on; one at least.
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
