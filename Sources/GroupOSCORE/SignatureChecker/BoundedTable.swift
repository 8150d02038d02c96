/// The latest values by key. Holds so many and no more: the oldest goes first. In steady state it allocates nothing.
struct BoundedTable<Key: Hashable, Value> {
    private let capacity: Int
    private var values: [Key: Value] = [:]
    /// A ring, once it is full.
    private var order: [Key] = []
    private var oldest = 0

    /// - Parameter capacity: At least 1.
    init(capacity: Int) {
        self.capacity = max(capacity, 1)
    }

    var count: Int { values.count }

    subscript(key: Key) -> Value? { values[key] }

    /// Keeps a value, in the place of an earlier one for the same key.
    mutating func keep(_ value: Value, for key: Key) {
        if values.updateValue(value, forKey: key) == nil { makeRoom(for: key) }
    }

    /// Changes the value for a key where it lies; the first one is made.
    mutating func change<Result>(_ key: Key, first: Value, _ body: (inout Value) -> Result) -> Result {
        if values[key] == nil { keep(first, for: key) }
        return body(&values[key, default: first])
    }

    /// Puts a new key into the order, in the place of the oldest if there are too many.
    private mutating func makeRoom(for key: Key) {
        guard order.count == capacity else {
            order.append(key)
            return
        }
        values[order[oldest]] = nil
        order[oldest] = key
        oldest = (oldest + 1) % capacity
    }
}
