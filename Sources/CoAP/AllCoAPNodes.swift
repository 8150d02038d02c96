public import Bytes

/// The groups of all CoAP nodes, which listen on the port 5683 (RFC 7252 §12.8).
public enum AllCoAPNodes: Sendable {
    // COAP-0108

    /// `ff0X::fd`: every CoAP node within a scope.
    public static func address(_ scope: MulticastScope) -> IPv6Address {
        IPv6Address(high: 0xff00 << 48 | UInt64(scope.rawValue) << 48, low: 0xfd)
    }

    /// 224.0.1.187, for those who have to recognise it; gosc sends to IPv6 groups only.
    public static let ipv4Address = IPv6Address(ipv4: 0xe000_01bb)

    /// Where discovery goes unless something else is said: the nodes of one link (COAP-0116).
    ///
    /// - Parameter interface: Which link.
    public static func onLink(of interface: InterfaceIndex) -> SocketAddress {
        SocketAddress(address(.linkLocal), port: CoAPURI.Scheme.coap.defaultPort, interface: interface)
    }
}
