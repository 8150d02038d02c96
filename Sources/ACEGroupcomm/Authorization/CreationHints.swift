import CBOR

/// AS Request Creation Hints: how a client that was refused gets a token, Content-Format 19 (RFC 9200 §5.3).
public struct CreationHints: Hashable, Sendable {
    /// The URI of the token resource.
    public var authorizationServer: String?
    /// Names the key that the token should be bound to.
    public var keyID: [UInt8]?
    /// What the manager calls itself.
    public var audience: String?
    /// The content of `scope`: an encoded ``AuthorizationScope``.
    public var scope: [UInt8]?
    /// A nonce that the token has to hold.
    public var clientNonce: [UInt8]?

    public init(
        authorizationServer: String? = nil, keyID: [UInt8]? = nil, audience: String? = nil, scope: [UInt8]? = nil,
        clientNonce: [UInt8]? = nil
    ) {
        self.authorizationServer = authorizationServer
        self.keyID = keyID
        self.audience = audience
        self.scope = scope
        self.clientNonce = clientNonce
    }

    /// Decodes a payload. Unknown labels are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/wrongType(_:)`` for a parameter of another type.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        let map = try WireMap<CreationHintLabel>(decoding: payload)
        authorizationServer = try map.optional(.authorizationServer, \.textString)
        keyID = try map.optional(.kid, \.byteString)
        audience = try map.optional(.audience, \.textString)
        // GM-0017: never with a tag.
        scope = try map.optional(.scope, \.byteString)
        clientNonce = try map.optional(.cnonce, \.byteString)
    }

    /// The payload in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<CreationHintLabel>()
        map[.authorizationServer] = authorizationServer.map { .text($0) }
        map[.kid] = keyID.map { .bytes($0) }
        map[.audience] = audience.map { .text($0) }
        map[.scope] = scope.map { .bytes($0) }
        map[.cnonce] = clientNonce.map { .bytes($0) }
        return map.encoded()
    }
}
