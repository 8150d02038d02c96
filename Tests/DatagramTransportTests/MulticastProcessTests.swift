import Bytes
import DatagramTransport
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
    @Test(.requirement("COAP-0114", "COAP-0131")) func everyMemberOnOnePortReceivesTheGroupsDatagram() throws {
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

    @Test(.requirement("COAP-0275")) func everyScopeIsReached() throws {
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

    @Test(.requirement("COAP-0112")) func loopDecidesWhetherThisHostHearsItself() throws {
        let (near, _) = try Cable.lay()
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

    @Test(.requirement("COAP-0112")) func hopLimitDecidesHowFarGroupsAreReached() throws {
        let (near, far) = try Cable.lay()
        let (nearInbox, farInbox) = (Inbox(), Inbox())
        let threads = try [(near, nearInbox), (far, farInbox)].map {
            try DatagramReceiver(DatagramSocket.group(group, port: port, interface: $0), into: $1)
        }
        defer { threads.forEach { $0.stop() } }
        for hopLimit in [UInt8(0), 1] {
            let sending = MulticastSending(interface: near, hopLimit: hopLimit, loopsBack: true)
            try DatagramSocket.unicast(bind: SocketAddress(.unspecified, port: 0), multicast: sending)
                .send(OutboundDatagram([hopLimit], to: SocketAddress(group, port: port)))
        }
        #expect(nearInbox.wait(for: 2).map(\.bytes) == [[0], [1]])
        // What stays on this host does not come out of the cable.
        #expect(farInbox.wait(for: 1).map(\.bytes) == [[1]])
    }

    @Test func groupIsHeardOnTheNamedInterfaceOnly() throws {
        let (near, far) = try Cable.lay()
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

    @Test(.requirement("COAP-0114")) func memberKeepsItsUnicastSocketBesideTheGroup() throws {
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

    /// The host itself is in 224.0.0.1; a socket that has joined no group of IPv4 is not.
    @Test func groupsOfIPv4AreNotHeard() throws {
        try Cable.ip("route add 224.0.0.0/4 dev lo")
        let server = try DatagramSocket.unicast(bind: SocketAddress(.unspecified, port: port))
        try sendOverIPv4([224, 0, 0, 1], port: port)
        try sendOverIPv4([127, 0, 0, 1], port: port)
        let poll = try DatagramPoll()
        _ = poll.wait(on: [server], until: MonotonicClock.now + 10_000_000_000)
        var batch = ReceivedBatch()
        try #require(server.receive(into: &batch) == 1)
        let destination = batch.arrival(at: 0).destination
        #expect(destination == IPv6Address(ipv4: 0x7f00_0001))
        #expect(server.counters.unusable == 0)
    }

    @Test func interfaceThatIsGoneIsNamed() throws {
        let error = #expect(throws: TransportError.self) {
            try DatagramSocket.group(group, port: port, interface: InterfaceIndex(4711))
        }
        #expect(error?.description.hasPrefix("cannot join multicast group \(group) on interface 4711: ") == true)
    }
}
