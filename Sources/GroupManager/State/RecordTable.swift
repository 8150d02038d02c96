/// Records by key, each in memory of its own: a table that grows by doubling is half empty at times, and should have room for
/// references then, and not for records.
///
/// A value as a dictionary is one; setting a record costs an allocation, copying the table none.
public struct RecordTable<Key: Hashable & Sendable, Record: Hashable & Sendable>: Hashable, Sendable {
    private final class Box: Hashable, Sendable {
        let record: Record

        init(_ record: Record) {
            self.record = record
        }

        static func == (left: Box, right: Box) -> Bool { left === right || left.record == right.record }

        func hash(into hasher: inout Hasher) { hasher.combine(record) }
    }

    private var boxes: [Key: Box] = [:]

    /// Without records.
    init() {}

    /// The record of a key; `nil` if there is none.
    public internal(set) subscript(key: Key) -> Record? {
        get { boxes[key]?.record }
        set { boxes[key] = newValue.map(Box.init) }
    }

    public var count: Int { boxes.count }
    public var isEmpty: Bool { boxes.isEmpty }
    /// In no particular order.
    public var keys: some Collection<Key> { boxes.keys }
    /// In no particular order.
    public var values: some Collection<Record> { boxes.values.lazy.map(\.record) }
}
