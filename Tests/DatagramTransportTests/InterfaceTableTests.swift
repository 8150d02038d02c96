import Bytes
import DatagramTransport
import Testing

struct InterfaceTableTests {
    @Test func loopbackIsListedWithItsAddress() throws {
        let lo = try #require(try InterfaceTable.all().first { $0.isLoopback })
        #expect(try InterfaceTable.index(named: lo.name) == lo.index)
        #expect(InterfaceTable.name(of: lo.index) == lo.name)
        #expect(lo.addresses.contains(.loopback))
    }

    @Test func unknownNameIsNamed() {
        #expect(throws: TransportError.noSuchInterface("nosuch0")) { try InterfaceTable.index(named: "nosuch0") }
    }

    @Test func groupNeedsAMulticastAddressAndAnInterface() throws {
        #expect(throws: TransportError.notMulticast(.loopback)) {
            try DatagramSocket.group(.loopback, port: 5683, interface: InterfaceIndex(1))
        }
        let group = try #require(IPv6Address("ff15::1"))
        #expect(throws: TransportError.noInterfaceNamed(group)) {
            try DatagramSocket.group(group, port: 5683, interface: .unspecified)
        }
    }
}
