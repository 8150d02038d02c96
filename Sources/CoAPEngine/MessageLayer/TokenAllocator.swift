internal import CoAP

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
