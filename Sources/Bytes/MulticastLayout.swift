/// What the bits of an IPv6 multicast address say: `ff`, four flags, the scope, and a group (RFC 4291 §2.7, RFC 3306).
public struct MulticastLayout: Hashable, Sendable {
    /// How far it reaches.
    public let scope: MulticastScope
    /// T: not one of the well-known addresses of the registry.
    public let isTransient: Bool
    /// P: derived from the prefix of a unicast network.
    public let isPrefixBased: Bool
    /// R: contains the address of a rendezvous point (RFC 3956).
    public let hasRendezvousPoint: Bool
    /// The prefix that it contains; `nil` without P, and if P comes without T or the length is over 64.
    public let prefix: NetworkPrefix?
    /// The last 32 bits, which name the group (RFC 3307 §2).
    public let groupID: UInt32

    internal init?(_ address: IPv6Address) {
        // COAP-0109
        guard let scope = address.multicastScope else { return nil }
        let flags = UInt8(truncatingIfNeeded: address.high >> 52) & 0x0f
        self.scope = scope
        isTransient = flags & 1 != 0
        isPrefixBased = flags & 2 != 0
        hasRendezvousPoint = flags & 4 != 0
        groupID = UInt32(truncatingIfNeeded: address.low)
        // COAP-0110: eight reserved bits, eight bits of length, 64 bits of prefix, 32 bits of group.
        let length = Int(UInt8(truncatingIfNeeded: address.high >> 32))
        let bits = IPv6Address(high: address.high << 32 | address.low >> 32, low: 0)
        prefix = isPrefixBased && isTransient ? NetworkPrefix(bits, length: length) : nil
    }
}

/// The first 0 to 64 bits of the addresses of a network.
public struct NetworkPrefix: Hashable, Sendable {
    /// The prefix, and zeros behind it.
    public let address: IPv6Address
    /// In bits, 0 to 64.
    public let length: Int

    /// Takes the prefix of any address of the network; `nil` for a length over 64 bits.
    public init?(_ address: IPv6Address, length: Int) {
        guard (0...64).contains(length) else { return nil }
        // Shifting by 64 gives 0, as it should.
        self.address = IPv6Address(high: address.high & ~(UInt64.max >> UInt64(length)), low: 0)
        self.length = length
    }
}

extension IPv6Address {
    /// How far a multicast address reaches; `nil` for a unicast address.
    public var multicastScope: MulticastScope? {
        isMulticast ? MulticastScope(rawValue: UInt8(truncatingIfNeeded: high >> 48) & 0x0f) : nil
    }

    /// What the bits of a multicast address say; `nil` for a unicast address.
    public var multicastLayout: MulticastLayout? { MulticastLayout(self) }

    /// A multicast address that the owner of a network may use unasked, `ff3S:00LL:P:P:P:P:G:G` (RFC 3306 §4).
    ///
    /// - Parameters:
    ///   - prefix: Of the network.
    ///   - scope: How far it reaches; at most as far as the prefix is valid.
    ///   - groupID: Tells the groups of the network apart.
    public init(multicastOf prefix: NetworkPrefix, scope: MulticastScope, groupID: UInt32) {
        let bits = prefix.address.high
        self.init(
            high: (0xff30 | UInt64(scope.rawValue)) << 48 | UInt64(prefix.length) << 32 | bits >> 32,
            low: bits << 32 | UInt64(groupID))
    }
}
