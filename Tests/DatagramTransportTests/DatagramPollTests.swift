import Bytes
import DatagramTransport
import Foundation
import Synchronization
import Testing

struct DatagramPollTests {
    private let loopback = SocketAddress(.loopback, port: 0)
    /// Long enough never to pass in a test that works.
    private var far: Int64 { MonotonicClock.now + 60_000_000_000 }

    @Test func socketsThatHaveDatagramsAreNamed() throws {
        let poll = try DatagramPoll()
        let sockets = try (0..<8).map { _ in try DatagramSocket.unicast(bind: loopback) }
        for index in [2, 7] {
            try sockets[0].send(OutboundDatagram([UInt8(index)], to: sockets[index].localAddress))
        }
        let result = poll.wait(on: sockets, until: far)
        #expect(Array(result.ready) == [2, 7])
        #expect(!result.wasWoken)

        var batch = ReceivedBatch()
        for index in result.ready {
            let count = sockets[index].receive(into: &batch)
            #expect(count == 1)
            let bytes = [UInt8](copying: batch.bytes(at: 0))
            #expect(bytes == [UInt8(index)])
            let source = batch.arrival(at: 0).source
            #expect(source == sockets[0].localAddress)
        }
        #expect(poll.wait(on: sockets, until: 0).ready.isEmpty)
    }

    @Test func whatIsNotFetchedIsNamedAgain() throws {
        let poll = try DatagramPoll()
        let socket = try DatagramSocket.unicast(bind: loopback)
        let sent = socket.send((0..<40).map { OutboundDatagram([$0], to: socket.localAddress) })
        #expect(sent == 40)
        var batch = ReceivedBatch()
        #expect(Array(poll.wait(on: [socket], until: far).ready) == [0])
        let first = socket.receive(into: &batch)
        #expect(first == 32)
        #expect(Array(poll.wait(on: [socket], until: far).ready) == [0])
        let second = socket.receive(into: &batch)
        #expect(second == 8)
        let last = [UInt8](copying: batch.bytes(at: 7))
        #expect(last == [39])
        let third = socket.receive(into: &batch)
        #expect(third == 0)
        #expect(socket.counters.received == 40)
        #expect(socket.counters.receiveFailures == 0)
    }

    @Test func passedDeadlineIsALookWithoutWaiting() throws {
        let poll = try DatagramPoll()
        let socket = try DatagramSocket.unicast(bind: loopback)
        let result = poll.wait(on: [socket], until: .min)
        #expect(result.ready.isEmpty)
        #expect(!result.wasWoken)
    }

    @Test func waitLastsUntilTheDeadline() throws {
        let poll = try DatagramPoll()
        let deadline = MonotonicClock.now + 20_000_000
        let result = poll.wait(on: [], until: deadline)
        #expect(MonotonicClock.now >= deadline)
        #expect(!result.wasWoken)
    }

    @Test func wakeBeforeTheWaitIsNotLost() throws {
        let poll = try DatagramPoll()
        for _ in 0..<100 { poll.wake() }
        #expect(poll.wait(on: [], until: far).wasWoken)
        // A hundred calls were one.
        #expect(!poll.wait(on: [], until: 0).wasWoken)
    }

    /// Two threads pass a token; a wake-up that is lost leaves the test hanging for a minute, and it fails.
    @Test func sleeperIsWokenEachTime() throws {
        let (left, right) = (try DatagramPoll(), try DatagramPoll())
        let token = Atomic(0)
        let rounds = 2000
        let limit = far
        let finished = DispatchSemaphore(value: 0)
        let other = Thread {
            while token.load(ordering: .relaxed) < rounds, MonotonicClock.now < limit {
                guard right.wait(on: [], until: limit).wasWoken else { continue }
                token.add(1, ordering: .relaxed)
                left.wake()
            }
            finished.signal()
        }
        other.start()
        for round in 1...rounds {
            right.wake()
            while token.load(ordering: .relaxed) < round, MonotonicClock.now < limit {
                _ = left.wait(on: [], until: limit)
            }
        }
        finished.wait()
        #expect(token.load(ordering: .relaxed) == rounds)
        #expect(MonotonicClock.now < limit)
    }
}
