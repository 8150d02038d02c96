/// A dictionary of bounded size: one entry too many, and the one that was set longest ago goes.
///
/// Every entry costs its owner one verified message at least, so the search for the oldest is never on a stranger's
/// account.
struct OldestGoes<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        var value: Value
        let order: UInt64
    }
    private var entries: [Key: Entry] = [:]
    private var nextOrder: UInt64 = 0
    /// The most entries, 1 or more.
    let maximumCount: Int

    init(maximumCount: Int) {
        self.maximumCount = max(maximumCount, 1)
    }

    var count: Int { entries.count }

    /// The value of a key. Setting one makes it the youngest.
    subscript(key: Key) -> Value? {
        get { entries[key]?.value }
        set {
            guard let newValue else {
                entries[key] = nil
                return
            }
            if entries[key] == nil, entries.count >= maximumCount,
                let oldest = entries.min(by: { $0.value.order < $1.value.order })?.key
            {
                entries[oldest] = nil
            }
            entries[key] = Entry(value: newValue, order: nextOrder)
            nextOrder += 1
        }
    }

    /// Changes a value without making it younger.
    mutating func update(_ key: Key, _ change: (inout Value) -> Void) {
        guard var entry = entries[key] else { return }
        change(&entry.value)
        entries[key] = entry
    }

    /// Whether any value fulfils a condition.
    func contains(where condition: (Value) -> Bool) -> Bool {
        entries.values.contains { condition($0.value) }
    }

    mutating func removeAll(where condition: (Key, Value) -> Bool) {
        entries = entries.filter { !condition($0.key, $0.value.value) }
    }
}
