public import Bytes
import CBOR
import CoAP

/// POST `/gosc/groups`: creates a group together with its place on the network.
public struct CreateGroupRequest: Hashable, Sendable {
    public var configuration: GroupConfiguration
    /// The multicast address; `nil` lets the manager choose one.
    public var address: IPv6Address?
    public var port: UInt16
    /// What the slowest link carries, in bytes a second; at least 1.
    public var linkRate: UInt64
    /// How many members the group is planned for; at least 1.
    public var maximumGroupSize: UInt64
    /// The resources that members offer in this group, such as `light`.
    public var resources: [String]
    /// When the group gets new keys; `nil` leaves it to the manager.
    public var rekeying: GroupRekeyingRules
    /// The configuration as it was received, for the answer.
    private var received: CBORValue

    public init(
        configuration: GroupConfiguration, address: IPv6Address? = nil, port: UInt16 = 5683,
        linkRate: UInt64 = 125_000, maximumGroupSize: UInt64 = 50, resources: [String] = [],
        rekeying: GroupRekeyingRules = GroupRekeyingRules()
    ) {
        self.configuration = configuration
        self.address = address
        self.port = port
        self.linkRate = linkRate
        self.maximumGroupSize = maximumGroupSize
        self.resources = resources
        self.rekeying = rekeying
        self.received = configuration.creationMap.value
    }

    /// Decodes a body. Unknown parameters are errors.
    ///
    /// - Throws: ``GroupcommError/unexpected(_:)`` for an unknown parameter; ``GroupcommError/invalid(_:)`` for an
    ///   address that is not multicast, for a port that no group may use, and for 0 as link rate or group size; what
    ///   ``GroupConfiguration/init(decodingCreation:)`` throws for the body and for the configuration in it.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        let map = try WireMap<GroupAdminLabel>(decoding: payload)
        try map.refuseLabels(except: [
            .configuration, .address, .port, .linkRate, .maximumGroupSize, .resources, .rekeyOverlap, .rekeyOnJoin,
            .rekeyInterval,
        ])
        guard let received = map[.configuration] else { throw .missing(GroupAdminLabel.configuration.rawValue) }
        self.init(configuration: try GroupConfiguration(creation: received))
        self.received = received
        address = try map.optional(.address, IPv6Address.init(value:))
        port = try map.optional(.port) { $0.unsignedInteger.flatMap { UInt16(exactly: $0) } } ?? port
        linkRate = try map.optional(.linkRate, \.unsignedInteger) ?? linkRate
        maximumGroupSize = try map.optional(.maximumGroupSize, \.unsignedInteger) ?? maximumGroupSize
        resources = try map.optional(.resources, \.texts) ?? []
        rekeying = try GroupRekeyingRules(map)
        guard address?.isMulticast != false else { throw .invalid(GroupAdminLabel.address.rawValue) }
        guard CoAPURI.isGroupPort(port) else { throw .invalid(GroupAdminLabel.port.rawValue) }
        guard linkRate > 0 else { throw .invalid(GroupAdminLabel.linkRate.rawValue) }
        guard maximumGroupSize > 0 else { throw .invalid(GroupAdminLabel.maximumGroupSize.rawValue) }
    }

    /// The body in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<GroupAdminLabel>()
        map[.configuration] = configuration.creationMap.value
        map[.address] = address.map { .bytes($0.bytes) }
        map[.port] = .unsigned(UInt64(port))
        map[.linkRate] = .unsigned(linkRate)
        map[.maximumGroupSize] = .unsigned(maximumGroupSize)
        map[.resources] = .array(resources.map { .text($0) })
        rekeying.write(to: &map)
        return map.encoded()
    }

    /// The body of the 2.01 that answers this request.
    ///
    /// - Parameters:
    ///   - configuration: What was really created.
    ///   - address: The address that the group got.
    ///   - joiningURI: The URI of the group-membership resource; left out if not known.
    public func encodedAnswer(
        configuration: GroupConfiguration, address: IPv6Address, joiningURI: String?
    ) -> [UInt8] {
        var map = WireMap<GroupAdminLabel>()
        map[.configuration] = configuration.creationAnswer(to: received, joiningURI: joiningURI).value
        map[.address] = .bytes(address.bytes)
        map[.port] = .unsigned(UInt64(port))
        return map.encoded()
    }
}

/// The 2.01 to a ``CreateGroupRequest``.
public struct CreateGroupAnswer: Hashable, Sendable {
    public let groupName: String
    /// The multicast address and port of the group.
    public let address: IPv6Address
    public let port: UInt16

    /// Decodes a body. Unknown parameters are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   and the configuration in it are maps; ``GroupcommError/missing(_:)`` for a parameter that has to be there;
    ///   ``GroupcommError/wrongType(_:)`` for one of another type.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        let map = try WireMap<GroupAdminLabel>(decoding: payload)
        guard let configuration = map[.configuration] else {
            throw .missing(GroupAdminLabel.configuration.rawValue)
        }
        groupName = try WireMap<GroupcommLabel>(configuration).required(.groupName, \.textString)
        address = try map.required(.address, IPv6Address.init(value:))
        port = try map.required(.port) { $0.unsignedInteger.flatMap { UInt16(exactly: $0) } }
    }
}

/// GET `/gosc/groups/NAME`: where a group lives and how it is doing.
public struct GroupSummary: Hashable, Sendable {
    public var name: String
    public var address: IPv6Address
    public var port: UInt16
    public var linkRate: UInt64
    public var maximumGroupSize: UInt64
    public var resources: [String]
    public var groupID: [UInt8]
    /// The key generation number.
    public var version: UInt64
    public var memberCount: UInt64
    public var active: Bool
    public var applicationGroups: [String]
    /// When the group gets new keys.
    public var rekeying: GroupRekeyingRules
    /// Whether there is a reason for new keys that are not made yet.
    public var isRekeyingDue: Bool
    /// How many members are known to have the keys of this version; `nil` from a manager that does not say.
    public var confirmedCount: UInt64?
    /// Whether members are being told of new keys.
    public var isDistributing: Bool?

    public init(
        name: String, address: IPv6Address, port: UInt16, linkRate: UInt64, maximumGroupSize: UInt64,
        resources: [String], groupID: [UInt8], version: UInt64, memberCount: UInt64, active: Bool,
        applicationGroups: [String], rekeying: GroupRekeyingRules = GroupRekeyingRules(),
        isRekeyingDue: Bool = false, confirmedCount: UInt64? = nil, isDistributing: Bool? = nil
    ) {
        self.name = name
        self.address = address
        self.port = port
        self.linkRate = linkRate
        self.maximumGroupSize = maximumGroupSize
        self.resources = resources
        self.groupID = groupID
        self.version = version
        self.memberCount = memberCount
        self.active = active
        self.applicationGroups = applicationGroups
        self.rekeying = rekeying
        self.isRekeyingDue = isRekeyingDue
        self.confirmedCount = confirmedCount
        self.isDistributing = isDistributing
    }

    /// Decodes a body. Unknown parameters are ignored.
    ///
    /// - Throws: ``GroupcommError/malformed(_:)`` unless it is one CBOR item; ``GroupcommError/wrongShape`` unless that
    ///   is a map; ``GroupcommError/missing(_:)`` for a parameter that has to be there;
    ///   ``GroupcommError/wrongType(_:)`` for one of another type.
    public init(decoding payload: Span<UInt8>) throws(GroupcommError) {
        let map = try WireMap<GroupAdminLabel>(decoding: payload)
        name = try map.required(.name, \.textString)
        address = try map.required(.address, IPv6Address.init(value:))
        port = try map.required(.port) { $0.unsignedInteger.flatMap { UInt16(exactly: $0) } }
        linkRate = try map.required(.linkRate, \.unsignedInteger)
        maximumGroupSize = try map.required(.maximumGroupSize, \.unsignedInteger)
        resources = try map.required(.resources, \.texts)
        groupID = try map.required(.groupID, \.byteString)
        version = try map.required(.version, \.unsignedInteger)
        memberCount = try map.required(.memberCount, \.unsignedInteger)
        active = try map.required(.active, \.boolean)
        applicationGroups = try map.required(.applicationGroups, \.texts)
        rekeying = try GroupRekeyingRules(map)
        isRekeyingDue = try map.optional(.rekeyingDue, \.boolean) ?? false
        confirmedCount = try map.optional(.confirmedCount, \.unsignedInteger)
        isDistributing = try map.optional(.isDistributing, \.boolean)
    }

    /// The body in deterministic CBOR.
    public func encoded() -> [UInt8] {
        var map = WireMap<GroupAdminLabel>()
        map[.name] = .text(name)
        map[.address] = .bytes(address.bytes)
        map[.port] = .unsigned(UInt64(port))
        map[.linkRate] = .unsigned(linkRate)
        map[.maximumGroupSize] = .unsigned(maximumGroupSize)
        map[.resources] = .array(resources.map { .text($0) })
        map[.groupID] = .bytes(groupID)
        map[.version] = .unsigned(version)
        map[.memberCount] = .unsigned(memberCount)
        map[.active] = .bool(active)
        map[.applicationGroups] = .array(applicationGroups.map { .text($0) })
        rekeying.write(to: &map)
        map[.rekeyingDue] = .bool(isRekeyingDue)
        map[.confirmedCount] = confirmedCount.map { .unsigned($0) }
        map[.isDistributing] = isDistributing.map { .bool($0) }
        return map.encoded()
    }
}

/// The labels of our own bodies about groups.
struct GroupAdminLabel: WireLabel {
    let rawValue: Int64
    static let configuration = Self(rawValue: 1)
    static let address = Self(rawValue: 2)
    static let port = Self(rawValue: 3)
    static let linkRate = Self(rawValue: 4)
    static let maximumGroupSize = Self(rawValue: 5)
    static let resources = Self(rawValue: 6)
    static let name = Self(rawValue: 7)
    static let groupID = Self(rawValue: 8)
    static let version = Self(rawValue: 9)
    static let memberCount = Self(rawValue: 10)
    static let active = Self(rawValue: 11)
    static let applicationGroups = Self(rawValue: 12)
    static let rekeyOverlap = Self(rawValue: 13)
    static let rekeyOnJoin = Self(rawValue: 14)
    static let rekeyInterval = Self(rawValue: 15)
    static let rekeyingDue = Self(rawValue: 16)
    static let confirmedCount = Self(rawValue: 17)
    static let isDistributing = Self(rawValue: 18)
}
