internal import CoAP

/// A body of which blocks have come, or the answer to its last block.
internal struct Upload: Sendable {
    /// How far it is.
    enum Phase: Sendable {
        /// More blocks are to come.
        case collecting
        /// The handler is at work.
        case complete(last: LastBlock)
        /// Answered; whoever sends the last block again gets the same.
        case answered(last: LastBlock, answer: Message)
    }

    /// What the last block is known by when it comes again.
    struct LastBlock: Hashable, Sendable {
        let option: BlockOption
        let digest: UInt64
    }

    var phase = Phase.collecting
    var body: [UInt8]
    let contentFormat: ContentFormat?
    /// Conditions that stood in the first block.
    let conditions: Options
    let isAuthenticated: Bool
    /// Grows with each use: the one with the lowest goes first.
    var order: UInt64 = 0

    var byteCount: Int {
        switch phase {
        case .collecting, .complete: body.count
        case .answered(last: _, answer: let answer): answer.bodyLength
        }
    }
}

/// The bodies that come in blocks (RFC 7959 §2.5). Bounded in number and bytes, overall and for each peer.
internal struct UploadTable: Sendable {
    private var uploads: [OperationKey: Upload] = [:]
    private var shares: Shares
    private var lastOrder: UInt64 = 0

    var count: Int { shares.entries }
    var bytes: Int { shares.bytes }

    var isCrowded: Bool { shares.isCrowded }

    init(limits: ShareLimits) {
        shares = Shares(limits: limits)
    }

    subscript(key: OperationKey) -> Upload? { uploads[key] }

    /// Puts an upload in, in the place of what was there. Authenticated peers displace others, never the other way.
    ///
    /// - Returns: Whether there was room, if not, what was there has gone; and what else had to go.
    mutating func set(_ key: OperationKey, _ upload: Upload) -> (isKept: Bool, evicted: [OperationKey]) {
        // COAP-0168
        remove(key)
        var evicted: [OperationKey] = []
        // Whoever only begins uploads has its share of them; answers that are remembered make room.
        while shares.room(for: key.peer, entries: 1, bytes: upload.byteCount) == .peerIsFull {
            guard let weak = evict(where: { $0.peer == key.peer && $1.isAnswered }) else { return (false, evicted) }
            evicted.append(weak)
        }
        while shares.room(for: key.peer, entries: 1, bytes: upload.byteCount) == .allIsFull {
            let isStronger = upload.isAuthenticated
            guard let weak = evict(where: { $1.isAnswered || isStronger && !$1.isAuthenticated }) else {
                return (false, evicted)
            }
            evicted.append(weak)
        }
        lastOrder += 1
        var upload = upload
        upload.order = lastOrder
        uploads[key] = upload
        shares.add(key.peer, entries: 1, bytes: upload.byteCount)
        return (true, evicted)
    }

    mutating func remove(_ key: OperationKey) {
        guard let upload = uploads.removeValue(forKey: key) else { return }
        shares.add(key.peer, entries: -1, bytes: -upload.byteCount)
    }

    /// Takes the oldest of some away; answers that are remembered before bodies that are still coming.
    private mutating func evict(where isWeak: (OperationKey, Upload) -> Bool) -> OperationKey? {
        let weakest = uploads.filter { isWeak($0.key, $0.value) }.min {
            $0.value.isAnswered == $1.value.isAnswered ? $0.value.order < $1.value.order : $0.value.isAnswered
        }
        guard let weakest else { return nil }
        remove(weakest.key)
        return weakest.key
    }
}

extension Upload {
    fileprivate var isAnswered: Bool {
        if case .answered = phase { true } else { false }
    }
}
