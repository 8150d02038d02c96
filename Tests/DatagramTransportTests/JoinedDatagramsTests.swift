import Bytes
import DatagramTransport
import Testing

/// Neighbours of one length for one destination go through the kernel as one message; nobody may notice.
struct JoinedDatagramsTests {
    private let loopback = SocketAddress(.loopback, port: 0)

    private func fetch(_ count: Int, from socket: DatagramSocket) throws -> [[UInt8]] {
        let poll = try DatagramPoll()
        var batch = ReceivedBatch()
        var received: [[UInt8]] = []
        while received.count < count {
            let deadline = MonotonicClock.now + 10_000_000_000
            guard !poll.wait(on: [socket], until: deadline).ready.isEmpty else { return received }
            socket.receive(into: &batch)
            for index in 0..<batch.count { received.append([UInt8](copying: batch.bytes(at: index))) }
        }
        return received
    }

    @Test func datagramsArriveAsTheyWere() throws {
        let sender = try DatagramSocket.unicast(bind: loopback)
        let (near, other) = (
            try DatagramSocket.unicast(bind: loopback), try DatagramSocket.unicast(bind: loopback)
        )
        // Runs that end with a shorter one, grow, are empty, are too long for it, or change their destination.
        let lengths = [10, 10, 10, 5, 10, 10, 12, 12, 0, 0, 1_233, 1_233, 1_232, 1_232, 3, 3, 3, 3]
        let datagrams = lengths.enumerated().map { [UInt8](repeating: UInt8($0.offset), count: $0.element) }
        var batch = OutboundBatch()
        for (index, bytes) in datagrams.enumerated() {
            batch.append(bytes, to: index == 16 ? other.localAddress : near.localAddress)
        }
        #expect(batch.count == datagrams.count)
        let sent = sender.send(&batch)
        #expect(sent == datagrams.count)
        #expect(batch.count == 0)
        #expect(sender.counters.sent == UInt64(datagrams.count))

        var expected = datagrams
        let apart = expected.remove(at: 16)
        #expect(try fetch(expected.count, from: near) == expected)
        #expect(try fetch(1, from: other) == [apart])
    }

    @Test func headersThatDifferAreKeptApart() throws {
        let socket = try DatagramSocket.unicast(bind: SocketAddress(.unspecified, port: 0))
        let own = SocketAddress(.loopback, port: socket.localAddress.port)
        var batch = OutboundBatch()
        batch.append([1], to: own)
        batch.append([2], to: own, source: .loopback)
        batch.append([3], to: own, source: .loopback, hopLimit: 9)
        let sent = socket.send(&batch)
        #expect(sent == 3)
        #expect(try fetch(3, from: socket) == [[1], [2], [3]])
    }

    /// What is joined is refused as a whole; each datagram has its own failure all the same, and the rest goes on.
    @Test func eachRefusedDatagramIsNamed() throws {
        let socket = try DatagramSocket.unicast(bind: loopback)
        let stranger = try #require(IPv6Address("2001:db8::1"))
        var batch = OutboundBatch()
        batch.append([0, 0], to: socket.localAddress)
        for index in 1...3 { batch.append([UInt8(index), 0], to: socket.localAddress, source: stranger) }
        batch.append([4, 0], to: socket.localAddress)
        batch.append([5, 0], to: socket.localAddress)
        var refused: [Int] = []
        let sent = socket.send(&batch) { index, _ in refused.append(index) }
        #expect(sent == 3)
        #expect(refused == [1, 2, 3])
        #expect(socket.counters.sendFailures == 3)
        #expect(try fetch(3, from: socket) == [[0, 0], [4, 0], [5, 0]])
    }
}
