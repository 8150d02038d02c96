internal import CoAP

/// Hands out Message IDs, none twice while it may still be in use.
///
/// Answers draw from one half of the numbers and messages of our own from the other: whoever makes us answer without end
/// can use up the former but not silence us.
internal struct MessageIDAllocator: Sendable {
    enum Purpose: Sendable {
        case ownMessage
        case answer
    }

    private let lifetime: Duration
    /// The bits that each purpose adds to its count, drawn at the first use.
    private var offset: UInt16?
    // COAP-0054: all endpoints and groups share the counters.
    private var ownMessages = Half()
    private var answers = Half()

    private struct Half: Sendable {
        var next: UInt16 = 0
        /// When a block of 256 was used last.
        var lastUse: [MonotonicInstant?] = Array(repeating: nil, count: 128)
    }

    init(lifetime: Duration) {
        self.lifetime = lifetime
    }

    /// The next Message ID, or `nil` while all that are left may still be in use.
    ///
    /// So there are at most 32768 for each purpose within EXCHANGE_LIFETIME: 132 a second for hours, more for a while.
    mutating func next(
        for purpose: Purpose, at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> MessageID? {
        // COAP-0053
        let offset = self.offset ?? UInt16.random(in: .min ... .max, using: &random)
        self.offset = offset
        let count: UInt16?
        switch purpose {
        case .ownMessage: count = take(&ownMessages, at: now)
        case .answer: count = take(&answers, at: now).map { $0 | 0x8000 }
        }
        return count.map { MessageID(rawValue: $0 &+ offset) }
    }

    private func take(_ half: inout Half, at now: MonotonicInstant) -> UInt16? {
        let block = Int(half.next >> 8)
        // COAP-0052: whoever enters a block finds it rested.
        if half.next & 0xff == 0, let last = half.lastUse[block], last.duration(to: now) < lifetime { return nil }
        half.lastUse[block] = now
        defer { half.next = (half.next + 1) & 0x7fff }
        return half.next
    }
}

/// Hands out tokens, none twice while it may still be in use.
internal struct TokenAllocator: Sendable {
    private let quarantine: Duration
    private let quarantineCapacity: Int
    private var nextTokenNumber: UInt32?
    private var resting: Set<Token> = []
    private var restingOrder = FIFO<(token: Token, until: MonotonicInstant)>()

    var restingCount: Int { resting.count }

    init(quarantine: Duration, quarantineCapacity: Int) {
        self.quarantine = quarantine
        self.quarantineCapacity = max(quarantineCapacity, 0)
    }

    /// A token of 8 bytes: a counter, so that none comes twice in 2^32 requests, and 32 random bits against guessing.
    mutating func next(random: inout some RandomNumberGenerator) -> Token {
        // COAP-0067, COAP-0068, COAP-0096, COAP-0271
        while true {
            let number = nextTokenNumber ?? UInt32.random(in: .min ... .max, using: &random)
            nextTokenNumber = number &+ 1
            let token = Token(UInt64(number) << 32 | UInt64(UInt32.random(in: .min ... .max, using: &random)))
            if !resting.contains(token) { return token }
        }
    }

    /// Keeps the token of a finished group request out of use, and known as one (COAP-0095).
    ///
    /// When too many rest, the oldest is forgotten: the counter in the tokens keeps it from coming back.
    mutating func rest(_ token: Token, at now: MonotonicInstant) {
        while let first = restingOrder.first, first.until <= now || resting.count >= quarantineCapacity {
            resting.remove(first.token)
            restingOrder.removeFirst()
        }
        guard quarantineCapacity > 0 else { return }
        resting.insert(token)
        restingOrder.append((token, now.advanced(by: quarantine)))
    }

    func isResting(_ token: Token) -> Bool { resting.contains(token) }
}
