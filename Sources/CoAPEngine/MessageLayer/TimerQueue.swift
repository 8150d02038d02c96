/// Names a timer that has been set; names nothing once it has gone off or been cancelled.
internal struct TimerID: Hashable, Sendable {
    fileprivate let place: Int
    fileprivate let order: UInt64
}

/// Timers, earliest first, those of the same moment in the order of setting. Whoever sets one keeps its name, so that
/// cancelling looks nothing up; memory is that of the timers that are set.
internal struct TimerQueue<Key: Sendable>: Sendable {
    private struct Item: Sendable {
        let at: MonotonicInstant
        let order: UInt64
        let place: Int
        let key: Key

        static func < (left: Self, right: Self) -> Bool {
            left.at == right.at ? left.order < right.order : left.at < right.at
        }
    }

    /// A binary heap.
    private var heap: [Item] = []
    /// Where in the heap the timer with this place is.
    private var positions: [Int] = []
    private var freePlaces: [Int] = []
    private var lastOrder: UInt64 = 0

    var next: MonotonicInstant? { heap.first?.at }
    var count: Int { heap.count }

    mutating func set(_ key: Key, at instant: MonotonicInstant) -> TimerID {
        lastOrder += 1
        let place = freePlaces.popLast() ?? positions.count
        if place == positions.count { positions.append(0) }
        positions[place] = heap.count
        heap.append(Item(at: instant, order: lastOrder, place: place, key: key))
        rise(from: heap.count - 1)
        return TimerID(place: place, order: lastOrder)
    }

    mutating func cancel(_ timer: TimerID?) {
        guard let timer, timer.place < positions.count else { return }
        let position = positions[timer.place]
        guard position < heap.count, heap[position].order == timer.order else { return }
        remove(at: position)
    }

    /// Takes the earliest timer that is due.
    mutating func popDue(_ now: MonotonicInstant) -> Key? {
        guard let first = heap.first, first.at <= now else { return nil }
        remove(at: 0)
        return first.key
    }

    private mutating func remove(at position: Int) {
        swap(position, heap.count - 1)
        freePlaces.append(heap.removeLast().place)
        guard position < heap.count else { return }
        sink(from: position)
        rise(from: position)
    }

    private mutating func rise(from start: Int) {
        var child = start
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            swap(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func sink(from start: Int) {
        var parent = start
        while true {
            var least = parent
            let left = 2 * parent + 1
            if left < heap.count, heap[left] < heap[least] { least = left }
            if left + 1 < heap.count, heap[left + 1] < heap[least] { least = left + 1 }
            guard least != parent else { return }
            swap(parent, least)
            parent = least
        }
    }

    private mutating func swap(_ one: Int, _ other: Int) {
        guard one != other else { return }
        heap.swapAt(one, other)
        positions[heap[one].place] = one
        positions[heap[other].place] = other
    }
}
