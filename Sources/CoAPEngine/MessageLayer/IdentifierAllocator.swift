internal import CoAP

/// Hands out Message IDs and tokens, none of them twice while it may still be in use.
internal struct IdentifierAllocator: Sendable {
    private let messageIDLifetime: Duration
    private let quarantine: Duration
    private let quarantineCapacity: Int

    // COAP-0054: one counter serves all endpoints and groups.
    private var nextMessageID: UInt16?
    /// When a block of 256 Message IDs was used last.
    private var lastUse: [MonotonicInstant?] = Array(repeating: nil, count: 256)

    private var nextTokenNumber: UInt32?
    private var resting: Set<Token> = []
    private var restingOrder = FIFO<(token: Token, until: MonotonicInstant)>()

    var restingCount: Int { resting.count }

    init(messageIDLifetime: Duration, quarantine: Duration, quarantineCapacity: Int) {
        self.messageIDLifetime = messageIDLifetime
        self.quarantine = quarantine
        self.quarantineCapacity = max(quarantineCapacity, 0)
    }

    /// The next Message ID, or `nil` while all that are left may still be in use.
    ///
    /// One counter for everything means at most 65536 messages within EXCHANGE_LIFETIME: 265 a second, for hours.
    mutating func messageID(at now: MonotonicInstant, random: inout some RandomNumberGenerator) -> MessageID? {
        // COAP-0053
        let number = nextMessageID ?? UInt16.random(in: .min ... .max, using: &random)
        let block = Int(number >> 8)
        // COAP-0052: whoever enters a block finds it rested. A first block entered in its middle is left untouched
        // by this until the counter comes round.
        if number & 0xff == 0 || nextMessageID == nil, let last = lastUse[block],
            last.duration(to: now) < messageIDLifetime
        {
            return nil
        }
        lastUse[block] = now
        nextMessageID = number &+ 1
        return MessageID(rawValue: number)
    }

    /// A token of 8 bytes: a counter, so that none comes twice in 2^32 requests, and 32 random bits against guessing.
    mutating func token(random: inout some RandomNumberGenerator) -> Token {
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
