internal import Bytes
public import CoAP

/// The message layer of one endpoint (RFC 7252 §4, §5.3, §8): matching, duplicates, retransmission, congestion, group
/// rules.
///
/// Time, randomness and bytes are arguments; what to do comes out as effects, in order. Knows nothing of security: what
/// it passes up may be forged.
///
/// Every ``IncomingRequest`` wants exactly one of ``respond(to:with:after:at:random:effects:)``,
/// ``stayingSilent(to:effects:)`` and ``reject(_:effects:)``; without one it is forgotten after EXCHANGE_LIFETIME.
public struct MessageLayer: Sendable {
    /// The timing.
    public internal(set) var parameters: TransmissionParameters
    /// How much is kept.
    public let limits: MessageLayerLimits
    /// The critical options that responses may have.
    public let understoodInResponses: Set<OptionNumber>
    /// What happened.
    public internal(set) var counters = MessageLayerCounters()

    /// When ``handleTimers(at:random:effects:)`` is to be called next; perhaps at once, if something became possible.
    public var nextDeadline: MonotonicInstant? { timers.next }

    internal var timing: Timing
    internal var exchanges = Slab<Exchange>()
    internal var exchangesByToken: [Token: ExchangeID] = [:]
    internal var sent = Slab<SentMessage>()
    internal var sentNumbers: [SentID: UInt64] = [:]
    /// How many of them wait for an acknowledgement.
    internal var retransmitting = 0
    internal var destinations = Slab<Destination>()
    internal var destinationsByAddress: [SocketAddress: UInt64] = [:]
    /// When so many are kept, those that are not needed any more are looked for.
    internal var destinationsWorthASweep = 64
    /// Requests that wait for their turn.
    internal var queuedRequests = 0
    internal var pending = Slab<PendingRequest>()
    internal var notifications = Slab<Notification>()
    internal var sentNotifications: SentNotifications
    /// How many answers that begin an observation have been named.
    internal var observedAnswers: UInt32 = 0
    internal var rejectedTokens: RejectedTokens
    internal var budget: AnswerBudget
    /// The time of the last input, for calls that need none otherwise.
    internal var latestInput = MonotonicInstant.earliest
    internal var seen: DeduplicationCache
    internal var messageIDs: MessageIDAllocator
    internal var tokens: TokenAllocator
    internal var timers = TimerQueue<Timer>()

    /// Creates a message layer that has sent and seen nothing.
    ///
    /// - Parameter understoodInResponses: A response with another critical option is rejected (COAP-0025).
    public init(
        parameters: TransmissionParameters = .standard, limits: MessageLayerLimits = MessageLayerLimits(),
        understoodInResponses: Set<OptionNumber> = [.oscore, .block1, .block2]
    ) {
        self.parameters = parameters
        self.limits = limits
        self.timing = Timing(parameters)
        self.understoodInResponses = understoodInResponses
        self.seen = DeduplicationCache(
            capacity: limits.rememberedMessages, maximumAnswerBytes: limits.rememberedAnswerBytes)
        self.messageIDs = MessageIDAllocator(
            lifetime: timing.exchangeLifetime, maximumPeers: limits.numberedPeers)
        let tokenReuseTime = parameters.minimumTokenReuseTime(
            maximumServerResponseDelay: limits.maximumServerResponseDelay)
        self.tokens = TokenAllocator(quarantine: tokenReuseTime, quarantineCapacity: limits.restingTokens)
        self.rejectedTokens = RejectedTokens(lifetime: tokenReuseTime, capacity: limits.rejectedTokens)
        self.sentNotifications = SentNotifications(
            lifetime: parameters.nonLifetime, capacity: limits.rememberedNotifications)
        self.budget = AnswerBudget(limits.answerRate)
    }

    /// The token of an open exchange.
    public func token(of exchange: ExchangeID) -> Token? { exchanges[exchange.number]?.token }

    /// Whether an exchange has something that still waits for its turn; ``MessageLayerEffect/begun(_:)`` will say when it
    /// leaves.
    public func isQueued(_ exchange: ExchangeID) -> Bool { exchanges[exchange.number].map { $0.queued > 0 } ?? false }

    /// How much is being kept, for monitoring.
    public var load: MessageLayerLoad {
        MessageLayerLoad(
            exchanges: exchanges.count, queuedRequests: queuedRequests, destinations: destinations.count,
            pendingRequests: pending.count, notifications: notifications.count,
            rememberedNotifications: sentNotifications.count, rememberedMessages: seen.count,
            rememberedAnswerBytes: seen.answerBytes, restingTokens: tokens.restingCount,
            rejectedTokens: rejectedTokens.count, numberedPeers: messageIDs.peerCount, transmissions: retransmitting,
            timers: timers.count)
    }
}

/// How much a message layer keeps at the moment.
public struct MessageLayerLoad: Hashable, Sendable {
    /// Open exchanges of ours.
    public let exchanges: Int
    /// Requests of ours that wait for their turn.
    public let queuedRequests: Int
    /// Endpoints and groups that something was sent to lately.
    public let destinations: Int
    /// Requests of peers waiting for their answer.
    public let pendingRequests: Int
    /// Notifications held back or not acknowledged yet.
    public let notifications: Int
    /// Notifications whose client can still say that it wants no more.
    public let rememberedNotifications: Int
    /// Messages remembered against duplicates.
    public let rememberedMessages: Int
    /// Bytes of answers remembered for duplicates.
    public let rememberedAnswerBytes: Int
    /// Tokens of finished group requests kept apart.
    public let restingTokens: Int
    /// Tokens whose notifications are rejected.
    public let rejectedTokens: Int
    /// Peers whose Message IDs are counted apart.
    public let numberedPeers: Int
    /// Messages waiting for an acknowledgement.
    public let transmissions: Int
    /// Timers set.
    public let timers: Int
}

extension MessageLayer {
    internal enum Timer: Sendable {
        case transmission(UInt64)
        case exchange(ExchangeID)
        case pending(RequestHandle)
        case destination(UInt64)
        case notification(NotificationID)
    }

    internal struct Exchange: Sendable {
        let token: Token
        let destination: SocketAddress
        let expects: OutgoingRequest.Expectation
        /// The request that left last, and those before it and to single members as long as they mean something.
        var main: UInt64?
        var further: [UInt64] = []
        /// What left last, for a repeat, and when it left first under its Message ID.
        var last: OutgoingMessage?
        var firstLeftAt = MonotonicInstant.earliest
        var lastLeftAt = MonotonicInstant.earliest
        /// How many of its messages wait for their turn.
        var queued = 0
        var isAnswered = false
        var timer: TimerID?

        var isGroup: Bool { destination.address.isMulticast }
    }

    /// Names a message of ours by what an acknowledgement or a reset says of it: its Message ID and where it went. The
    /// interface is not part of it, because not every address has one; ``SentMessage/destination`` decides.
    internal struct SentID: Hashable, Sendable {
        let messageID: MessageID
        private let address: IPv6Address
        private let port: UInt16

        init(_ messageID: MessageID, _ endpoint: SocketAddress) {
            self.messageID = messageID
            address = endpoint.address
            port = endpoint.port
        }
    }

    /// A message of ours that acknowledgements and resets may belong to.
    internal struct SentMessage: Sendable {
        enum Owner: Hashable, Sendable {
            case exchange(ExchangeID)
            case response
            case notification(NotificationID)
        }

        let owner: Owner
        /// Changes when a newer notification takes the place of an older one.
        var messageID: MessageID
        let destination: SocketAddress
        /// Where a request counts as outstanding.
        let destinationNumber: UInt64?
        /// While it is confirmable and waits for its acknowledgement.
        var retransmission: Retransmission?

        var id: SentID { SentID(messageID, destination) }
    }

    internal struct Retransmission: Sendable {
        var datagram: OutgoingDatagram
        /// In nanoseconds.
        var timeout: Int64
        var count = 0
        var timer: TimerID
    }

    internal struct PendingRequest: Sendable {
        /// Where the answer is remembered for duplicates.
        let seenAs: DeduplicationCache.Number
        let path: DatagramPath
        let type: MessageType
        let messageID: MessageID
        let token: Token
        /// When to acknowledge a confirmable request; `nil` if that is not wanted or done.
        var acknowledgesAt: MonotonicInstant?
        /// When to send the answer that is held back, or to forget the request.
        var concludesAt: MonotonicInstant
        /// The name under which a reset of the answer is told of, if that means something.
        var observedAs: NotificationID?
        /// The answer, while Leisure holds it back.
        var answer: (code: Code, body: [UInt8])?
        var timer: TimerID?

        /// Whether an answer can still be piggybacked.
        var isUnacknowledged: Bool { type == .confirmable && acknowledgesAt != nil }
    }
}
