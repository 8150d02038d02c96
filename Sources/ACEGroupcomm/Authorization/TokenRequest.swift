import CBOR

/// POST to the token resource of an authorization server, Content-Format 19 (RFC 9200 §5.8.1, RFC 9203 §3.1).
public struct TokenRequest: Hashable, Sendable {
    /// `grant_type`; `nil` means ``clientCredentials``.
    public var grantType: UInt64?
    /// The manager that the token is for.
    public var audience: String?
    /// The content of `scope`: an encoded ``AuthorizationScope``.
    public var scope: [UInt8]?
    /// `kid` in `req_cnf`: the material of the token that this one replaces.
    public var requestedKeyID: [UInt8]?
    /// Whether `ace_profile` is asked for.
    public var asksForProfile: Bool

    /// The only grant type of this profile (RFC 9200 §5.8.4.1).
    public static let clientCredentials: UInt64 = 2

    public init(
        grantType: UInt64? = nil, audience: String? = nil, scope: [UInt8]? = nil, requestedKeyID: [UInt8]? = nil,
        asksForProfile: Bool = false
    ) {
        self.grantType = grantType
        self.audience = audience
        self.scope = scope
        self.requestedKeyID = requestedKeyID
        self.asksForProfile = asksForProfile
    }

    /// Decodes a payload. Unknown labels are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/wrongType(_:)`` for a parameter of another type, such as a scope with a tag;
    ///   ``GroupcommError/invalid(_:)`` for a `req_cnf` that is no `kid`.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        // GM-0019
        let map = try WireMap<AuthorizationLabel>(decoding: payload)
        grantType = try map.optional(.grantType, \.unsignedInteger)
        audience = try map.optional(.audience, \.textString)
        // GM-0017: the extended form is for tokens only.
        scope = try map.optional(.scope, \.byteString)
        if let value = map[.reqCnf] {
            let label = AuthorizationLabel.reqCnf.rawValue
            guard case .map(let methods) = value else { throw .wrongType(label) }
            guard let keyID = methods[ConfirmationLabel.kid.rawValue]?.byteString else { throw .invalid(label) }
            requestedKeyID = keyID
        } else {
            requestedKeyID = nil
        }
        asksForProfile = try map.isAsked(.aceProfile)
    }

    /// The payload in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<AuthorizationLabel>()
        map[.reqCnf] = requestedKeyID.map { Confirmation.keyID($0).value }
        map[.audience] = audience.map { .text($0) }
        map[.scope] = scope.map { .bytes($0) }
        map[.grantType] = grantType.map { .unsigned($0) }
        map.ask(.aceProfile, asksForProfile)
        return map.encoded()
    }
}

// GM-0047, GM-0051: null asks for a parameter, and nothing else does.
extension WireMap<AuthorizationLabel> {
    func isAsked(_ label: AuthorizationLabel) throws(GroupcommError) -> Bool {
        guard let value = self[label] else { return false }
        guard value.isNull else { throw .wrongType(label.rawValue) }
        return true
    }

    mutating func ask(_ label: AuthorizationLabel, _ asked: Bool) {
        self[label] = asked ? .null : nil
    }
}
