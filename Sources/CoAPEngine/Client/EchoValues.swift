/// Echo values that servers have sent ahead, for the next request to them (RFC 9175 §2.3). The oldest goes first.
internal struct EchoValues: Sendable {
    // COAP-0193: a value goes back to the endpoint and the association that it came from, and nowhere else.
    private var values: [PeerIdentity: (order: UInt64, value: [UInt8])] = [:]
    private var oldest = FIFO<(peer: PeerIdentity, order: UInt64)>()
    private var lastOrder: UInt64 = 0
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = max(capacity, 0)
    }

    var count: Int { values.count }

    mutating func keep(_ value: [UInt8], of peer: PeerIdentity) {
        guard capacity > 0 else { return }
        values[peer] = nil
        lastOrder += 1
        // Entries that were taken or replaced leave their place in the queue behind.
        while let first = oldest.first {
            let isLive = values[first.peer]?.order == first.order
            guard !isLive || values.count >= capacity else { break }
            if isLive { values[first.peer] = nil }
            oldest.removeFirst()
        }
        if oldest.count > 2 * capacity + 16 { rebuild() }
        values[peer] = (lastOrder, value)
        oldest.append((peer, lastOrder))
    }

    /// Takes the value for the next request.
    mutating func take(for peer: PeerIdentity) -> [UInt8]? {
        values.removeValue(forKey: peer)?.value
    }

    private mutating func rebuild() {
        oldest = FIFO()
        for (peer, entry) in values.sorted(by: { $0.value.order < $1.value.order }) {
            oldest.append((peer, entry.order))
        }
    }
}
