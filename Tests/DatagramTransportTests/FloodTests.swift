import Bytes
import DatagramTransport
import TestSupport
import Testing

struct FloodTests {
    private let loopback = SocketAddress(.loopback, port: 0)
    private var far: Int64 { MonotonicClock.now + 10_000_000_000 }

    /// What nobody fetches fills the kernel's buffer and no more; the rest is counted, without a datagram that follows.
    @Test func floodIsHeldWithinTheBufferAndTheRestIsCounted() throws {
        let sender = try DatagramSocket.unicast(bind: loopback)
        let receiver = try DatagramSocket.unicast(bind: loopback)
        let size = 60_000
        let flood = OutboundDatagram([UInt8](repeating: 1, count: size), to: receiver.localAddress)
        let sent = 2 * receiver.receiveBufferSize / size
        for _ in 0..<sent { try sender.send(flood) }

        let poll = try DatagramPoll()
        var batch = ReceivedBatch()
        var fetched = 0
        // Deliveries may lag behind under load.
        while fetched + Int(receiver.counters.overflowed) < sent {
            guard !poll.wait(on: [receiver], until: far).ready.isEmpty else { break }
            fetched += receiver.receive(into: &batch)
        }
        while receiver.receive(into: &batch) > 0 { fetched += batch.count }

        let counters = receiver.counters
        #expect(fetched + Int(counters.overflowed) == sent)
        #expect(fetched * size <= receiver.receiveBufferSize)
        #expect(fetched > 0)
        #expect(counters.overflowed > 0)
        #expect(Int(counters.received) == fetched)

        // The socket goes on, and nothing is counted twice.
        try sender.send(OutboundDatagram([2], to: receiver.localAddress))
        _ = poll.wait(on: [receiver], until: far)
        let more = receiver.receive(into: &batch)
        #expect(more == 1)
        #expect(receiver.counters.overflowed == counters.overflowed)
    }

    /// A datagram that has waited brings the count of the time when it came.
    @Test func oldCountOfLossesSaysNothingNew() throws {
        let sender = try DatagramSocket.unicast(bind: loopback)
        let receiver = try DatagramSocket.unicast(bind: loopback)
        let flood = OutboundDatagram([UInt8](repeating: 1, count: 60_000), to: receiver.localAddress)
        let floods = 2 * receiver.receiveBufferSize / 60_000
        let poll = try DatagramPoll()
        var batch = ReceivedBatch()
        for _ in 0..<floods { try sender.send(flood) }
        _ = poll.wait(on: [receiver], until: far)
        // The kernel gives room back by the quarter of the buffer.
        for _ in 0..<2 { receiver.receive(into: &batch) }
        // There is room again for datagrams that come after the first losses, and then for no more.
        for _ in 0..<floods { try sender.send(flood) }
        let limit = far
        repeat {
            let counters = receiver.counters
            if Int(counters.received + counters.overflowed) == 2 * floods { break }
            for _ in poll.wait(on: [receiver], until: limit).ready { receiver.receive(into: &batch) }
        } while MonotonicClock.now < limit
        let counters = receiver.counters
        #expect(Int(counters.received + counters.overflowed) == 2 * floods)
        #expect(counters.overflowed > 0)
    }

    /// One batch serves all sockets; what one has lost is not put down to another.
    @Test func lossesBelongToTheSocketThatHadThem() throws {
        let sender = try DatagramSocket.unicast(bind: loopback)
        let (flooded, quiet) = (try DatagramSocket.unicast(bind: loopback), try DatagramSocket.unicast(bind: loopback))
        let flood = OutboundDatagram([UInt8](repeating: 1, count: 60_000), to: flooded.localAddress)
        for _ in 0..<(2 * flooded.receiveBufferSize / 60_000) { try sender.send(flood) }
        try sender.send(OutboundDatagram([2], to: quiet.localAddress))
        let poll = try DatagramPoll()
        var batch = ReceivedBatch()
        let limit = far
        while quiet.counters.received == 0, MonotonicClock.now < limit {
            let sockets = [flooded, quiet]
            for index in poll.wait(on: sockets, until: limit).ready { sockets[index].receive(into: &batch) }
        }
        #expect(flooded.counters.overflowed > 0)
        #expect(quiet.counters.overflowed == 0)
        #expect(quiet.counters.received == 1)
    }

    /// The hosts answer with ICMP that nobody listens; a socket that serves everybody must not care.
    @Test(.requirement("COAP-0064")) func refusedConnectionConcernsNobodyElse() throws {
        let socket = try DatagramSocket.unicast(bind: SocketAddress(.unspecified, port: 0))
        let peer = try DatagramSocket.unicast(bind: loopback)
        let poll = try DatagramPoll()
        var batch = ReceivedBatch()
        for address in [IPv6Address.loopback, IPv6Address(ipv4: 0x7f00_0001)] {
            let deaf = try DatagramSocket.unicast(bind: SocketAddress(address, port: 0)).localAddress
            for round in 0..<3 {
                try socket.send(OutboundDatagram([0], to: deaf))
                try socket.send(OutboundDatagram([UInt8(round)], to: peer.localAddress))
                try peer.send(OutboundDatagram([9], to: SocketAddress(.loopback, port: socket.localAddress.port)))
                _ = poll.wait(on: [peer], until: far)
                let atPeer = peer.receive(into: &batch)
                _ = poll.wait(on: [socket], until: far)
                let atSocket = socket.receive(into: &batch)
                #expect(atPeer == 1)
                #expect(atSocket == 1)
            }
        }
        #expect(socket.counters.receiveFailures == 0)
        #expect(socket.counters.sendFailures == 0)
    }
}
