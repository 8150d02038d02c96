/// A map with unique keys, kept in the deterministic order of RFC 8949 §4.2.1: bytewise by the encoded key.
public struct CBORMap: Hashable, Sendable {
    /// A key and its value.
    public struct Entry: Hashable, Sendable {
        public let key: CBORValue
        public fileprivate(set) var value: CBORValue
        /// The encoded key decides on order and identity: text keys that merely look alike stay different.
        internal let encodedKey: [UInt8]
    }

    /// The pairs, in order.
    public private(set) var entries: [Entry] = []

    /// An empty map.
    public init() {}

    /// How many pairs there are.
    public var count: Int { entries.count }

    /// Whether there is no pair.
    public var isEmpty: Bool { entries.isEmpty }

    /// The keys, in order.
    public var keys: [CBORValue] { entries.map(\.key) }

    /// The value for a key; `nil` when absent. Setting `nil` removes the pair.
    public subscript(key key: CBORValue) -> CBORValue? {
        get {
            let (index, found) = position(of: key.encoded())
            return found ? entries[index].value : nil
        }
        set {
            let encodedKey = key.encoded()
            let (index, found) = position(of: encodedKey)
            switch (newValue, found) {
            case (let value?, true): entries[index].value = value
            case (let value?, false): entries.insert(Entry(key: key, value: value, encodedKey: encodedKey), at: index)
            case (nil, true): entries.remove(at: index)
            case (nil, false): break
            }
        }
    }

    /// The value for an integer key; `nil` when absent. Setting `nil` removes the pair.
    public subscript(_ key: Int64) -> CBORValue? {
        get { self[key: CBORValue(key)] }
        set { self[key: CBORValue(key)] = newValue }
    }

    /// The value for a text key; `nil` when absent. Setting `nil` removes the pair.
    public subscript(_ key: String) -> CBORValue? {
        get { self[key: .text(key)] }
        set { self[key: .text(key)] = newValue }
    }

    /// Takes decoded pairs; sorts once, so that many pairs stay cheap.
    internal init(decoded: [Entry]) throws(CBORError) {
        self.entries = decoded.sorted { $0.encodedKey.lexicographicallyPrecedes($1.encodedKey) }
        for index in entries.indices.dropFirst() where entries[index - 1].encodedKey == entries[index].encodedKey {
            throw .duplicateKey
        }
    }

    /// Where a key is, or where it belongs.
    private func position(of encodedKey: [UInt8]) -> (index: Int, found: Bool) {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].encodedKey.lexicographicallyPrecedes(encodedKey) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return (low, low < entries.count && entries[low].encodedKey == encodedKey)
    }
}
