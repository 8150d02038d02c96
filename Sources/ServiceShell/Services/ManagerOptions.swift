public import Bytes
public import COSE
public import CryptoPrimitives
public import GroupManager

/// What an operator may choose for a manager.
public struct ManagerOptions: Sendable {
    /// Where the state lies.
    public var stateDirectory: String
    /// The sealing key; `nil` for the default places.
    public var keyFile: String?
    /// The address that the manager listens at.
    public var bind: IPv6Address = .unspecified
    /// The port that the manager listens at.
    public var port: UInt16 = 5683
    /// `[address]:port` as members reach the manager; `nil` if not told.
    public var advertise: String?
    /// Whether nodes may join with credentials that have expired.
    public var acceptsExpiredCredentials = false

    /// What tokens for this manager name as audience.
    public var audience: String?
    /// How long tokens of the authorization server inside the manager live, in seconds; `nil` for the default.
    public var tokenLifetime: UInt64?
    /// Other authorization servers whose tokens count.
    public var authorizationServers: [AuthorizationServer] = []
    /// Others, which sign their tokens and encrypt them to the manager's key.
    public var signingServers: [SigningServer] = []
    /// Whether tokens must carry a nonce that the manager gave out lately.
    public var demandsClientNonce = false
    /// Whether all groups get new keys when the manager starts.
    public var rekeysAtStart = false
    /// Where departures are written down, beside all backups; `nil` for nowhere.
    public var evictionLog: String?
    /// Reads the credentials of nodes.
    public var credentialReader = CredentialReader.standard
    /// Makes the manager's own credentials.
    public var credentialMakers = CredentialMakers.standard

    /// Creates the defaults.
    public init(stateDirectory: String, keyFile: String? = nil) {
        self.stateDirectory = stateDirectory
        self.keyFile = keyFile
    }
}

extension ManagerOptions {
    /// What the engine is told of them.
    var settings: ManagerSettings {
        var settings = ManagerSettings()
        settings.authority = advertise
        settings.acceptsExpiredCredentials = acceptsExpiredCredentials
        if let audience { settings.audience = audience }
        if let tokenLifetime { settings.tokenLifetime = tokenLifetime }
        settings.authorizationServers = authorizationServers
        settings.demandsClientNonce = demandsClientNonce
        settings.rekeysAtStart = rekeysAtStart
        settings.credentialReader = credentialReader
        settings.credentialMakers = credentialMakers
        return settings
    }
}

/// An authorization server that signs its tokens and encrypts them to the manager's key.
public struct SigningServer: Hashable, Sendable {
    /// What it calls itself in its tokens.
    public var issuer: String
    /// The key that it signs with.
    public var publicKey: PublicKey
    /// Where clients ask it for tokens; `nil` if they know.
    public var uri: String?

    /// Describes one.
    public init(issuer: String, publicKey: PublicKey, uri: String?) {
        self.issuer = issuer
        self.publicKey = publicKey
        self.uri = uri
    }
}
