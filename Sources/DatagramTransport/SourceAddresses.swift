public import Bytes

/// Chooses the address that an answer leaves from when it cannot leave from the address that was asked, because that is
/// a group's. Holds the addresses of this host as of the last ``refresh()``.
public struct SourceAddresses: Sendable {
    private var addresses: [KernelTable.LocalAddress] = []

    /// Looks at the addresses of this host.
    public init() {
        refresh()
    }

    /// Looks at the addresses again; for when ``PollResult/interfacesMayHaveChanged`` says so.
    public mutating func refresh() {
        addresses = KernelTable.localAddresses()?.filter(\.isUsable) ?? []
    }

    /// The unicast address of an interface that suits a client best: of its scope, and as close to it as possible.
    ///
    /// - Parameters:
    ///   - interface: By which the request came in.
    ///   - client: Who asked.
    /// - Returns: `nil` if the interface has none of that scope: the kernel chooses then. A socket that is bound to one
    ///   address needs no choice.
    public func address(on interface: InterfaceIndex, toAnswer client: IPv6Address) -> IPv6Address? {
        // COAP-0085: an address of the interface that received the request, in the client's scope.
        addresses.filter { $0.interface == interface && $0.address.scope == client.scope }.max { left, right in
            // RFC 6724 §5, rules 3 and 8; ties leave the kernel's order.
            if left.isDeprecated != right.isDeprecated { return left.isDeprecated }
            return left.address.commonPrefix(with: client) < right.address.commonPrefix(with: client)
        }?.address
    }
}

extension IPv6Address {
    fileprivate enum Scope {
        case loopback, link, other, ipv4
    }

    fileprivate var scope: Scope {
        if self == .loopback { .loopback } else if isLinkLocal { .link } else if isIPv4Mapped { .ipv4 } else { .other }
    }

    /// How many leading bits are equal.
    fileprivate func commonPrefix(with other: Self) -> Int {
        high == other.high ? 64 + (low ^ other.low).leadingZeroBitCount : (high ^ other.high).leadingZeroBitCount
    }
}
