public import Bytes
public import MemberNode

/// What an operator may choose for a node.
public struct NodeOptions: Sendable {
    /// Where the state lies.
    public var stateDirectory: String
    /// The sealing key; `nil` for the default places.
    public var keyFile: String?
    /// The interface of the group's datagrams; `nil`: the first one that can multicast, loopback last.
    public var interface: String?
    /// The node's own address; `nil` for all addresses of the host.
    public var bind: IPv6Address?
    /// The node's own port; `nil`: the group's port if it is free, else any.
    public var port: UInt16?
    /// How far datagrams to the group go: 0 stays on this host, 1 on the link.
    public var hopLimit: UInt8 = 1
    /// Partial IVs told apart for each sender, 2 to 1024; `nil` for 32.
    public var replayWindowSize: Int?

    /// Which credentials the node can have and read.
    public var credentials: NodeCredentials

    /// Creates the defaults.
    public init(
        stateDirectory: String, keyFile: String? = nil, credentials: NodeCredentials = NodeCredentials()
    ) {
        self.stateDirectory = stateDirectory
        self.keyFile = keyFile
        self.credentials = credentials
    }
}
