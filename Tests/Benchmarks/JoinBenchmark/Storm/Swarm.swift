import Bytes
import CoAPEngine
import DatagramTransport

/// Every node of a building on one thread and one socket, each at its own address. What they send, how they repeat it and
/// when they give up is the nodes' own.
final class Swarm {
    let nodes: [CrowdNode]
    private(set) var tally = SwarmTally()
    private let socket: DatagramSocket
    private let poll: DatagramPoll
    private let byAddress: [IPv6Address: Int]
    private var received = ReceivedBatch()
    private var outgoing = OutboundBatch()
    /// The last confirmable message of each node: who sends it again repeats it.
    private var lastConfirmable: [UInt16?]
    private var timersAt: Int64 = 0

    init(_ nodes: [CrowdNode]) throws {
        self.nodes = nodes
        socket = try DatagramSocket.unicast(
            bind: SocketAddress(.unspecified, port: Building.port), families: .ipv6Only)
        poll = try DatagramPoll()
        byAddress = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($1.address.address, $0) })
        lastConfirmable = Array(repeating: nil, count: nodes.count)
    }

    /// Has all nodes do something at once, and sees what becomes of it.
    ///
    /// - Parameters:
    ///   - limit: After how many seconds to stop waiting.
    ///   - begin: What each node does.
    ///   - isDone: Whether a node has come to an end, be it good or bad.
    /// - Returns: How long each has taken, in nanoseconds from the start; `nil` for those that have not come to an end.
    func run(
        limit: Int64, begin: (CrowdNode, MonotonicInstant) throws -> [OutgoingDatagram], isDone: (CrowdNode) -> Bool
    ) throws -> [Int64?] {
        var times = [Int64?](repeating: nil, count: nodes.count)
        var open = nodes.count
        tally = SwarmTally()
        let start = MonotonicClock.now
        func note(_ index: Int) {
            guard times[index] == nil, isDone(nodes[index]) else { return }
            times[index] = MonotonicClock.now - start
            open -= 1
        }
        for (index, node) in nodes.enumerated() {
            send(try begin(node, MonotonicInstant(nanoseconds: MonotonicClock.now)), from: index)
            note(index)
            if index.isMultiple(of: 16) { turn(until: 0, note) }
        }
        timersAt = MonotonicClock.now
        while open > 0, MonotonicClock.now - start < limit * 1_000_000_000 {
            turn(until: timersAt, note)
            handleTimers(note)
        }
        return times
    }

    private func turn(until deadline: Int64, _ note: (Int) -> Void) {
        flush()
        if socket.receive(into: &received) == 0 {
            guard deadline > MonotonicClock.now else { return }
            _ = poll.wait(on: [socket], until: deadline)
            socket.receive(into: &received)
        }
        let now = MonotonicInstant(nanoseconds: MonotonicClock.now)
        for position in 0..<received.count {
            let arrival = received.arrival(at: position)
            guard let index = byAddress[arrival.destination] else { continue }
            tally.note(received.bytes(at: position))
            send(nodes[index].receive(received.bytes(at: position), from: arrival.source, at: now), from: index)
            note(index)
        }
    }

    /// Looking at all nodes takes a while, so it is done now and then: what they repeat has time.
    private func handleTimers(_ note: (Int) -> Void) {
        let now = MonotonicClock.now
        guard timersAt <= now else { return }
        for (index, node) in nodes.enumerated() {
            send(node.handleTimers(at: MonotonicInstant(nanoseconds: now)), from: index)
            note(index)
        }
        timersAt = now + 50_000_000
    }

    private func send(_ datagrams: [OutgoingDatagram], from index: Int) {
        for datagram in datagrams {
            let bytes = datagram.bytes
            // A confirmable request (RFC 7252 §3).
            if bytes.count >= 4, bytes[0] & 0x30 == 0, bytes[1] != 0 {
                let messageID = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
                if lastConfirmable[index] == messageID { tally.retransmissions += 1 }
                lastConfirmable[index] = messageID
            }
            tally.sent += 1
            if outgoing.isFull { flush() }
            outgoing.append(bytes, to: datagram.destination, source: nodes[index].address.address)
        }
    }

    private func flush() {
        guard outgoing.count > 0 else { return }
        let count = outgoing.count
        tally.unsent += count - socket.send(&outgoing)
    }
}

/// What went over the wire.
struct SwarmTally {
    var sent = 0
    var received = 0
    var retransmissions = 0
    /// What the kernel did not take.
    var unsent = 0
    /// Answers without protection that refuse, by Code such as `4.29`. Those under protection the manager counts.
    var refusals: [String: Int] = [:]

    mutating func note(_ datagram: Span<UInt8>) {
        received += 1
        guard datagram.count >= 4, datagram[1] >> 5 >= 4 else { return }
        let detail = datagram[1] & 0x1f
        refusals["\(datagram[1] >> 5).\(detail < 10 ? "0" : "")\(detail)", default: 0] += 1
    }
}
