import Bytes
import DatagramTransport
import Testing

struct UnicastTests {
    private let loopback = SocketAddress(.loopback, port: 0)

    @Test func datagramArrivesWithItsSourceAndDestination() throws {
        let sender = try DatagramSocket.unicast(bind: loopback)
        let receiver = try DatagramSocket.unicast(bind: SocketAddress(.unspecified, port: 0))
        let inbox = Inbox()
        let thread = try DatagramReceiver(receiver, into: inbox)
        defer { thread.stop() }

        try sender.send(
            OutboundDatagram([1, 2, 3], to: SocketAddress(.loopback, port: receiver.localAddress.port)))

        let item = try #require(inbox.wait(for: 1).first)
        #expect(item.bytes == [1, 2, 3])
        #expect(item.arrival.source == sender.localAddress)
        #expect(item.arrival.destination == .loopback)
        #expect(item.arrival.interface == (try InterfaceTable.index(named: "lo")))
    }

    @Test func answerComesFromTheAddressThatIsAskedFor() throws {
        let sender = try DatagramSocket.unicast(bind: SocketAddress(.unspecified, port: 0))
        let receiver = try DatagramSocket.unicast(bind: loopback)
        let inbox = Inbox()
        let thread = try DatagramReceiver(receiver, into: inbox)
        defer { thread.stop() }

        try sender.send(OutboundDatagram([7], to: receiver.localAddress, source: .loopback, hopLimit: 3))

        #expect(
            inbox.wait(for: 1).first?.arrival.source == SocketAddress(.loopback, port: sender.localAddress.port))
    }

    @Test func batchLongerThanOneSystemCallArrivesInOrder() throws {
        let sender = try DatagramSocket.unicast(bind: loopback)
        let receiver = try DatagramSocket.unicast(bind: loopback)
        let inbox = Inbox()
        let thread = try DatagramReceiver(receiver, into: inbox)
        defer { thread.stop() }
        // 0 to 2 kB, and one of the largest size over IPv6.
        var payloads = (0..<70).map { [UInt8](repeating: UInt8($0), count: $0 * 30) }
        payloads.append([UInt8](repeating: 0xff, count: 65_527))

        let sent = sender.send(payloads.map { OutboundDatagram($0, to: receiver.localAddress) })

        #expect(sent == 71)
        #expect(inbox.wait(for: 71).map(\.bytes) == payloads)
        thread.stop()
        #expect(receiver.counters.received == 71)
        #expect(sender.counters.sent == 71)
    }

    @Test func refusedDatagramHarmsNeitherTheBatchNorTheSocket() throws {
        let sender = try DatagramSocket.unicast(bind: SocketAddress(.unspecified, port: 0))
        let receiver = try DatagramSocket.unicast(bind: loopback)
        let inbox = Inbox()
        let thread = try DatagramReceiver(receiver, into: inbox)
        defer { thread.stop() }
        let foreign = try #require(IPv6Address("2001:db8::1"))
        let tooLong = [UInt8](repeating: 0, count: 65_528)

        var failures: [Int: TransportError] = [:]
        let sent = sender.send(
            [
                OutboundDatagram(tooLong, to: receiver.localAddress),
                OutboundDatagram([1], to: receiver.localAddress),
                OutboundDatagram([2], to: receiver.localAddress, source: foreign),
                OutboundDatagram([3], to: receiver.localAddress),
            ]
        ) { failures[$0] = $1 }

        #expect(sent == 2)
        #expect(failures.keys.sorted() == [0, 2])
        #expect(failures[0]?.description == "cannot send to \(receiver.localAddress): Message too long")
        #expect(inbox.wait(for: 2).map(\.bytes) == [[1], [3]])
        #expect(sender.counters.sendFailures == 2)
    }

    @Test func multicastAddressIsNeverASource() throws {
        let group = try #require(IPv6Address("ff15::1"))
        let sender = try DatagramSocket.unicast(bind: SocketAddress(.unspecified, port: 0))
        #expect(throws: TransportError.self) {
            try sender.send(OutboundDatagram([1], to: SocketAddress(.loopback, port: 9), source: group))
        }
    }

    @Test func addressInUseIsNamed() throws {
        let first = try DatagramSocket.unicast(bind: loopback)
        let error = #expect(throws: TransportError.self) { try DatagramSocket.unicast(bind: first.localAddress) }
        #expect(error?.description == "cannot bind to \(first.localAddress): Address already in use")
    }

    @Test func secondSocketForAllAddressesIsRefused() throws {
        let first = try DatagramSocket.unicast(bind: SocketAddress(.unspecified, port: 0))
        #expect(throws: TransportError.self) { try DatagramSocket.unicast(bind: first.localAddress) }
    }

    @Test func addressOfAnotherHostIsNamed() throws {
        let foreign = SocketAddress(try #require(IPv6Address("2001:db8::1")), port: 0)
        let error = #expect(throws: TransportError.self) { try DatagramSocket.unicast(bind: foreign) }
        #expect(error?.description == "cannot bind to [2001:db8::1]:0: Cannot assign requested address")
    }

    @Test func multicastAddressIsNoUnicastSocket() throws {
        let group = try #require(IPv6Address("ff02::1"))
        #expect(throws: TransportError.notUnicast(group)) {
            try DatagramSocket.unicast(bind: SocketAddress(group, port: 0))
        }
    }

    @Test func receiveBufferHoldsMoreThanTheDefault() throws {
        let socket = try DatagramSocket.unicast(bind: loopback)
        #expect(socket.receiveBufferSize > 212_992)
    }

    @Test func datagramsThatFindTheBufferFullAreCounted() throws {
        let sender = try DatagramSocket.unicast(bind: loopback)
        let receiver = try DatagramSocket.unicast(bind: loopback)
        let large = OutboundDatagram([UInt8](repeating: 1, count: 60_000), to: receiver.localAddress)
        for _ in 0..<400 { sender.send([large]) }

        let inbox = Inbox()
        let thread = try DatagramReceiver(receiver, into: inbox)
        // The count travels with the next datagram that is queued, so ask until one has brought it.
        var asked = 0
        while receiver.counters.overflowed == 0, asked < 1000 {
            asked += 1
            let count = inbox.wait(for: 1).count
            try sender.send(OutboundDatagram([2], to: receiver.localAddress))
            _ = inbox.wait(for: count + 1)
        }
        thread.stop()

        #expect(receiver.counters.overflowed > 0)
    }

    @Test func stoppingIsFinalAndMayBeRepeated() throws {
        let sender = try DatagramSocket.unicast(bind: loopback)
        let receiver = try DatagramSocket.unicast(bind: loopback)
        let inbox = Inbox()
        let thread = try DatagramReceiver(receiver, into: inbox)
        try sender.send(OutboundDatagram([1], to: receiver.localAddress))
        #expect(inbox.wait(for: 1).count == 1)
        thread.stop()
        thread.stop()
        try sender.send(OutboundDatagram([2], to: receiver.localAddress))
        #expect(receiver.counters.received == 1)
    }
}
