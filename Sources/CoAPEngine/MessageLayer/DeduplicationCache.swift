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

    /// Names an entry, also after it has gone.
    struct Number: Sendable {
        fileprivate let value: Int
    }

    private struct Entry: Sendable {
        let key: Key
        let expires: MonotonicInstant
        var answer: OutgoingDatagram?
    }

    /// In a ring: the entry with the number n is at n modulo the length, which doubles until it holds all that may be kept.
    private var ring: [Entry?] = []
    /// The entries from this number on are there.
    private var oldest = 0
    private var next = 0
    private var numbers: [Key: Int] = [:]
    private(set) var answerBytes = 0
    private(set) var evictions: UInt64 = 0
    private let capacity: Int
    private let maximumAnswerBytes: Int

    var count: Int { next - oldest }

    init(capacity: Int, maximumAnswerBytes: Int) {
        self.capacity = max(capacity, 1)
        self.maximumAnswerBytes = max(maximumAnswerBytes, 0)
    }

    enum Lookup: Sendable {
        case new
        case duplicate(answer: OutgoingDatagram?)
    }

    func lookup(_ key: Key, at now: MonotonicInstant) -> Lookup {
        guard let number = numbers[key], let entry = ring[number % ring.count], entry.expires > now else { return .new }
        return .duplicate(answer: entry.answer)
    }

    mutating func insert(_ key: Key, until expires: MonotonicInstant, at now: MonotonicInstant) -> Number {
        while oldest < next, let first = ring[oldest % ring.count] {
            if first.expires > now {
                guard count >= capacity else { break }
                evictions += 1
            }
            removeOldest()
        }
        if count == ring.count { grow() }
        let number = next
        ring[number % ring.count] = Entry(key: key, expires: expires)
        numbers[key] = number
        next += 1
        return Number(value: number)
    }

    /// Remembers what was answered. An entry that has gone meanwhile stays gone.
    mutating func remember(_ answer: OutgoingDatagram, for number: Number) {
        guard number.value >= oldest, number.value < next else { return }
        let place = number.value % ring.count
        answerBytes += answer.bytes.count - (ring[place]?.answer?.bytes.count ?? 0)
        ring[place]?.answer = answer
        while answerBytes > maximumAnswerBytes, oldest < next {
            evictions += 1
            removeOldest()
        }
    }

    private mutating func removeOldest() {
        let place = oldest % ring.count
        guard let entry = ring[place] else { return }
        ring[place] = nil
        answerBytes -= entry.answer?.bytes.count ?? 0
        // The same message may have come again after its time.
        if numbers[entry.key] == oldest { numbers[entry.key] = nil }
        oldest += 1
    }

    private mutating func grow() {
        var larger: [Entry?] = Array(repeating: nil, count: min(max(2 * ring.count, 16), capacity))
        for number in oldest..<next { larger[number % larger.count] = ring[number % ring.count] }
        ring = larger
    }
}
