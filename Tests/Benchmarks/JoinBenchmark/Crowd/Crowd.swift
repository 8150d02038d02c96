import Bytes
import CoAPEngine

/// Nodes that join a ``TimedManager`` side by side: all of them send, then the manager takes what they have sent as one batch,
/// as its loop takes what has come while it was busy.
struct Crowd {
    private let manager: TimedManager
    private var moment: Moment

    init(_ manager: TimedManager, at moment: Moment) {
        self.manager = manager
        self.moment = moment
    }

    /// Has nodes join. Each has its invitation already.
    ///
    /// - Returns: What each step has cost the manager: token, upload, join, and one more for each further block of an answer.
    /// - Throws: ``BenchmarkError/notJoined(_:)`` unless every one of them has joined, once.
    mutating func join(_ numbers: Range<Int>, _ nodes: [CrowdNode]) throws -> [ManagerCost] {
        let byAddress = Dictionary(uniqueKeysWithValues: nodes.map { ($0.address, $0) })
        var waiting = nodes.flatMap { node in
            node.join(at: moment.now, wallClock: moment.wallClock).map {
                Arrival(bytes: $0.bytes, source: node.address)
            }
        }
        var costs: [ManagerCost] = []
        while !waiting.isEmpty {
            moment.now = moment.now.advanced(by: .milliseconds(1))
            let before = manager.cost
            let sent = try manager.receive(waiting, at: moment)
            costs.append(manager.cost - before)
            waiting = []
            for datagram in sent {
                guard let node = byAddress[datagram.destination] else { continue }
                let further = node.receive(datagram.bytes.span, from: Building.managerAddress, at: moment.now)
                waiting += further.map { Arrival(bytes: $0.bytes, source: node.address) }
            }
        }
        for (number, node) in zip(numbers, nodes) where node.joined.count != 1 {
            throw BenchmarkError.notJoined("\(Building.name(of: number)): \(node.failures) \(node.codes)")
        }
        return costs
    }

    /// Nodes with these numbers, invited.
    func invited(_ numbers: Range<Int>) throws -> [CrowdNode] {
        try numbers.map { number in
            try CrowdNode(
                manager.invite(number, at: moment), at: SocketAddress(Building.address(of: number), port: Building.port)
            )
        }
    }
}
