/// Timers by key, earliest first. At most one timer a key; memory stays proportional to the timers that are set.
internal struct KeyedTimerQueue<Key: Hashable & Sendable>: Sendable {
    private struct Item: Sendable {
        let at: MonotonicInstant
        let order: UInt64
        let key: Key

        static func < (left: Self, right: Self) -> Bool {
            left.at == right.at ? left.order < right.order : left.at < right.at
        }
    }

    /// A binary heap. Items that `live` does not know are cancelled and never at the top.
    private var heap: [Item] = []
    private var live: [Key: UInt64] = [:]
    private var lastOrder: UInt64 = 0

    var next: MonotonicInstant? { heap.first?.at }
    var count: Int { live.count }

    mutating func set(_ key: Key, at instant: MonotonicInstant) {
        lastOrder += 1
        live[key] = lastOrder
        push(Item(at: instant, order: lastOrder, key: key))
        tidy()
    }

    mutating func cancel(_ key: Key) {
        guard live.removeValue(forKey: key) != nil else { return }
        tidy()
    }

    /// Takes the earliest timer that is due.
    mutating func popDue(_ now: MonotonicInstant) -> Key? {
        guard let first = heap.first, first.at <= now else { return nil }
        live[first.key] = nil
        tidy()
        return first.key
    }

    private mutating func tidy() {
        if heap.count > 2 * live.count + 16 {
            heap = heap.filter { live[$0.key] == $0.order }.sorted(by: <)
        }
        while let first = heap.first, live[first.key] != first.order { popFirst() }
    }

    private mutating func push(_ item: Item) {
        heap.append(item)
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func popFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
