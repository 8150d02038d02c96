internal import CoAP

/// A whole answer of which a client has had the first block.
internal struct Snapshot: Sendable {
    /// The answer before it was cut.
    let answer: Message
    /// What the request's body was, so that a client that sends it with each block gets blocks of the same answer.
    let requestDigest: UInt64?
    /// Whether the client has shown who or where it is.
    let isProven: Bool
    var order: UInt64 = 0
}

/// The answers that go out in blocks, so that later blocks come from the same representation as the first (RFC 7959
/// §2.4). Bounded in number and bytes; the oldest goes first, and its client begins again. What was kept for addresses that
/// may be invented goes before all else, and makes nothing else go.
internal struct SnapshotTable: Sendable {
    private var snapshots: [OperationKey: Snapshot] = [:]
    private var shares: Shares
    private var lastOrder: UInt64 = 0

    var count: Int { shares.entries }
    var bytes: Int { shares.bytes }

    init(limits: ShareLimits) {
        shares = Shares(limits: limits)
    }

    subscript(key: OperationKey) -> Snapshot? { snapshots[key] }

    /// Keeps an answer, unless it is too long to keep.
    ///
    /// - Returns: What had to go.
    mutating func set(_ key: OperationKey, _ snapshot: Snapshot) -> [OperationKey] {
        remove(key)
        var evicted: [OperationKey] = []
        let length = snapshot.answer.bodyLength
        while shares.room(for: key.peer, entries: 1, bytes: length) == .peerIsFull {
            guard let oldest = evict(where: { key.peer == $0.peer }, onlyUnproven: false) else { return evicted }
            evicted.append(oldest)
        }
        while shares.room(for: key.peer, entries: 1, bytes: length) == .allIsFull {
            guard let oldest = evict(where: { _ in true }, onlyUnproven: !snapshot.isProven) else { return evicted }
            evicted.append(oldest)
        }
        lastOrder += 1
        var snapshot = snapshot
        snapshot.order = lastOrder
        snapshots[key] = snapshot
        shares.add(key.peer, entries: 1, bytes: length)
        return evicted
    }

    mutating func remove(_ key: OperationKey) {
        guard let snapshot = snapshots.removeValue(forKey: key) else { return }
        shares.add(key.peer, entries: -1, bytes: -snapshot.answer.bodyLength)
    }

    private mutating func evict(where isEligible: (OperationKey) -> Bool, onlyUnproven: Bool) -> OperationKey? {
        let oldest = snapshots.filter { isEligible($0.key) && !(onlyUnproven && $0.value.isProven) }.min {
            $0.value.isProven == $1.value.isProven ? $0.value.order < $1.value.order : !$0.value.isProven
        }
        guard let oldest else { return nil }
        remove(oldest.key)
        return oldest.key
    }
}
