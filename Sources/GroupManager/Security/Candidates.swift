/// Clients that have uploaded a token and not yet sent a request under what came of it. In memory only.
///
/// A token travels in the clear, so whoever saw it can upload it again: that must neither cost the manager memory without
/// bound nor the rightful client its association. So nothing is given up for a candidate before it has proven that it has
/// the keys, a token has few candidates, and the oldest go first, but for those of which a request is being decided on.
struct Candidates {
    private struct Entry {
        let record: ClientRecord
        let association: LiveAssociation
        /// Grows with each upload.
        let age: UInt64
    }

    private var entries: [[UInt8]: Entry] = [:]
    /// The candidates of each token, oldest first.
    private var byMaterial: [[UInt8]: [[UInt8]]] = [:]
    /// In the order of upload; those that are gone are skipped.
    private var queue: [(age: UInt64, recipientID: [UInt8])] = []
    private var age: UInt64 = 0
    /// How many requests of each are being decided on: it is about to become durable. Whoever has merely proven its keys may
    /// do so for as many candidates as it likes.
    private var underWay: [[UInt8]: Int] = [:]
    private let capacity: Int
    private let perToken: Int

    init(capacity: Int, perToken: Int) {
        self.capacity = max(capacity, 1)
        self.perToken = max(perToken, 1)
    }

    var count: Int { entries.count }

    subscript(recipientID: [UInt8]) -> (record: ClientRecord, association: LiveAssociation)? {
        entries[recipientID].map { ($0.record, $0.association) }
    }

    /// The client that has uploaded a token with this input material, if any is waiting.
    func client(withInputMaterial id: [UInt8]) -> ClientIdentity? {
        byMaterial[id]?.first.flatMap { entries[$0]?.record.client }
    }

    mutating func insert(_ record: ClientRecord, _ association: LiveAssociation) {
        while let siblings = byMaterial[record.inputMaterialID], siblings.count >= perToken {
            remove(siblings.first { underWay[$0] == nil } ?? siblings[0])
        }
        var spared = 0
        while entries.count >= capacity, let oldest = queue.first {
            queue.removeFirst()
            guard entries[oldest.recipientID]?.age == oldest.age else { continue }
            guard underWay[oldest.recipientID] != nil, spared < capacity else {
                remove(oldest.recipientID)
                continue
            }
            spared += 1
            queue.append(oldest)
        }
        age += 1
        entries[record.recipientID] = Entry(record: record, association: association, age: age)
        byMaterial[record.inputMaterialID, default: []].append(record.recipientID)
        queue.append((age, record.recipientID))
        if queue.count > 2 * capacity { queue.removeAll { entries[$0.recipientID]?.age != $0.age } }
    }

    /// A request of a candidate waits for a decision.
    mutating func hold(_ recipientID: [UInt8]) {
        guard entries[recipientID] != nil else { return }
        underWay[recipientID, default: 0] += 1
    }

    /// A request of what was a candidate, or still is one, is answered.
    mutating func release(_ recipientID: [UInt8]) {
        guard let count = underWay[recipientID] else { return }
        underWay[recipientID] = count > 1 ? count - 1 : nil
    }

    mutating func remove(_ recipientID: [UInt8]) {
        underWay[recipientID] = nil
        guard let entry = entries.removeValue(forKey: recipientID) else { return }
        byMaterial[entry.record.inputMaterialID]?.removeAll { $0 == recipientID }
        if byMaterial[entry.record.inputMaterialID]?.isEmpty == true { byMaterial[entry.record.inputMaterialID] = nil }
    }
}
