/// The contexts of the last lines: deriving one costs more than the message it is for, and lines come in runs.
struct ContextCache<Key: Hashable, Context> {
    private var entries: [Key: (context: Context, lastUse: UInt64)] = [:]
    private var clock: UInt64 = 0

    /// Enough for both ends of some groups before and after a rekeying.
    static var capacity: Int { 32 }

    /// The context for a key, if there is one.
    mutating func existing(for key: Key) -> Context? {
        guard let entry = entries[key] else { return nil }
        clock += 1
        entries[key] = (entry.context, clock)
        return entry.context
    }

    /// The context for a key; made, and the one not used for longest forgotten, if there is none.
    mutating func context(
        for key: Key, make: () throws(WorkbenchFailure) -> Context
    ) throws(WorkbenchFailure) -> Context {
        if let context = existing(for: key) { return context }
        clock += 1
        let context = try make()
        if entries.count >= Self.capacity, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            entries[oldest.key] = nil
        }
        entries[key] = (context, clock)
        return context
    }
}
