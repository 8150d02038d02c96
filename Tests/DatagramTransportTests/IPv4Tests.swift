import Bytes
import DatagramTransport
import Glibc
import Testing

struct IPv4Tests {
    private let first = IPv6Address(ipv4: 0x7f00_0001)
    private let second = IPv6Address(ipv4: 0x7f00_0002)
    private let anywhere = SocketAddress(.unspecified, port: 0)
    private var far: Int64 { MonotonicClock.now + 10_000_000_000 }

    /// Waits for one batch.
    private func receive(at socket: DatagramSocket) throws -> [Inbox.Item] {
        var batch = ReceivedBatch()
        _ = try DatagramPoll().wait(on: [socket], until: far)
        socket.receive(into: &batch)
        return (0..<batch.count).map {
            Inbox.Item(bytes: [UInt8](copying: batch.bytes(at: $0)), arrival: batch.arrival(at: $0))
        }
    }

    @Test func answerLeavesFromTheAddressThatWasAsked() throws {
        let server = try DatagramSocket.unicast(bind: anywhere)
        let client = try DatagramSocket.unicast(bind: SocketAddress(first, port: 0))
        #expect(client.localAddress.address == first)
        for (asked, hopLimit) in [(first, UInt8?.none), (second, 3)] {
            try client.send(OutboundDatagram([1], to: SocketAddress(asked, port: server.localAddress.port)))
            let request = try #require(try receive(at: server).first)
            #expect(request.arrival.source == client.localAddress)
            #expect(request.arrival.destination == asked)
            let lo = try InterfaceTable.index(named: "lo")
            #expect(request.arrival.interface == lo)

            let answer = OutboundDatagram(
                [2], to: request.arrival.source, source: request.arrival.destination, hopLimit: hopLimit)
            try server.send(answer)
            let single = try receive(at: client)
            // The same as part of a batch.
            #expect(server.send([answer, answer]) == 2)
            let pair = try receive(at: client)
            for item in single + pair {
                #expect(item.bytes == [2])
                #expect(item.arrival.source == SocketAddress(asked, port: server.localAddress.port))
                #expect(item.arrival.destination == first)
            }
            #expect(single.count + pair.count == 3)
        }
    }

    @Test func oneSocketServesBothFamilies() throws {
        let server = try DatagramSocket.unicast(bind: anywhere)
        let client = try DatagramSocket.unicast(bind: anywhere)
        for asked in [IPv6Address.loopback, first] {
            try client.send(OutboundDatagram([1], to: SocketAddress(asked, port: server.localAddress.port)))
            let requests = try receive(at: server)
            #expect(requests.map(\.arrival.destination) == [asked])
        }
        #expect(server.counters.unusable == 0)
    }

    @Test func ipv6OnlyLeavesThePortToOthers() throws {
        let server = try DatagramSocket.unicast(bind: anywhere, families: .ipv6Only)
        let other = try DatagramSocket.unicast(bind: SocketAddress(first, port: server.localAddress.port))
        #expect(throws: TransportError.cannotSend(to: other.localAddress, SystemErrorNumber(ENETUNREACH))) {
            try server.send(OutboundDatagram([1], to: other.localAddress))
        }
    }

    @Test func portThatIPv4HoldsIsRefused() throws {
        let other = try DatagramSocket.unicast(bind: SocketAddress(first, port: 0))
        let address = SocketAddress(.unspecified, port: other.localAddress.port)
        #expect(throws: TransportError.cannotBind(address, SystemErrorNumber(EADDRINUSE))) {
            try DatagramSocket.unicast(bind: address)
        }
        _ = try DatagramSocket.unicast(bind: address, families: .ipv6Only)
    }

    @Test func onlyAnAddressOfThisHostAndOfThatFamilyIsASource() throws {
        let server = try DatagramSocket.unicast(bind: anywhere)
        let sources = [
            IPv6Address(ipv4: 0xc000_0201), IPv6Address.loopback, IPv6Address(ipv4: 0xe000_01bb),
            IPv6Address(ipv4: 0x7fff_ffff),
        ]
        for source in sources {
            #expect(throws: TransportError.self) {
                try server.send(OutboundDatagram([1], to: SocketAddress(first, port: 9), source: source))
            }
        }
        #expect(throws: TransportError.self) {
            try server.send(OutboundDatagram([1], to: SocketAddress(.loopback, port: 9), source: first))
        }
        #expect(server.counters.sendFailures == 5)
    }

    @Test func ipv4MulticastAddressIsNoUnicastSocket() throws {
        let group = IPv6Address(ipv4: 0xe000_01bb)
        #expect(throws: TransportError.notUnicast(group)) {
            try DatagramSocket.unicast(bind: SocketAddress(group, port: 0))
        }
    }

    /// An answer to a broadcast would be one from each host of the link.
    @Test func whatComesByBroadcastIsDropped() throws {
        let server = try DatagramSocket.unicast(bind: anywhere)
        let client = try DatagramSocket.unicast(bind: SocketAddress(first, port: 0))
        let broadcast = IPv6Address(ipv4: 0x7fff_ffff)
        // This module never sends one itself.
        #expect(throws: TransportError.cannotSend(to: SocketAddress(broadcast, port: 9), SystemErrorNumber(EACCES))) {
            try client.send(OutboundDatagram([1], to: SocketAddress(broadcast, port: 9)))
        }
        try sendOverIPv4([127, 255, 255, 255], port: server.localAddress.port)
        let unheard = try receive(at: server)
        #expect(unheard.isEmpty)
        #expect(server.counters.unusable == 1)
        try client.send(OutboundDatagram([2], to: SocketAddress(first, port: server.localAddress.port)))
        let heard = try receive(at: server)
        #expect(heard.map(\.bytes) == [[2]])
    }
}
