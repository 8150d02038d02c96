public import ACEGroupcomm
public import Bytes

// GM-0491: what must survive per group.
/// One group. Its primary key is ``name``; ``groupID`` is unique too.
public struct GroupRecord: Hashable, Sendable {
    public var name: String
    /// Configuration and status parameters: the representation of draft-ietf-ace-oscore-gm-admin §5 in CBOR.
    public var configuration: [UInt8]
    /// The Gid: a prefix that no other group ever has, and the epoch in 2 bytes.
    public var groupID: [UInt8]
    /// The key generation number, from 0.
    public var version: UInt64
    /// The Master Secret, 16 bytes.
    public var masterSecret: SecretField
    /// The Master Salt, 8 bytes.
    public var masterSalt: [UInt8]
    /// When the keys expire, in seconds since 1970.
    public var expiration: UInt64
    /// The multicast address.
    public var address: IPv6Address
    /// The UDP port.
    public var port: UInt16
    /// Bytes a second on the slowest link.
    public var linkRate: UInt64
    public var maximumGroupSize: UInt64
    /// What members offer in this group.
    public var resources: [String]
    /// In seconds since 1970.
    public var createdAt: UInt64
    /// When the group gets new keys, beside departures.
    public var rekeyingPolicy: GroupRekeyingRules
    /// How the present keys came.
    public var latestRekeying: LatestRekeying
    /// The reason to make new keys, if there is one.
    public var dueRekeying: DueRekeying?

    public init(
        name: String, configuration: [UInt8], groupID: [UInt8], version: UInt64, masterSecret: SecretField,
        masterSalt: [UInt8], expiration: UInt64, address: IPv6Address, port: UInt16, linkRate: UInt64,
        maximumGroupSize: UInt64, resources: [String], createdAt: UInt64,
        rekeyingPolicy: GroupRekeyingRules = GroupRekeyingRules(), latestRekeying: LatestRekeying? = nil,
        dueRekeying: DueRekeying? = nil
    ) {
        self.name = name
        self.configuration = configuration
        self.groupID = groupID
        self.version = version
        self.masterSecret = masterSecret
        self.masterSalt = masterSalt
        self.expiration = expiration
        self.address = address
        self.port = port
        self.linkRate = linkRate
        self.maximumGroupSize = maximumGroupSize
        self.resources = resources
        self.createdAt = createdAt
        self.rekeyingPolicy = rekeyingPolicy
        self.latestRekeying = latestRekeying ?? LatestRekeying(at: createdAt)
        self.dueRekeying = dueRekeying
    }
}

/// How the present keys of a group came.
public struct LatestRekeying: Hashable, Sendable {
    /// In seconds since 1970.
    public var at: UInt64
    /// What members are told: for how many seconds requests under the Gid before may still be accepted.
    public var overlap: UInt64
    // GM-0389
    /// The clients that were evicted because their Birth Gid came again.
    public var elders: [ClientIdentity]

    public init(at time: UInt64, overlap: UInt64 = 0, elders: [ClientIdentity] = []) {
        self.at = time
        self.overlap = overlap
        self.elders = elders
    }
}

/// Why a group needs new keys. Durable with what the reason is, so that no crash forgets it.
public struct DueRekeying: Hashable, Sendable {
    /// Since when, in seconds since 1970.
    public var since: UInt64
    /// Whether somebody was evicted: then nothing under the present Gid counts any more once there are others.
    public var evicts: Bool

    public init(since: UInt64, evicts: Bool) {
        self.since = since
        self.evicts = evicts
    }

    /// One rekeying for both.
    func merged(with other: Self?) -> Self {
        guard let other else { return self }
        return Self(since: min(since, other.since), evicts: evicts || other.evicts)
    }
}
