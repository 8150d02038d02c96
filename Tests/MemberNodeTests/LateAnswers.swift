import CoAPEngine
import TestSupport

/// Keeps back what the manager answers to one kind of request, as a network that is slow.
final class LateAnswers {
    private let bench: Bench
    private var places: [Int] = []
    var isOn = true

    /// - Parameter request: Method and path.
    init(_ bench: Bench, to request: String) {
        self.bench = bench
        bench.manager.alter = { [unowned self, unowned bench] name, _ in
            // It is sent next.
            if isOn, name == request { places.append(bench.wire.count) }
        }
        bench.delivers = { [unowned self] sent in !isOn || !isKept(sent) }
    }

    /// How many different ones were kept back.
    var count: Int { places.count }

    private func isKept(_ sent: Bench.Sent) -> Bool {
        sent.from == bench.manager.address
            && places.contains { place in
                place < bench.wire.count && bench.wire[place].datagram.bytes == sent.datagram.bytes
            }
    }

    /// The first of them arrives after all. Later ones are kept back still.
    func deliverFirst() {
        let first = bench.wire[places.removeFirst()]
        bench.inject(first.datagram, from: first.from)
        bench.run(for: .milliseconds(100))
    }
}
