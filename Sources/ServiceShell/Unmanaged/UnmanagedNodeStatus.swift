/// How a node without a manager is doing, as `gosc node status` shows it.
public struct UnmanagedNodeStatus: Codable, Hashable, Sendable {
    /// What was counted since the node started.
    public struct Counters: Codable, Hashable, Sendable {
        /// Requests that a resource has answered.
        public var requestsHandled: UInt64
        /// Requests that were not accepted: not verified, seen before, or without protection.
        public var requestsRefused: UInt64
        /// Of these, seen before.
        public var replays: UInt64
        /// Of these, not verified, by reason.
        public var rejected: [String: UInt64]
        /// Requests that were asked to show that they are new.
        public var challenges: UInt64
        /// Blocks of sequence numbers that could not be made durable.
        public var storeFailures: UInt64
        /// Datagrams that are no CoAP messages.
        public var malformed: UInt64

        /// Takes counts.
        public init(
            requestsHandled: UInt64, requestsRefused: UInt64, replays: UInt64, rejected: [String: UInt64],
            challenges: UInt64, storeFailures: UInt64, malformed: UInt64
        ) {
            self.requestsHandled = requestsHandled
            self.requestsRefused = requestsRefused
            self.replays = replays
            self.rejected = rejected
            self.challenges = challenges
            self.storeFailures = storeFailures
            self.malformed = malformed
        }
    }

    /// Always true; what tells this from the status of a node that has joined.
    public var unmanaged = true
    /// `group` or `oscore`.
    public var context: String
    /// The Gid; `nil` for plain OSCORE.
    public var groupID: String?
    /// Its own identifier.
    public var senderID: String
    /// The identifiers of those that it knows.
    public var members: [String]
    /// The multicast address that it listens to; `nil` if it takes unicast only.
    public var groupAddress: String?
    public var groupPort: UInt16?
    /// The interface of the group's datagrams.
    public var interface: String?
    /// `[address]:port` of the node's own socket.
    public var unicastAddress: String
    public var process: Int32
    /// How it protects answers: `group`, `pairwise` or `same`; `nil` for plain OSCORE.
    public var answers: String?
    public var nextSequenceNumber: UInt64
    /// Up to where numbers are durable: a restart goes on there.
    public var reservedEnd: UInt64
    public var counters: Counters

    /// Describes a node.
    public init(
        context: String, groupID: String?, senderID: String, members: [String], groupAddress: String?,
        groupPort: UInt16?, interface: String?, unicastAddress: String, process: Int32, answers: String?,
        nextSequenceNumber: UInt64, reservedEnd: UInt64, counters: Counters
    ) {
        self.context = context
        self.groupID = groupID
        self.senderID = senderID
        self.members = members
        self.groupAddress = groupAddress
        self.groupPort = groupPort
        self.interface = interface
        self.unicastAddress = unicastAddress
        self.process = process
        self.answers = answers
        self.nextSequenceNumber = nextSequenceNumber
        self.reservedEnd = reservedEnd
        self.counters = counters
    }
}
