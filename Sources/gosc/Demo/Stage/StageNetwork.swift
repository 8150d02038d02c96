import Bytes
import DatagramTransport
import Glibc

/// Where the players live.
struct StageNetwork {
    /// The interface of the group's datagrams.
    let interface: String
    let index: InterfaceIndex
    /// How far datagrams to the group go.
    let hopLimit: UInt8
    /// Where the manager listens.
    let manager: SocketAddress
    /// The address of the group; `nil`: the manager chooses one.
    let group: IPv6Address?
    /// Whether every player has an address of its own.
    let hasAddresses: Bool

    /// The network of a namespace that ``PrivateNetwork`` has set up.
    static func inNamespace() throws -> Self {
        Self(
            interface: PrivateNetwork.interface, index: try InterfaceTable.index(named: PrivateNetwork.interface),
            hopLimit: 1, manager: SocketAddress(PrivateNetwork.address(1), port: 5683), group: nil, hasAddresses: true)
    }

    /// The host's own network: a group of interface-local scope (RFC 4291 §2.7), whose datagrams no interface sends, on
    /// the first interface that can multicast.
    static func onHost() throws -> Self {
        let capable = try InterfaceTable.multicastCapable().filter { !$0.addresses.isEmpty && !$0.isLoopback }
        guard let interface = capable.first else {
            throw DemoError(
                "neither namespaces nor an interface that can multicast over IPv6: the demo has no stage here; "
                    + "permit namespaces, or give an interface an IPv6 address")
        }
        // Two demos of one host must not hear each other.
        let group = IPv6Address(
            high: 0xff31_0030_fd00_676f, low: 0x7363_0000_8000_0000 | UInt64(UInt32.random(in: 0..<0x8000_0000)))
        // Free a moment ago; nobody else is asked to take it meanwhile.
        let port = try DatagramSocket.unicast(bind: SocketAddress(.loopback, port: 0)).localAddress.port
        return Self(
            interface: interface.name, index: interface.index, hopLimit: 0,
            manager: SocketAddress(.loopback, port: port), group: group, hasAddresses: false)
    }

    /// The address of the n-th player.
    func address(_ number: Int) -> IPv6Address? {
        hasAddresses ? PrivateNetwork.address(number) : nil
    }

    /// What a node is told of its network.
    func options(for address: IPv6Address?) -> [String] {
        ["--interface", interface, "--hop-limit", String(hopLimit)]
            + (address.map { ["--bind", $0.description] } ?? [])
    }
}
