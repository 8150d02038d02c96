import Bytes
import DatagramTransport
import Foundation
import TestSupport
import Testing

@Suite(.namespacePermitted, .inNetworkNamespace)
struct MulticastProcessTests {
    private let group = IPv6Address(high: 0xff35_0030_fd00_0000, low: 0x1)
    private let port: UInt16 = 5683

    private func sender(loopsBack: Bool = true) throws -> DatagramSocket {
        let lo = try InterfaceTable.index(named: "lo")
        return try DatagramSocket.unicast(
            bind: SocketAddress(.loopback, port: 0),
            multicast: MulticastSending(interface: lo, hopLimit: 0, loopsBack: loopsBack))
    }

    /// The sender is no member, and names no source to be listened to.
    @Test(.requirement("COAP-0131")) func everyMemberOnOnePortReceivesTheGroupsDatagram() throws {
        let lo = try InterfaceTable.index(named: "lo")
        let inboxes = (0..<8).map { _ in Inbox() }
        let threads = try inboxes.map {
            try DatagramReceiver(DatagramSocket.group(group, port: port, interface: lo), into: $0)
        }
        defer { threads.forEach { $0.stop() } }
        let sender = try sender()

        try sender.send(OutboundDatagram([1, 2, 3], to: SocketAddress(group, port: port)))

        for inbox in inboxes {
            let item = try #require(inbox.wait(for: 1).first)
            #expect(item.bytes == [1, 2, 3])
            #expect(item.arrival.source == sender.localAddress)
            #expect(item.arrival.destination == group)
            #expect(item.arrival.interface == lo)
        }
        #expect(sender.counters.sent == 1)
    }

    /// A manager is started again on its port while nodes of this host still hear their group there.
    @Test func aPortThatOnlyGroupsHoldIsFreeForOneSocketOfAllAddresses() throws {
        let lo = try InterfaceTable.index(named: "lo")
        let member = try DatagramSocket.group(group, port: port, interface: lo)
        let manager = try DatagramSocket.unicast(bind: SocketAddress(.unspecified, port: port))
        #expect(throws: TransportError.self) {
            try DatagramSocket.unicast(bind: SocketAddress(.unspecified, port: port))
        }
        // Each hears its own.
        let (inbox, groupInbox) = (Inbox(), Inbox())
        let threads = [try DatagramReceiver(manager, into: inbox), try DatagramReceiver(member, into: groupInbox)]
        defer { threads.forEach { $0.stop() } }
        let sender = try sender()
        try sender.send(OutboundDatagram([1], to: SocketAddress(.loopback, port: port)))
        try sender.send(OutboundDatagram([2], to: SocketAddress(group, port: port)))
        #expect(inbox.wait(for: 1).first?.bytes == [1])
        #expect(groupInbox.wait(for: 1).first?.bytes == [2])
    }

    @Test func everyScopeIsReached() throws {
        let lo = try InterfaceTable.index(named: "lo")
        for text in ["ff01::77", "ff02::77", "ff05::77", "ff15::77", "ff35:30:fd12:3456:789a:1::77"] {
            let group = try #require(IPv6Address(text))
            let inbox = Inbox()
            let thread = try DatagramReceiver(DatagramSocket.group(group, port: port, interface: lo), into: inbox)
            defer { thread.stop() }
            try sender().send(OutboundDatagram([9], to: SocketAddress(group, port: port, interface: lo)))
            #expect(inbox.wait(for: 1).first?.arrival.destination == group)
        }
    }

    @Test(.requirement("COAP-0115")) func anotherGroupOnTheSamePortIsNotHeard() throws {
        let lo = try InterfaceTable.index(named: "lo")
        let other = IPv6Address(high: group.high, low: 2)
        let inbox = Inbox()
        let thread = try DatagramReceiver(DatagramSocket.group(group, port: port, interface: lo), into: inbox)
        defer { thread.stop() }
        let sender = try sender()
        let unheard = try DatagramSocket.group(other, port: port, interface: lo)

        try sender.send(OutboundDatagram([1], to: SocketAddress(other, port: port)))
        try sender.send(OutboundDatagram([2], to: SocketAddress(group, port: port)))

        #expect(inbox.wait(for: 1).map(\.bytes) == [[2]])
        #expect(unheard.localAddress.address == other)
    }

    @Test func loopDecidesWhetherThisHostHearsItself() throws {
        let (near, _) = try makeCable()
        let inbox = Inbox()
        let thread = try DatagramReceiver(DatagramSocket.group(group, port: port, interface: near), into: inbox)
        defer { thread.stop() }
        let silent = MulticastSending(interface: near, hopLimit: 1, loopsBack: false)
        let loud = MulticastSending(interface: near, hopLimit: 1, loopsBack: true)
        let address = SocketAddress(.unspecified, port: 0)
        for (sending, payload) in [(silent, UInt8(1)), (loud, 2)] {
            try DatagramSocket.unicast(bind: address, multicast: sending)
                .send(OutboundDatagram([payload], to: SocketAddress(group, port: port)))
        }
        #expect(inbox.wait(for: 1).map(\.bytes) == [[2]])
    }

    @Test func groupIsHeardOnTheNamedInterfaceOnly() throws {
        let (near, far) = try makeCable()
        let lo = try InterfaceTable.index(named: "lo")
        let inboxes = [lo, near, far].map { ($0, Inbox()) }
        let threads = try inboxes.map {
            try DatagramReceiver(DatagramSocket.group(group, port: port, interface: $0), into: $1)
        }
        defer { threads.forEach { $0.stop() } }
        // What is sent into one end of the cable without loop arrives at the other end alone.
        let sending = MulticastSending(interface: near, hopLimit: 1, loopsBack: false)
        let sender = try DatagramSocket.unicast(bind: SocketAddress(.unspecified, port: 0), multicast: sending)
        try sender.send(OutboundDatagram([1], to: SocketAddress(group, port: port)))
        #expect(inboxes[2].1.wait(for: 1).map(\.arrival.interface) == [far])
        // The destination may name another interface than the socket.
        try sender.send(OutboundDatagram([2], to: SocketAddress(group, port: port, interface: lo)))
        #expect(inboxes[0].1.wait(for: 1).map(\.bytes) == [[2]])
        threads.forEach { $0.stop() }
        #expect(inboxes[1].1.items.isEmpty)
        #expect(inboxes[2].1.items.count == 1)
    }

    /// Two more interfaces, joined by a cable.
    private func makeCable() throws -> (near: InterfaceIndex, far: InterfaceIndex) {
        for command in [
            "link add near type veth peer name far", "link set near up", "link set far up",
            "-6 addr add fd00:1::1/64 dev near nodad", "-6 addr add fd00:1::2/64 dev far nodad",
        ] {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments =
                ["PATH=/usr/sbin:/sbin:/usr/bin:/bin", "ip"] + command.split(separator: " ").map(String.init)
            try process.run()
            process.waitUntilExit()
            try #require(process.terminationStatus == 0, "ip \(command)")
        }
        return (try InterfaceTable.index(named: "near"), try InterfaceTable.index(named: "far"))
    }

    @Test func memberKeepsItsUnicastSocketBesideTheGroup() throws {
        let lo = try InterfaceTable.index(named: "lo")
        let unicastInbox = Inbox()
        let groupInbox = Inbox()
        let unicast = try DatagramSocket.unicast(bind: SocketAddress(.unspecified, port: port))
        let threads = [
            try DatagramReceiver(unicast, into: unicastInbox),
            try DatagramReceiver(DatagramSocket.group(group, port: port, interface: lo), into: groupInbox),
        ]
        defer { threads.forEach { $0.stop() } }
        let sender = try sender()

        try sender.send(OutboundDatagram([1], to: SocketAddress(group, port: port)))
        try sender.send(OutboundDatagram([2], to: SocketAddress(.loopback, port: port)))

        #expect(groupInbox.wait(for: 1).map(\.bytes) == [[1]])
        #expect(unicastInbox.wait(for: 1).map(\.bytes) == [[2]])
        // The answer leaves from the address that was asked.
        let answers = Inbox()
        let thread = try DatagramReceiver(sender, into: answers)
        defer { thread.stop() }
        try unicast.send(OutboundDatagram([3], to: sender.localAddress, source: .loopback))
        #expect(answers.wait(for: 1).first?.arrival.source == SocketAddress(.loopback, port: port))
    }

    @Test func interfaceThatIsGoneIsNamed() throws {
        let error = #expect(throws: TransportError.self) {
            try DatagramSocket.group(group, port: port, interface: InterfaceIndex(4711))
        }
        #expect(error?.description.hasPrefix("cannot join multicast group \(group) on interface 4711: ") == true)
    }
}
