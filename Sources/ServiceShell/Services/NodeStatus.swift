import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import MemberNode
import OSCORE

/// How a node is doing, as `gosc node status` shows it.
public struct NodeStatus: Codable, Hashable, Sendable {
    /// Another member.
    public struct Peer: Codable, Hashable, Sendable {
        public var name: String?
        public var senderID: String
        public var roles: String
        /// The highest Partial IV accepted from it.
        public var highestPartialIV: UInt64?
    }

    /// What was counted since the node started.
    public struct Counters: Codable, Hashable, Sendable {
        public var handlerCalls: UInt64
        public var replays: UInt64
        /// Requests that a monitor verified.
        public var overheard: UInt64
        /// Messages that were not accepted, by reason.
        public var rejected: [String: UInt64]
        public var groupRequestsSent: UInt64
        public var responsesSent: UInt64
        public var responsesAccepted: UInt64
        public var responsesDropped: UInt64
        public var commitFailures: UInt64
        public var datagramsReceived: UInt64
        public var datagramsSent: UInt64
        /// Of these, to a multicast address.
        public var groupDatagramsSent: UInt64
        public var sendFailures: UInt64
        /// Datagrams that the kernel dropped because the buffer was full.
        public var overflowed: UInt64
        /// Datagrams that are no CoAP messages.
        public var malformed: UInt64
        /// Datagrams with a Message ID seen before.
        public var duplicates: UInt64
    }

    /// The last request that reached a resource.
    public struct LastRequest: Codable, Hashable, Sendable {
        public var sender: String
        public var senderName: String?
        public var partialIV: UInt64
        /// The address that the datagram was sent to.
        public var destination: String
        public var path: String
        public var code: String
    }

    /// This member's name; `nil` before it has joined.
    public var name: String?
    public var group: String?
    public var groupID: String?
    /// The Key Generation Number: how often the group has had new keys.
    public var keyGeneration: UInt64?
    public var senderID: String?
    public var roles: String?
    /// Whether it was told to leave, and the manager has not answered yet.
    public var leaving: Bool
    /// The modes of the group, in words.
    public var modes: [String]?
    public var groupAddress: String?
    public var groupPort: UInt16?
    /// The interface of the group's datagrams.
    public var interface: String?
    /// `[address]:port` of the node's own socket.
    public var unicastAddress: String
    public var process: Int32
    /// Whether the lamp is on; `nil` for a node without one.
    public var lampIsOn: Bool?
    public var nextSequenceNumber: UInt64
    public var reservedEnd: UInt64
    public var peers: [Peer]
    public var counters: Counters
    public var lastRequest: LastRequest?
}

extension NodeStatus.Peer {
    init(_ peer: NodeSnapshot.Peer) {
        self.init(
            name: peer.name, senderID: peer.senderID.description, roles: peer.roles.description,
            highestPartialIV: peer.highestPartialIV)
    }
}

extension NodeStatus.LastRequest {
    init(_ request: HandledRequest) {
        self.init(
            sender: request.sender.description, senderName: request.senderName, partialIV: request.partialIV,
            destination: request.destination.description, path: request.path.joined(separator: "/"),
            code: request.code.description)
    }
}
