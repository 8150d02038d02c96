import CBOR

/// The 2.01 to a ``TokenRequest``, Content-Format 19 (RFC 9200 §5.8.2, RFC 9203 §3.2).
///
/// Holds the Master Secret inside ``confirmation``.
public struct TokenResponse: Hashable, Sendable {
    /// The token, opaque to the client.
    public var accessToken: [UInt8]
    /// For how long it is good, in seconds.
    public var expiresIn: UInt64?
    /// `cnf`: the client's copy of the keying material. Secret.
    public var confirmation: Confirmation?
    /// The content of `scope`; `nil` if what was asked for is granted.
    public var scope: [UInt8]?
    /// `ace_profile`; `nil` if it was not asked for.
    public var profile: ACEProfile?

    public init(
        accessToken: [UInt8], expiresIn: UInt64? = nil, confirmation: Confirmation? = nil, scope: [UInt8]? = nil,
        profile: ACEProfile? = nil
    ) {
        self.accessToken = accessToken
        self.expiresIn = expiresIn
        self.confirmation = confirmation
        self.scope = scope
        self.profile = profile
    }

    /// Decodes a payload. Unknown labels are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   and the keying material are maps; ``GroupcommError/missing(_:)`` without a token, or without what keying
    ///   material has to have; ``GroupcommError/wrongType(_:)`` for a parameter of another type;
    ///   ``GroupcommError/invalid(_:)`` for an empty Master Secret and a `cnf` of another kind.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        // GM-0020
        let map = try WireMap<AuthorizationLabel>(decoding: payload)
        accessToken = try map.required(.accessToken, \.byteString)
        expiresIn = try map.optional(.expiresIn, \.unsignedInteger)
        if let value = map[.cnf] {
            confirmation = try Confirmation(value, label: AuthorizationLabel.cnf.rawValue)
        } else {
            confirmation = nil
        }
        scope = try map.optional(.scope, \.byteString)
        profile = try map.optional(.aceProfile, \.unsignedInteger).map(ACEProfile.init(rawValue:))
    }

    /// The payload in deterministic CBOR. Contains the Master Secret.
    public func encoded() -> [UInt8] {
        var map = WireMap<AuthorizationLabel>()
        map[.accessToken] = .bytes(accessToken)
        map[.expiresIn] = expiresIn.map { .unsigned($0) }
        map[.cnf] = confirmation?.value
        map[.scope] = scope.map { .bytes($0) }
        map[.aceProfile] = profile.map { .unsigned($0.rawValue) }
        return map.encoded()
    }
}

extension TokenResponse: CustomStringConvertible, CustomReflectable {
    public var description: String { "<token response, \(accessToken.count) bytes of token>" }

    /// Nothing: a dump shows no secret.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
