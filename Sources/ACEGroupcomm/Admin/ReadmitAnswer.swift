import CBOR

/// The 2.02 to DELETE `/gosc/groups/NAME/evictions/MEMBER`: one client was let in.
public struct ReadmitAnswer: Hashable, Sendable {
    /// Whether the member had come by an invitation: that is void, so it needs another one, and a new state with it.
    public var needsInvitation: Bool
    /// Who may come back; `nil` if the manager does not know it by a number, as its eviction is older than that it does.
    public var holder: HolderName?

    public init(needsInvitation: Bool, holder: HolderName? = nil) {
        self.needsInvitation = needsInvitation
        self.holder = holder
    }

    /// Decodes a body. Unknown parameters are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)`` unless it says whether an invitation is needed;
    ///   ``GroupcommError/wrongType(_:)`` for a parameter of another type.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        let map = try WireMap<Label>(decoding: payload)
        needsInvitation = try map.required(.needsInvitation, \.boolean)
        holder = try map.optional(.holder) { $0.textString.flatMap(HolderName.init) }
    }

    /// The body in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<Label>()
        map[.needsInvitation] = .bool(needsInvitation)
        map[.holder] = holder.map { .text($0.description) }
        return map.encoded()
    }

    private struct Label: WireLabel {
        let rawValue: Int64
        static let needsInvitation = Self(rawValue: 1)
        static let holder = Self(rawValue: 2)
    }
}
