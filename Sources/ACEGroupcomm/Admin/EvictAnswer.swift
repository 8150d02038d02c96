import CBOR

/// The 2.04 to POST `/gosc/groups/NAME/evictions`: nobody who was named is a member or may come back.
public struct EvictAnswer: Hashable, Sendable {
    /// Who was a member, as the request named it first.
    public var members: [String]
    /// Who was none any more, and may not come back from here on.
    public var keptOut: [HolderName]

    public init(members: [String], keptOut: [HolderName]) {
        self.members = members
        self.keptOut = keptOut
    }

    /// Decodes a body. Unknown parameters are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)`` or ``GroupcommError/wrongType(_:)`` for one of its two parameters.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        let map = try WireMap<Label>(decoding: payload)
        members = try map.required(.members, \.texts)
        keptOut = try map.required(.keptOut, \.holderNames)
    }

    /// The body in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<Label>()
        map[.members] = .array(members.map { .text($0) })
        map[.keptOut] = .array(keptOut.map { .text($0.description) })
        return map.encoded()
    }

    private struct Label: WireLabel {
        let rawValue: Int64
        static let members = Self(rawValue: 1)
        static let keptOut = Self(rawValue: 2)
    }
}
