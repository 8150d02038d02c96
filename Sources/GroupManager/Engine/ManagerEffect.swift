public import ACEGroupcomm
public import Bytes
public import CoAPEngine

/// What the shell does for the engine, in order.
public enum ManagerEffect: Hashable, Sendable {
    /// Make the change set durable, then call `committed` or `commitFailed`. At most one is open at a time.
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
    case invitationRevoked(group: String, node: String)
    /// The authorization server has given a token to whoever holds the invitation.
    case tokenIssued(group: String, node: String, expiry: UInt64)
    case tokenRefused(group: String, node: String, reason: TokenRefusal)
    case tokenUploaded(client: String, from: SocketAddress)
    case uploadRefused(from: SocketAddress, reason: UploadRefusal)
    case tokenUpdated(client: String)
    case tokenRevoked
    case joined(group: String, node: String, senderID: [UInt8]?, roles: Roles)
    case rejoined(group: String, node: String, senderID: [UInt8]?, roles: Roles)
    /// The same join came again and got the same Sender ID.
    case joinRepeated(group: String, node: String)
    case joinRefused(group: String, node: String, reason: JoinRefusal)
    // GM-0097
    /// The place where it wants to be told of new keys is not at the address that it has joined from: it is told nowhere.
    case controlURIDropped(group: String, node: String)
    case senderIDRenewed(group: String, node: String, senderID: [UInt8])
    case credentialChanged(group: String, node: String)
    case left(group: String, node: String)
    /// The member is none any more, although it has not left.
    case evicted(group: String, node: String, reason: EvictionReason)
    // GM-0350
    /// Whoever was a member under this name, and is none, does not come back.
    case keptOut(group: String, node: String)
    /// The client that was evicted may come back.
    case readmitted(group: String, node: String)
    /// The group has new keys; they are being distributed.
    case rekeyed(group: String, version: UInt64)
    // GM-0317
    /// The distribution of new keys is over: so many members have confirmed them, and these have not. They get them when they
    /// ask.
    case rekeyingCompleted(group: String, version: UInt64, confirmed: Int, stragglers: [String])
    case rosterRead(group: String, node: String)
    /// A verified request that asks for something that is not there or not allowed.
    case requestRefused(node: String, code: UInt8, error: UInt64?)
    /// A request that was not verified.
    case rejected(from: SocketAddress, reason: RequestRejection)
    case commitFailed(CommitID)
}

/// Why a member was evicted.
public enum EvictionReason: Hashable, Sendable {
    /// The administrator has said so.
    case administrator
    /// Its authorization has ended.
    case tokenExpired
    case tokenRevoked
    /// The Gid under which it had joined comes again.
    case elder
}

/// Why a request was not even verified.
public enum RequestRejection: Hashable, Sendable, CaseIterable {
    /// The OSCORE option or what it wraps is malformed.
    case malformed
    /// There is no association with this kid.
    case unknownContext
    /// The token behind the association has ended.
    case tokenExpired
    /// The invitation was tried from too many state directories.
    case tooManyContexts
    case replay
    case decryption
}
