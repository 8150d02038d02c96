import CBOR

/// The claims of an access token (RFC 8392 §3.1, RFC 9200 §5.10).
///
/// Holds the Master Secret inside ``confirmation``. Whether the claims suffice is the manager's decision.
public struct AccessTokenClaims: Hashable, Sendable {
    /// `iss`: the authorization server.
    public var issuer: String?
    /// `sub`: the client.
    public var subject: String?
    /// `aud`: for whom the token is; empty if that is not said.
    public var audiences: [String]
    /// `exp`, in seconds since 1970: from then on the token is void.
    public var expiration: UInt64?
    /// `nbf`, in seconds since 1970: before that the token is not valid yet.
    public var notBefore: UInt64?
    /// `iat`, in seconds since 1970.
    public var issuedAt: UInt64?
    /// `cti`: names the token.
    public var tokenID: [UInt8]?
    /// `cnf`. Secret.
    public var confirmation: Confirmation?
    /// `scope`.
    public var scope: ScopeClaim?
    /// `cnonce`: the nonce of the manager's hints.
    public var clientNonce: [UInt8]?
    /// `exi`, in seconds from the upload on.
    public var expiresIn: UInt64?

    public init(
        issuer: String? = nil, subject: String? = nil, audience: String? = nil, expiration: UInt64? = nil,
        notBefore: UInt64? = nil, issuedAt: UInt64? = nil, tokenID: [UInt8]? = nil, confirmation: Confirmation? = nil,
        scope: ScopeClaim? = nil, clientNonce: [UInt8]? = nil, expiresIn: UInt64? = nil
    ) {
        self.issuer = issuer
        self.subject = subject
        self.audiences = audience.map { [$0] } ?? []
        self.expiration = expiration
        self.notBefore = notBefore
        self.issuedAt = issuedAt
        self.tokenID = tokenID
        self.confirmation = confirmation
        self.scope = scope
        self.clientNonce = clientNonce
        self.expiresIn = expiresIn
    }

    /// The only one that the token is for; `nil` if there is none, or there are several.
    public var audience: String? { audiences.count == 1 ? audiences[0] : nil }

    /// Decodes a claims set. Unknown claims are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   and the keying material are maps; ``GroupcommError/wrongType(_:)`` for a claim of another type, except for
    ///   `scope`; ``GroupcommError/missing(_:)`` and ``GroupcommError/invalid(_:)`` for what is wrong with `cnf`.
    public init(decoding bytes: Span<UInt8>) throws(GroupcommError) {
        let map = try WireMap<TokenClaimLabel>(decoding: bytes)
        self.init(
            issuer: try map.optional(.iss, \.textString), subject: try map.optional(.sub, \.textString),
            expiration: try map.optional(.exp) { $0.second(.up) },
            notBefore: try map.optional(.nbf) { $0.second(.up) },
            issuedAt: try map.optional(.iat) { $0.second(.down) },
            tokenID: try map.optional(.cti, \.byteString), scope: map[.scope].map { ScopeClaim($0) },
            clientNonce: try map.optional(.cnonce, \.byteString), expiresIn: try map.optional(.exi, \.unsignedInteger))
        // RFC 8392 §3.1.3: one, or an array of them.
        audiences = try map.optional(.aud) { value in value.textString.map { [$0] } ?? value.texts } ?? []
        if let value = map[.cnf] { confirmation = try Confirmation(value, label: TokenClaimLabel.cnf.rawValue) }
    }

    /// The claims set in deterministic CBOR. Contains the Master Secret.
    public func encoded() -> [UInt8] {
        var map = WireMap<TokenClaimLabel>()
        map[.iss] = issuer.map { .text($0) }
        map[.sub] = subject.map { .text($0) }
        map[.aud] = audience.map { .text($0) } ?? (audiences.isEmpty ? nil : .array(audiences.map { .text($0) }))
        map[.exp] = expiration.map { .unsigned($0) }
        map[.nbf] = notBefore.map { .unsigned($0) }
        map[.iat] = issuedAt.map { .unsigned($0) }
        map[.cti] = tokenID.map { .bytes($0) }
        map[.cnf] = confirmation?.value
        map[.scope] = scope?.value
        map[.cnonce] = clientNonce.map { .bytes($0) }
        map[.exi] = expiresIn.map { .unsigned($0) }
        return map.encoded()
    }
}

extension AccessTokenClaims: CustomStringConvertible, CustomReflectable {
    public var description: String { "<claims about \(subject ?? "nobody")>" }

    /// Nothing: a dump shows no secret.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension CBORValue {
    /// A NumericDate (RFC 8392 §2), not before 1970, as a whole second.
    fileprivate func second(_ rule: FloatingPointRoundingRule) -> UInt64? {
        guard case .float(let number) = self else { return unsignedInteger }
        return UInt64(exactly: number.value.rounded(rule))
    }
}
