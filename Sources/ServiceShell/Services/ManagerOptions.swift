public import Bytes

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

    /// Creates the defaults.
    public init(stateDirectory: String, keyFile: String? = nil) {
        self.stateDirectory = stateDirectory
        self.keyFile = keyFile
    }
}
