import CBOR

/// POST `/gosc/revocations`: a token is not accepted any more.
public struct RevokeTokenRequest: Hashable, Sendable {
    /// The `cti` of the token, or, for one without, ``AccessToken/name(of:)``; 1 to 64 bytes.
    public var tokenID: [UInt8]

    public init(tokenID: [UInt8]) {
        self.tokenID = tokenID
    }

    /// Decodes a body. Unknown parameters are errors.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)``, ``GroupcommError/wrongType(_:)`` or ``GroupcommError/invalid(_:)``
    ///   for an identifier that is not there, none, or too long.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        let map = try WireMap<Label>(decoding: payload)
        try map.refuseLabels(except: [.tokenID])
        tokenID = try map.required(.tokenID, \.byteString)
        guard (1...64).contains(tokenID.count) else { throw .invalid(Label.tokenID.rawValue) }
    }

    /// The body in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<Label>()
        map[.tokenID] = .bytes(tokenID)
        return map.encoded()
    }

    private struct Label: WireLabel {
        let rawValue: Int64
        static let tokenID = Self(rawValue: 1)
    }
}
