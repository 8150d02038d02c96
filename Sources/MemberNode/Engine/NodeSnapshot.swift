public import ACEGroupcomm
import Bytes
public import CoAPEngine
import GroupOSCORE
public import OSCORE

/// What a node looks like at one moment, for its operator.
public struct NodeSnapshot: Hashable, Sendable {
    /// Another member, as this node knows it.
    public struct Peer: Hashable, Sendable {
        /// Its name, if the manager tells names.
        public var name: String?
        /// Its Sender ID.
        public var senderID: SenderID
        /// Its roles.
        public var roles: Roles
        /// The highest Partial IV accepted from it; `nil` before the first.
        public var highestPartialIV: UInt64?
    }

    /// The membership; `nil` before the node has joined.
    public var membership: Membership?
    /// The other members, by Sender ID.
    public var peers: [Peer]
    /// The next Sender Sequence Number in the group.
    public var nextSequenceNumber: UInt64
    /// The end of the durable block of sequence numbers.
    public var reservedEnd: UInt64
    /// What was counted since the start.
    public var counters: NodeCounters
    /// What the message layer counted since the start.
    public var messageLayer: MessageLayerCounters

    /// What a node is a member of.
    public struct Membership: Hashable, Sendable {
        /// The group's name.
        public var groupName: String
        /// This member's name.
        public var memberName: String
        /// The Gid, lower-case hex.
        public var groupID: String
        /// The Key Generation Number.
        public var version: UInt64
        /// Whether it has keys that it may use. If not, it has missed new ones and is fetching them.
        public var hasKeys: Bool
        /// This member's Sender ID, lower-case hex.
        public var senderID: String
        /// This member's roles.
        public var roles: Roles
        /// Whether the group has messages for all of its members.
        public var hasGroupMode: Bool
        /// Whether the group has messages for one member.
        public var hasPairwiseMode: Bool
        /// Address, port, link rate, size; `nil` if the manager did not tell.
        public var network: NetworkParameters?
        /// Whether the group is active, as far as the manager has told.
        public var isActive: Bool
        /// Whether the node was told to leave, and the manager has not answered yet.
        public var isLeaving: Bool
        /// When the keys expire; `nil` until the manager has told this process.
        public var keysExpireAt: UnixTime?
    }
}

extension NodeEngine {
    /// What the node looks like now. Holds no secret.
    public var snapshot: NodeSnapshot {
        NodeSnapshot(
            membership: membership.flatMap { record in
                generations.map { generations in
                    NodeSnapshot.Membership(
                        groupName: record.groupName, memberName: record.displayName,
                        groupID: Hex.encode(record.groupID), version: record.version,
                        hasKeys: generations.latest != nil, senderID: Hex.encode(record.senderID),
                        roles: record.roles, hasGroupMode: record.algorithms.hasGroupMode,
                        hasPairwiseMode: record.algorithms.hasPairwiseMode,
                        network: record.network, isActive: isGroupActive, isLeaving: record.isLeaving,
                        keysExpireAt: keysExpireAt)
                }
            },
            peers: peers.map { senderID, peer in
                NodeSnapshot.Peer(
                    name: peer.name, senderID: senderID, roles: peer.roles,
                    highestPartialIV: group?.replayWindow(of: senderID)?.highest?.value)
            }.sorted { $0.senderID.description < $1.senderID.description },
            nextSequenceNumber: group?.reservation?.next ?? 0, reservedEnd: group?.reservation?.reservedEnd ?? 0,
            counters: counters, messageLayer: messageLayer.counters)
    }
}
