internal import Bytes
internal import CoAP

/// The request layer of a client: what becomes of one request of the application, in as many messages as it takes.
///
/// It sees inner messages only: what comes in has been verified, or is plain CoAP. Time, randomness and messages are
/// arguments; what to do comes out as effects, in order. For every ``ClientEffect/transmit(_:_:)`` it wants to hear
/// `opened` or `notOpened`, before anything else about that message.
public struct RequestClient: Sendable {
    /// What it permits itself and its peers.
    public let settings: RequestClientSettings
    /// What happened.
    public internal(set) var counters = RequestClientCounters()

    /// When ``handleTimers(at:random:effects:)`` is to be called next.
    public var nextDeadline: MonotonicInstant? { timers.next }

    internal var operations: [OperationID: Operation] = [:]
    internal var closings: [ExchangeID: Closing] = [:]
    internal var transmissions: [TransmissionID: Route] = [:]
    internal var exchanges: [ExchangeID: Route] = [:]
    internal var timers = KeyedTimers<Timer>()
    internal var tags: RequestTags
    internal var echoes: EchoValues
    internal var backOffs: BackOffTable
    internal var cache: ResponseCache?
    internal var assembledBytes = 0
    internal var lastNumber: UInt64 = 0

    /// Creates a client that has asked nothing yet.
    public init(settings: RequestClientSettings = RequestClientSettings()) {
        self.settings = settings
        self.tags = RequestTags(capacity: settings.untaggedUploads)
        self.echoes = EchoValues(capacity: settings.echoValues)
        self.backOffs = BackOffTable(capacity: settings.backOffs, maximum: settings.maximumBackOff)
        self.cache = settings.cache.map { ResponseCache(settings: $0) }
    }

    /// How much is being kept, for monitoring.
    public var load: RequestClientLoad {
        RequestClientLoad(
            operations: operations.count, closingObservations: closings.count, exchanges: exchanges.count,
            assembledBytes: assembledBytes, cachedResponses: cache?.count ?? 0, cachedBytes: cache?.bytes ?? 0,
            timers: timers.count)
    }

    /// Gives an operation up. Unknown ones are ignored.
    ///
    /// Of an observation the server is told, too; what it still sends is dropped meanwhile and rejected afterwards.
    public mutating func cancel(
        _ operation: OperationID, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [ClientEffect]
    ) {
        guard var ended = operations.removeValue(forKey: operation) else { return }
        if ended.request.isObserving { deregister(&ended, at: now, effects: &effects) }
        finish(&ended, .cancelled, effects: &effects)
    }

    /// Does what is due: deadlines, repetitions, registrations anew.
    ///
    /// To be called at ``nextDeadline`` or later; calling it early does nothing.
    public mutating func handleTimers(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [ClientEffect]
    ) {
        while let timer = timers.popDue(now) {
            switch timer {
            case .closing(let exchange): close(exchange, effects: &effects)
            case .deadline(let id):
                guard var operation = operations.removeValue(forKey: id) else { continue }
                finish(&operation, .deadline, effects: &effects)
            case .repetition(let id): sendAgain(id, at: now, effects: &effects)
            case .retry(let id):
                guard var operation = operations.removeValue(forKey: id) else { continue }
                restart(&operation, random: &random, effects: &effects)
                operations[id] = operation
            case .refresh(let id, let peer):
                guard var operation = operations.removeValue(forKey: id) else { continue }
                register(&operation, at: peer, echo: nil, now: now, random: &random, effects: &effects)
                operations[id] = operation
            }
        }
    }
}

extension RequestClient {
    internal enum Timer: Hashable, Sendable {
        case deadline(OperationID)
        case repetition(OperationID)
        case retry(OperationID)
        case refresh(OperationID, PeerIdentity)
        case closing(ExchangeID)
    }

    /// What a message or an exchange belongs to.
    internal enum Route: Hashable, Sendable {
        /// The request that several responses come to.
        case shared(OperationID)
        /// The messages with one peer, one at a time.
        case conversation(OperationID, PeerIdentity)
        /// A further message of an exchange that is known already.
        case continuation
        /// The cancellation of an observation.
        case closing(ExchangeID)
    }

    internal struct Operation: Sendable {
        let id: OperationID
        let request: ClientRequest
        /// When it ends at the latest; `nil` if only the application ends it.
        var end: MonotonicInstant?
        /// Of a group request or an observation.
        var shared: Shared?
        /// Those that have answered, or are asked by themselves.
        var members = PeerTable<Member>()
        var cacheKey: ResponseCache.Key?
        /// The ETags that were sent on behalf of the cache.
        var offeredETags: [[UInt8]] = []

        var isGroup: Bool { request.group != nil }
    }

    /// The exchange that several responses come by.
    internal struct Shared: Sendable {
        var exchange: ExchangeID?
        var leftAt: MonotonicInstant?
        var repeatsLeft: Int
    }

    /// What is known of one peer within an operation.
    internal struct Member: Sendable {
        var address: SocketAddress
        /// While it is notifying.
        var order: NotificationOrder?
        var maxAge = Duration.seconds(60)
        var responses = 0
        /// Whether a response of it has been handed over, or lost.
        var isDone = false
        var hasAnsweredChallenge = false
        var hasAskedWithoutETags = false
        var conversation: Conversation?
    }

    /// The messages with one peer about one body.
    internal struct Conversation: Sendable {
        var transfer: BodyTransfer
        var exchange: ExchangeID?
        /// When the first message left.
        var leftAt: MonotonicInstant?
        /// From then to the first message of the response.
        var latency: Duration = .zero
        var source: SocketAddress
        var hasWaited = false
    }

    internal mutating func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    /// Puts an operation back, or ends it.
    internal mutating func settle(_ operation: inout Operation, _ end: OperationEnd?, effects: inout [ClientEffect]) {
        guard let end else {
            operations[operation.id] = operation
            return
        }
        finish(&operation, end, effects: &effects)
    }

    /// Ends an operation that has been taken out of the table.
    internal mutating func finish(_ operation: inout Operation, _ end: OperationEnd, effects: inout [ClientEffect]) {
        let id = operation.id
        if operation.end != nil { timers.cancel(.deadline(id)) }
        if operation.shared != nil { timers.cancel(.repetition(id)) }
        if operation.request.retriesWhenUnavailable { timers.cancel(.retry(id)) }
        // In the order in which the exchanges were opened, so that the same inputs have the same effects.
        let order = operation.members.all.sorted { left, right in
            left.value.conversation?.exchange?.number ?? 0 < right.value.conversation?.exchange?.number ?? 0
        }
        for (peer, _) in order {
            if operation.request.isObserving { timers.cancel(.refresh(id, peer)) }
            drop(&operation, peer, effects: &effects)
        }
        if let exchange = operation.shared?.exchange {
            exchanges[exchange] = nil
            effects.append(.endExchange(exchange, rejectsNotifications: operation.request.isObserving))
        }
        effects.append(.ended(id, end))
    }

    /// Ends the conversation with one peer.
    internal mutating func drop(_ operation: inout Operation, _ peer: PeerIdentity, effects: inout [ClientEffect]) {
        guard var conversation = operation.members[peer]?.conversation else { return }
        operation.members[peer]?.conversation = nil
        assembledBytes -= conversation.transfer.heldBytes
        conversation.transfer.close(tags: &tags)
        guard let exchange = conversation.exchange else { return }
        exchanges[exchange] = nil
        effects.append(.endExchange(exchange, rejectsNotifications: false))
    }
}

extension OperationFailure {
    internal init(_ failure: ExchangeFailure) {
        self =
            switch failure {
            case .timeout: .timeout
            case .reset: .reset
            case .unusableResponse: .unusableResponse
            case .notSent: .notSent
            }
    }
}
