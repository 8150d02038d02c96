public import Bytes

// GM-0491: what must survive per group.
/// One group. Its primary key is ``name``; ``groupID`` is unique too.
public struct GroupRecord: Hashable, Sendable {
    public var name: String
    /// Configuration and status parameters: the representation of draft-ietf-ace-oscore-gm-admin §5 in CBOR.
    public var configuration: [UInt8]
    /// The Gid, 3 bytes.
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

    public init(
        name: String, configuration: [UInt8], groupID: [UInt8], version: UInt64, masterSecret: SecretField,
        masterSalt: [UInt8], expiration: UInt64, address: IPv6Address, port: UInt16, linkRate: UInt64,
        maximumGroupSize: UInt64, resources: [String], createdAt: UInt64
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
    }
}
