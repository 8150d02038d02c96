/// Timers by key, at most one timer a key, for whoever keeps no names of timers.
internal struct KeyedTimers<Key: Hashable & Sendable>: Sendable {
    private var queue = TimerQueue<Key>()
    private var timers: [Key: TimerID] = [:]

    var next: MonotonicInstant? { queue.next }
    var count: Int { queue.count }

    mutating func set(_ key: Key, at instant: MonotonicInstant) {
        queue.cancel(timers[key])
        timers[key] = queue.set(key, at: instant)
    }

    mutating func cancel(_ key: Key) {
        queue.cancel(timers.removeValue(forKey: key))
    }

    /// Takes the earliest timer that is due.
    mutating func popDue(_ now: MonotonicInstant) -> Key? {
        guard let key = queue.popDue(now) else { return nil }
        timers[key] = nil
        return key
    }
}
