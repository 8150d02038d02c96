public import ACEGroupcomm
import COSE

/// An authorization server whose tokens count.
public struct AuthorizationServer: Hashable, Sendable {
    /// What it calls itself in `iss`. Not ``ClientIdentity/embeddedIssuer``.
    public var issuer: String
    /// What its tokens are protected with.
    public var key: AccessTokenKey
    /// Where clients ask it for tokens; for hints. `nil` if they know.
    public var uri: String?

    public init(issuer: String, key: AccessTokenKey, uri: String? = nil) {
        self.issuer = issuer
        self.key = key
        self.uri = uri
    }
}

extension ManagerState {
    /// The authorization server inside the manager; `nil` before the store is initialised.
    var embeddedServer: AuthorizationServer? {
        tokenKeys.map {
            AuthorizationServer(
                issuer: ClientIdentity.embeddedIssuer,
                key: .shared(keyID: nil, algorithm: .aesCCM_16_64_128, key: $0.sharedKey))
        }
    }
}
