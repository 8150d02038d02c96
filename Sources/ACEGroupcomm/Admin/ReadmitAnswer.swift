import CBOR

/// The 2.02 to DELETE `/gosc/groups/NAME/evictions/MEMBER`.
public struct ReadmitAnswer: Hashable, Sendable {
    /// Whether the member had come by an invitation: that is void, so it needs another one, and a new state with it.
    public var needsInvitation: Bool

    public init(needsInvitation: Bool) {
        self.needsInvitation = needsInvitation
    }

    /// Decodes a body. Unknown parameters are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)`` or ``GroupcommError/wrongType(_:)`` for its one parameter.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        needsInvitation = try WireMap<Label>(decoding: payload).required(.needsInvitation, \.boolean)
    }

    /// The body in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<Label>()
        map[.needsInvitation] = .bool(needsInvitation)
        return map.encoded()
    }

    private struct Label: WireLabel {
        let rawValue: Int64
        static let needsInvitation = Self(rawValue: 1)
    }
}
