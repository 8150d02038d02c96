internal import Bytes
public import CoAP

/// The message layer of one endpoint (RFC 7252 §4, §5.3, §8): matching, duplicates, retransmission, group rules.
///
/// Time, randomness and bytes are arguments; what to do comes out as effects, in order. Knows nothing of security: what
/// it passes up may be forged.
///
/// Every ``IncomingRequest`` wants exactly one of ``respond(to:with:after:at:random:effects:)``,
/// ``stayingSilent(to:effects:)`` and ``reject(_:effects:)``; without one it is forgotten after EXCHANGE_LIFETIME.
public struct MessageLayer: Sendable {
    /// The timing.
    public let parameters: TransmissionParameters
    /// How much is kept.
    public let limits: MessageLayerLimits
    /// What happened.
    public internal(set) var counters = MessageLayerCounters()

    /// When ``handleTimers(at:random:effects:)`` is to be called next.
    public var nextDeadline: MonotonicInstant? { timers.next }

    internal var exchanges: [ExchangeID: Exchange] = [:]
    internal var exchangesByToken: [Token: ExchangeID] = [:]
    internal var exchangesByMessageID: [MessageID: ExchangeID] = [:]
    internal var transmissions: [MessageID: Transmission] = [:]
    internal var pending: [RequestHandle: PendingRequest] = [:]
    internal var seen: DeduplicationCache
    internal var messageIDs: MessageIDAllocator
    internal var tokens: TokenAllocator
    internal var timers = TimerQueue<Timer>()
    internal var lastNumber: UInt64 = 0

    /// Creates a message layer that has sent and seen nothing.
    public init(parameters: TransmissionParameters = .standard, limits: MessageLayerLimits = MessageLayerLimits()) {
        self.parameters = parameters
        self.limits = limits
        self.seen = DeduplicationCache(
            capacity: limits.rememberedMessages, maximumAnswerBytes: limits.rememberedAnswerBytes)
        self.messageIDs = MessageIDAllocator(lifetime: parameters.exchangeLifetime)
        self.tokens = TokenAllocator(
            quarantine: parameters.minimumTokenReuseTime(
                maximumServerResponseDelay: limits.maximumServerResponseDelay),
            quarantineCapacity: limits.restingTokens)
    }

    /// The token of an open exchange.
    public func token(of exchange: ExchangeID) -> Token? { exchanges[exchange]?.token }

    /// How much is being kept, for monitoring.
    public var load: MessageLayerLoad {
        MessageLayerLoad(
            exchanges: exchanges.count, pendingRequests: pending.count, rememberedMessages: seen.count,
            rememberedAnswerBytes: seen.answerBytes, restingTokens: tokens.restingCount,
            transmissions: transmissions.count, timers: timers.count)
    }
}

/// How much a message layer keeps at the moment.
public struct MessageLayerLoad: Hashable, Sendable {
    /// Open exchanges of ours.
    public let exchanges: Int
    /// Requests of peers waiting for their answer.
    public let pendingRequests: Int
    /// Messages remembered against duplicates.
    public let rememberedMessages: Int
    /// Bytes of answers remembered for duplicates.
    public let rememberedAnswerBytes: Int
    /// Tokens of finished group requests kept apart.
    public let restingTokens: Int
    /// Messages waiting for an acknowledgement.
    public let transmissions: Int
    /// Timers set.
    public let timers: Int
}

extension MessageLayer {
    internal enum Timer: Hashable, Sendable {
        case transmission(MessageID)
        case exchange(ExchangeID)
        case acknowledgement(RequestHandle)
        case expiry(RequestHandle)
        case response(RequestHandle)
    }

    internal struct Exchange: Sendable {
        let token: Token
        let messageID: MessageID
        let destination: SocketAddress
        let expects: OutgoingRequest.Expectation

        var isGroup: Bool { destination.address.isMulticast }
    }

    /// A confirmable message that waits for its acknowledgement.
    internal struct Transmission: Sendable {
        let datagram: OutgoingDatagram
        /// `nil` for a separate response.
        let exchange: ExchangeID?
        var timeout: Duration
        var retransmissions = 0
    }

    internal struct PendingRequest: Sendable {
        enum Phase: Sendable {
            case waiting
            case acknowledged
        }

        let key: DeduplicationCache.Key
        let path: DatagramPath
        let type: MessageType
        let messageID: MessageID
        let token: Token
        var phase: Phase = .waiting
        /// The answer, while Leisure holds it back.
        var answer: (code: Code, body: [UInt8])?
    }

    internal mutating func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }
}
