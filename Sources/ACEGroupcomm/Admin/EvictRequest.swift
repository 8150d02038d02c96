import CBOR

/// POST `/gosc/groups/NAME/evictions`: all who are named go at once, or nobody does.
public struct EvictRequest: Hashable, Sendable {
    /// Names, or text forms of ``HolderName``; one at least. Whoever is named twice counts once.
    public var names: [String]

    public init(names: [String]) {
        self.names = names
    }

    /// Decodes a body. Unknown parameters are errors.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)``, ``GroupcommError/wrongType(_:)`` or ``GroupcommError/invalid(_:)``
    ///   for names that are not there, no texts, or none; ``GroupcommError/unexpected(_:)`` for an unknown parameter.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        let map = try WireMap<Label>(decoding: payload)
        try map.refuseLabels(except: [.names])
        names = try map.required(.names, \.texts)
        guard !names.isEmpty, names.allSatisfy({ Names.isValid($0) || HolderName($0) != nil }) else {
            throw .invalid(Label.names.rawValue)
        }
    }

    /// The body in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<Label>()
        map[.names] = .array(names.map { .text($0) })
        return map.encoded()
    }

    private struct Label: WireLabel {
        let rawValue: Int64
        static let names = Self(rawValue: 1)
    }
}
