public import ACEGroupcomm
public import Bytes
public import CoAPEngine

/// What the shell does for the engine, in order.
public enum ManagerEffect: Hashable, Sendable {
    /// Make the change set durable, then call `committed` or `commitFailed`. At most one an input.
    case commit(ManagerChangeSet)
    /// Send a datagram. Everything that it reveals is durable.
    case send(OutgoingDatagram)
    /// Answer a request of the administrator.
    case answer(AdminRequestID, AdminResponse)
    /// Something worth a line in the log or a count.
    case event(ManagerEvent)
}

/// The shell's name for a request of the administrator.
public struct AdminRequestID: Hashable, Sendable {
    public let rawValue: UInt64

    public init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }
}

// GM-0486, GM-0487: what is worth a log entry; never a secret.
/// What happened, for logs and counters.
public enum ManagerEvent: Hashable, Sendable {
    case groupCreated(name: String, address: IPv6Address)
    case invited(group: String, node: String, roles: Roles, expiry: UInt64)
    case joined(group: String, node: String, senderID: [UInt8]?, roles: Roles)
    /// The same Join Request came again and got the same answer.
    case joinRepeated(group: String, node: String)
    case joinRefused(group: String, node: String, reason: JoinRefusal)
    case rosterRead(group: String, node: String)
    /// A verified request that asks for something that is not there or not allowed.
    case requestRefused(node: String, code: UInt8)
    /// A request that was not verified.
    case rejected(from: SocketAddress, reason: RequestRejection)
    case commitFailed(CommitID)
}

/// Why a request was not even verified.
public enum RequestRejection: Hashable, Sendable, CaseIterable {
    /// No OSCORE option.
    case notProtected
    /// The OSCORE option or what it wraps is malformed.
    case malformed
    /// No invitation has this kid, or the ID Context is not one.
    case unknownContext
    /// The invitation was tried from too many state directories.
    case tooManyContexts
    case replay
    case decryption
    /// Too many requests wait for a commit.
    case overloaded
}
