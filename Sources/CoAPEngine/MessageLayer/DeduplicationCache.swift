internal import Bytes
internal import CoAP

/// Which messages came lately, and what was answered (RFC 7252 §4.5). Bounded in entries and in bytes: when it is full
/// the oldest entry goes, so that a flood of invented sources costs memory that is known beforehand.
internal struct DeduplicationCache: Sendable {
    // COAP-0057, COAP-0058: the address that was asked is part of the key.
    struct Key: Hashable, Sendable {
        let source: SocketAddress
        let destination: IPv6Address
        let messageID: MessageID
        // Whoever forges a source could announce the next Message IDs of a peer and have its genuine messages taken for
        // duplicates. A retransmission has the same bytes, so their digest, under a key of this process, is part of it.
        let digest: Int

        init(_ datagram: Span<UInt8>, path: DatagramPath, messageID: MessageID) {
            source = path.source
            destination = path.destination
            self.messageID = messageID
            // The rest goes into it, too, so that looking up hashes one number.
            var hasher = Hasher()
            hasher.combine(path.source)
            hasher.combine(path.destination)
            unsafe datagram.withUnsafeBytes { bytes in unsafe hasher.combine(bytes: bytes) }
            digest = hasher.finalize()
        }

        func hash(into hasher: inout Hasher) { hasher.combine(digest) }
    }

    private struct Entry: Sendable {
        let order: UInt64
        let expires: MonotonicInstant
        var answer: OutgoingDatagram?
    }

    private var entries: [Key: Entry] = [:]
    private var oldest = FIFO<(key: Key, order: UInt64)>()
    private var lastOrder: UInt64 = 0
    private(set) var answerBytes = 0
    private(set) var evictions: UInt64 = 0
    private let capacity: Int
    private let maximumAnswerBytes: Int

    var count: Int { entries.count }

    init(capacity: Int, maximumAnswerBytes: Int) {
        self.capacity = max(capacity, 1)
        self.maximumAnswerBytes = max(maximumAnswerBytes, 0)
    }

    enum Lookup: Sendable {
        case new
        case duplicate(answer: OutgoingDatagram?)
    }

    func lookup(_ key: Key, at now: MonotonicInstant) -> Lookup {
        guard let entry = entries[key], entry.expires > now else { return .new }
        return .duplicate(answer: entry.answer)
    }

    mutating func insert(_ key: Key, until expires: MonotonicInstant, at now: MonotonicInstant) {
        remove(key)
        while let first = oldest.first {
            let entry = entries[first.key].flatMap { $0.order == first.order ? $0 : nil }
            if let entry, entry.expires > now {
                guard entries.count >= capacity else { break }
                evictions += 1
            }
            if entry != nil { remove(first.key) }
            oldest.removeFirst()
        }
        lastOrder += 1
        entries[key] = Entry(order: lastOrder, expires: expires)
        oldest.append((key, lastOrder))
    }

    /// Remembers what was answered. An entry that has gone meanwhile stays gone.
    mutating func remember(_ answer: OutgoingDatagram, for key: Key) {
        guard var entry = entries[key] else { return }
        answerBytes += answer.bytes.count - (entry.answer?.bytes.count ?? 0)
        entry.answer = answer
        entries[key] = entry
        while answerBytes > maximumAnswerBytes, let first = oldest.first {
            if entries[first.key]?.order == first.order {
                remove(first.key)
                evictions += 1
            }
            oldest.removeFirst()
        }
    }

    private mutating func remove(_ key: Key) {
        guard let entry = entries.removeValue(forKey: key) else { return }
        answerBytes -= entry.answer?.bytes.count ?? 0
    }
}
