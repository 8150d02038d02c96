internal import Bytes
internal import CoAP

/// The request layer of a client: what becomes of one request of the application, in as many messages as it takes.
///
/// It sees inner messages only: what comes in has been verified, or is plain CoAP. Time, randomness and messages are
/// arguments; what to do comes out as effects, in order. For every ``ClientEffect/transmit(_:_:)`` it wants to hear
/// `opened` or `notOpened`, before anything else about that message. Belongs to one thread at a time.
public struct RequestClient: ~Copyable {
    /// What it permits itself and its peers.
    public internal(set) var settings: RequestClientSettings
    /// What happened.
    public internal(set) var counters = RequestClientCounters()

    /// When ``handleTimers(at:random:effects:)`` is to be called next.
    public var nextDeadline: MonotonicInstant? { timers.next }

    internal var operations = Slab<Operation>()
    internal var closings: [ExchangeID: Closing] = [:]
    internal var transmissions = Slab<Route>()
    internal var exchanges = SlabValues<Route>()
    internal var timers = TimerQueue<Timer>()
    internal var tags: RequestTags
    internal var echoes: EchoValues
    internal var backOffs: BackOffTable
    internal var cache: ResponseCache?
    internal var assembledBytes = 0

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
        guard let ended = operations[operation.number] else { return }
        if ended.isObserving { deregister(ended, at: now, effects: &effects) }
        finish(ended, .cancelled, effects: &effects)
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
                guard let operation = operations[id.number] else { continue }
                finish(operation, .deadline, effects: &effects)
            case .repetition(let id):
                guard let operation = operations[id.number] else { continue }
                sendAgain(operation, at: now, effects: &effects)
            case .retry(let id):
                guard let operation = operations[id.number] else { continue }
                restart(operation, random: &random, effects: &effects)
            case .refresh(let id, member: let number):
                guard let operation = operations[id.number], let member = operation.members[number: number] else {
                    continue
                }
                register(operation, at: member, echo: nil, now: now, random: &random, effects: &effects)
            }
        }
    }
}

@available(*, unavailable)
extension RequestClient: Sendable {}

extension RequestClient {
    internal enum Timer: Sendable {
        case deadline(OperationID)
        case repetition(OperationID)
        case retry(OperationID)
        case refresh(OperationID, member: Int)
        case closing(ExchangeID)
    }

    /// What a message or an exchange belongs to.
    internal enum Route {
        /// The request that several responses come to.
        case shared(Operation)
        /// The messages with one peer, one at a time.
        case conversation(Operation, Member)
        /// A further message of an exchange that is known already.
        case continuation
        /// The cancellation of an observation.
        case closing(ExchangeID)
    }

    /// Ends an operation if there is an end.
    internal mutating func settle(_ operation: Operation, _ end: OperationEnd?, effects: inout [ClientEffect]) {
        if let end { finish(operation, end, effects: &effects) }
    }

    internal mutating func finish(_ operation: Operation, _ end: OperationEnd, effects: inout [ClientEffect]) {
        operation.isOver = true
        operations.remove(operation.id.number)
        timers.cancel(operation.deadlineTimer)
        timers.cancel(operation.repetitionTimer)
        timers.cancel(operation.retryTimer)
        if operation.members.count == 1, let member = operation.members[number: 0] {
            leave(member, effects: &effects)
        } else {
            // In the order in which the exchanges were opened, so that the same inputs have the same effects.
            let order = operation.members.all.sorted { left, right in
                left.conversation?.exchange?.number ?? 0 < right.conversation?.exchange?.number ?? 0
            }
            for member in order { leave(member, effects: &effects) }
        }
        if let exchange = operation.shared?.exchange {
            exchanges.remove(exchange.number)
            effects.append(.endExchange(exchange, rejectsNotifications: operation.isObserving))
        }
        effects.append(.ended(operation.id, end))
    }

    private mutating func leave(_ member: Member, effects: inout [ClientEffect]) {
        timers.cancel(member.refreshTimer)
        drop(member, effects: &effects)
    }

    /// Ends the conversation with one peer.
    internal mutating func drop(_ member: Member, effects: inout [ClientEffect]) {
        guard member.conversation != nil else { return }
        let exchange = member.conversation?.exchange
        assembledBytes -= member.conversation?.transfer.heldBytes ?? 0
        member.conversation?.transfer.close(tags: &tags)
        member.conversation = nil
        guard let exchange else { return }
        exchanges.remove(exchange.number)
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
