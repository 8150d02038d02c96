/// Timers by key, at most one timer a key, for whoever keeps no names of timers.
package struct KeyedTimers<Key: Hashable & Sendable>: Sendable {
    private var queue = TimerQueue<Key>()
    private var timers: [Key: TimerID] = [:]

    package init() {}

    package var next: MonotonicInstant? { queue.next }
    package var count: Int { queue.count }

    package mutating func set(_ key: Key, at instant: MonotonicInstant) {
        queue.cancel(timers[key])
        timers[key] = queue.set(key, at: instant)
    }

    package mutating func cancel(_ key: Key) {
        queue.cancel(timers.removeValue(forKey: key))
    }

    /// Takes the earliest timer that is due.
    package mutating func popDue(_ now: MonotonicInstant) -> Key? {
        guard let key = queue.popDue(now) else { return nil }
        timers[key] = nil
        return key
    }
}
