public import Bytes
import CBOR
import CoAP

/// Where a group lives on the network, and what its members need to pace their answers: our own parameter
/// `gosc_network` (-65537).
public struct NetworkParameters: Hashable, Sendable {
    /// The IPv6 multicast address of the group.
    public var groupAddress: IPv6Address
    /// The UDP port of the group.
    public var port: UInt16
    /// What the slowest link carries, in bytes a second; at least 1.
    public var linkRate: UInt64
    /// How many members the group is planned for; at least 1.
    public var maximumGroupSize: UInt64
    /// The application groups that the security group protects.
    public var applicationGroups: [String]
    /// The name of the member that this is sent to.
    public var memberName: String

    public init(
        groupAddress: IPv6Address, port: UInt16, linkRate: UInt64, maximumGroupSize: UInt64,
        applicationGroups: [String], memberName: String
    ) {
        self.groupAddress = groupAddress
        self.port = port
        self.linkRate = linkRate
        self.maximumGroupSize = maximumGroupSize
        self.applicationGroups = applicationGroups
        self.memberName = memberName
    }

    init(_ value: CBORValue) throws(GroupcommError) {
        let map = try WireMap<Label>(value)
        groupAddress = try map.required(.groupAddress, IPv6Address.init(value:))
        port = try map.required(.port) { $0.unsignedInteger.flatMap { UInt16(exactly: $0) } }
        linkRate = try map.required(.linkRate, \.unsignedInteger)
        maximumGroupSize = try map.required(.maximumGroupSize, \.unsignedInteger)
        applicationGroups = try map.required(.applicationGroups, \.texts)
        memberName = try map.required(.memberName, \.textString)
        guard groupAddress.isMulticast, CoAPURI.isGroupPort(port), linkRate > 0, maximumGroupSize > 0,
            Names.isValid(memberName)
        else {
            throw .invalid(GroupcommLabel.goscNetwork.rawValue)
        }
    }

    var value: CBORValue {
        var map = WireMap<Label>()
        map[.groupAddress] = .bytes(groupAddress.bytes)
        map[.port] = .unsigned(UInt64(port))
        map[.linkRate] = .unsigned(linkRate)
        map[.maximumGroupSize] = .unsigned(maximumGroupSize)
        map[.applicationGroups] = .array(applicationGroups.map { .text($0) })
        map[.memberName] = .text(memberName)
        return map.value
    }

    private struct Label: WireLabel {
        let rawValue: Int64
        static let groupAddress = Self(rawValue: 1)
        static let port = Self(rawValue: 2)
        static let linkRate = Self(rawValue: 3)
        static let maximumGroupSize = Self(rawValue: 4)
        static let applicationGroups = Self(rawValue: 5)
        static let memberName = Self(rawValue: 6)
    }
}

extension IPv6Address {
    /// The address in a byte string of 16 bytes.
    init?(value: CBORValue) {
        guard let bytes = value.byteString else { return nil }
        self.init(bytes.span)
    }
}
