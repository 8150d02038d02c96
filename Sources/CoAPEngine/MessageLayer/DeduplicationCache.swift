internal import Bytes
internal import CoAP

/// Which messages came lately, and what was answered (RFC 7252 §4.5). Bounded in entries and in bytes, so that a flood of
/// invented sources costs memory that is known beforehand.
///
/// Half of it is for requests that act once more if they are processed once more. Such an entry stays for its whole time:
/// where there is no room for another one, the request is refused and not an older one forgotten. What a source may have
/// of that half shrinks with what is free: it has to leave as much as it has. So one source has half of it at most, and
/// whoever floods from a few leaves something to all others. All else may be processed twice without harm, and of that
/// the oldest goes.
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
    struct Number: Hashable, Sendable {
        fileprivate let isLasting: Bool
        fileprivate let value: Int
    }

    private struct Entry: Sendable {
        let key: Key
        let expires: MonotonicInstant
        var answer: OutgoingDatagram?
    }

    /// Who shares what there is. A host may take any address of its network, so that the network counts; of IPv4 the
    /// address.
    private struct Source: Hashable, Sendable {
        let high: UInt64
        let low: UInt64

        init(_ address: IPv6Address) {
            high = address.high
            low = address.isIPv4Mapped || address.isLinkLocal ? address.low : 0
        }
    }

    /// Entries in the order of their coming: the one with the number n is at n modulo the length, which doubles until it
    /// holds all that may be kept.
    private struct Ring: Sendable {
        var entries: [Entry?] = []
        /// The entries from this number on are there.
        var oldest = 0
        var next = 0
        let capacity: Int

        var count: Int { next - oldest }

        init(capacity: Int) { self.capacity = max(capacity, 1) }

        subscript(number: Int) -> Entry? {
            number >= oldest && number < next ? entries[number % entries.count] : nil
        }

        mutating func append(_ entry: Entry) -> Int {
            if count == entries.count { grow() }
            let number = next
            entries[number % entries.count] = entry
            next += 1
            return number
        }

        mutating func removeOldest() -> Entry? {
            guard oldest < next else { return nil }
            defer { oldest += 1 }
            return entries[oldest % entries.count].take()
        }

        /// Puts an answer in the place of what was there, and says by how much longer it is.
        mutating func setAnswer(_ answer: OutgoingDatagram?, at number: Int) -> Int {
            let place = number % entries.count
            let difference = (answer?.bytes.count ?? 0) - (entries[place]?.answer?.bytes.count ?? 0)
            entries[place]?.answer = answer
            return difference
        }

        private mutating func grow() {
            var larger: [Entry?] = Array(repeating: nil, count: min(max(2 * entries.count, 16), capacity))
            for number in oldest..<next { larger[number % larger.count] = entries[number % entries.count] }
            entries = larger
        }
    }

    private var passing: Ring
    private var lasting: Ring
    /// How many lasting entries each source has.
    private var shares: [Source: Int] = [:]
    private var numbers: [Key: Number] = [:]
    /// The lasting entries before this one have no answer any more.
    private var firstAnswered = 0
    private(set) var answerBytes = 0
    private var lastingAnswerBytes = 0
    private(set) var evictions: UInt64 = 0
    private let maximumAnswerBytes: Int

    var count: Int { passing.count + lasting.count }

    init(capacity: Int, maximumAnswerBytes: Int) {
        lasting = Ring(capacity: capacity / 2)
        passing = Ring(capacity: capacity - capacity / 2)
        self.maximumAnswerBytes = max(maximumAnswerBytes, 0)
    }

    enum Lookup: Sendable {
        case new
        case duplicate(answer: OutgoingDatagram?)
    }

    func lookup(_ key: Key, at now: MonotonicInstant) -> Lookup {
        guard let number = numbers[key], let entry = ring(of: number)[number.value], entry.expires > now else {
            return .new
        }
        return .duplicate(answer: entry.answer)
    }

    /// Remembers a message that has come.
    ///
    /// - Parameter isLasting: Whether it must not be forgotten before its time.
    /// - Returns: `nil` if it would have to be kept and there is no room: then it must not be processed.
    mutating func insert(
        _ key: Key, isLasting: Bool, until expires: MonotonicInstant, at now: MonotonicInstant
    ) -> Number? {
        let entry = Entry(key: key, expires: expires)
        let number: Number
        if isLasting {
            while let first = lasting[lasting.oldest], first.expires <= now { forgetLasting() }
            let source = Source(key.source.address)
            let share = shares[source] ?? 0
            guard share < lasting.capacity - lasting.count else { return nil }
            shares[source] = share + 1
            number = Number(isLasting: true, value: lasting.append(entry))
        } else {
            while let first = passing[passing.oldest] {
                if first.expires > now {
                    guard passing.count >= passing.capacity else { break }
                    evictions += 1
                }
                forgetPassing()
            }
            number = Number(isLasting: false, value: passing.append(entry))
        }
        numbers[key] = number
        return number
    }

    /// Remembers what was answered. An entry that has gone meanwhile stays gone. For answers that are too many the oldest
    /// go, of lasting entries last: without its answer such a message is still known as one that came.
    mutating func remember(_ answer: OutgoingDatagram, for number: Number) {
        guard ring(of: number)[number.value] != nil else { return }
        if number.isLasting {
            change(lasting.setAnswer(answer, at: number.value), isLasting: true)
            // Answers may come in another order than their requests.
            firstAnswered = min(firstAnswered, number.value)
        } else {
            change(passing.setAnswer(answer, at: number.value), isLasting: false)
        }
        while answerBytes > maximumAnswerBytes, forgetSomeAnswer() {}
    }

    /// Makes room for answers. With its answer a passing entry goes, and the request would be processed again; a lasting
    /// entry stays. So lasting answers go first while they have more than half: they must not drive out all else.
    private mutating func forgetSomeAnswer() -> Bool {
        firstAnswered = max(firstAnswered, lasting.oldest)
        if passing.count > 0, lastingAnswerBytes <= maximumAnswerBytes / 2 {
            evictions += 1
            forgetPassing()
        } else if firstAnswered < lasting.next {
            change(lasting.setAnswer(nil, at: firstAnswered), isLasting: true)
            firstAnswered += 1
        } else {
            return false
        }
        return true
    }

    private mutating func change(_ difference: Int, isLasting: Bool) {
        answerBytes += difference
        if isLasting { lastingAnswerBytes += difference }
    }

    private func ring(of number: Number) -> Ring { number.isLasting ? lasting : passing }

    private mutating func forgetPassing() {
        let number = Number(isLasting: false, value: passing.oldest)
        if let entry = passing.removeOldest() { forget(entry, number) }
    }

    private mutating func forgetLasting() {
        let number = Number(isLasting: true, value: lasting.oldest)
        guard let entry = lasting.removeOldest() else { return }
        forget(entry, number)
        let source = Source(entry.key.source.address)
        let share = shares[source] ?? 0
        shares[source] = share > 1 ? share - 1 : nil
    }

    private mutating func forget(_ entry: Entry, _ number: Number) {
        change(-(entry.answer?.bytes.count ?? 0), isLasting: number.isLasting)
        // The same message may have come again after its time.
        if let index = numbers.index(forKey: entry.key), numbers[index].value == number { numbers.remove(at: index) }
    }
}
