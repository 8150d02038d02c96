import GroupOSCORE
import OSCORE

/// What lines that remember leave behind: a replay window for each sender, the Response Numbers of each exchange, and of each
/// Sender Key the next sequence number and the requests whose nonces it used. Contexts themselves keep nothing between lines.
struct Memory {
    /// One endpoint in one context.
    struct Endpoint: Hashable {
        let context: ContextIdentity
        let id: SenderID
    }

    struct Exchange: Hashable {
        let context: ContextIdentity
        let request: RequestBinding
        let kidContext: [UInt8]?
    }

    /// The nonce of a request, under the Sender Key of whoever responds.
    struct RequestNonce: Hashable {
        let responder: Endpoint
        let kid: SenderID
        let partialIV: PartialIV
    }

    private var windows: [Endpoint: ReplayWindow] = [:]
    private var responses: [Exchange: ResponseNumbers] = [:]
    /// The context is a Sender Key here.
    private var numbers: [Endpoint: UInt64] = [:]
    private var givenNonces: Set<RequestNonce> = []
    /// What happened since it was taken last, to be stored.
    var events: [MemoryEvent] = []

    /// How many windows, exchanges, endpoints and nonces are kept of each: an endless input must not take all memory.
    static let limit = 65_536

    func window(of sender: Endpoint) -> ReplayWindow? { windows[sender] }

    /// The next sequence number that nobody has seen from an endpoint; `nil` once all are used.
    func nextNumber(of endpoint: Endpoint) -> PartialIV? { PartialIV(numbers[endpoint] ?? 0) }

    /// Whether a number is above every one that is known to be used.
    func isUnused(_ partialIV: PartialIV, of endpoint: Endpoint) -> Bool {
        partialIV.value >= numbers[endpoint] ?? 0
    }

    func isGiven(_ nonce: RequestNonce) -> Bool { givenNonces.contains(nonce) }

    /// Notes what happened, without storing it again.
    ///
    /// - Returns: False if it cannot be, because it was before: a response that is a duplicate.
    mutating func apply(_ event: MemoryEvent) throws(WorkbenchFailure) -> Bool {
        switch event {
        case .received(let sender, let window):
            try requireRoom(windows.count, isKnown: windows[sender] != nil)
            windows[sender] = window
        case .sent(let endpoint, let partialIV):
            try requireRoom(numbers.count, isKnown: numbers[endpoint] != nil)
            numbers[endpoint] = max(numbers[endpoint] ?? 0, partialIV.value + 1)
        case .gave(let nonce):
            try requireRoom(givenNonces.count, isKnown: givenNonces.contains(nonce))
            givenNonces.insert(nonce)
        case .answered(let exchange, let responder, let partialIV):
            try requireRoom(responses.count, isKnown: responses[exchange] != nil)
            return responses[exchange, default: ResponseNumbers()].accept(partialIV, from: responder)
        }
        return true
    }

    /// Notes what happened, to be stored too.
    mutating func remember(_ event: MemoryEvent) throws(WorkbenchFailure) -> Bool {
        guard try apply(event) else { return false }
        events.append(event)
        return true
    }

    private func requireRoom(_ count: Int, isKnown: Bool) throws(WorkbenchFailure) {
        guard count < Self.limit || isKnown else {
            throw WorkbenchFailure(
                .limit, "\(Self.limit) senders, exchanges or nonces are remembered already; go on with another state")
        }
    }
}

/// Something to be remembered.
enum MemoryEvent {
    /// A request was accepted; the window after that.
    case received(Memory.Endpoint, ReplayWindow)
    /// A Partial IV was used.
    case sent(Memory.Endpoint, PartialIV)
    /// A response went out under the nonce of its request.
    case gave(Memory.RequestNonce)
    /// A response was accepted.
    case answered(Memory.Exchange, SenderID, PartialIV?)
}
