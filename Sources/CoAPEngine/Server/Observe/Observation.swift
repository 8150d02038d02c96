internal import Bytes
internal import CoAP

/// One client's interest in one resource (RFC 7641 §4.1).
internal struct Observation<Verified: RequestProperties>: Sendable {
    /// What a client names its observation with. The peer is part of it, so that nobody else can end or change it by
    /// forging an address.
    struct Key: Hashable, Sendable {
        // COAP-0137
        let source: SocketAddress
        let token: Token
        let peer: PeerIdentity
        // OSC-0035, OSC-0036
        /// Under a security association: what was asked for. No protection covers the Token, so that somebody on the way
        /// could give another request that of an observation. `nil` for all others, who may change what a Token stands for
        /// (COAP-0137).
        let question: ObservedQuestion?
    }

    let id: ObservationID
    let key: Key
    /// What the notifications answer; for FETCH the body is part of it (COAP-0149).
    var request: ResourceRequest<Verified>
    /// The message that registered.
    var received: ReceivedRequest<Verified>
    /// Of the first answer; all notifications have it (COAP-0140).
    var contentFormat: ContentFormat?
    /// The group that the client has reached this server by: others observe with the same request, and change with it.
    let group: IPv6Address?
    /// Whether the resource wants every notification to be confirmable.
    let isAlwaysConfirmable: Bool
    /// How long a notification may be as long as the client has not shown that it is there; `nil` once it has.
    var budget: Int?
    /// Of the last notification. 24 bits of it go out.
    var sequence: UInt64
    /// How many notifications went out since the client was last heard of.
    var unconfirmed = 0
    /// Whether a confirmable notification waits for its acknowledgement.
    var isInTransit = false
    /// Whether the next notification must be confirmable.
    var mustConfirm = false
    /// Whether the state has changed since the last notification.
    var isDirty = false
    /// When the client may be told. What is set already keeps its place in the queue of its client.
    var waitsUntil: MonotonicInstant?
    /// The handler that computes the next notification.
    var call: CallID?

    var path: [String] { request.options.uriPath }
    var byteCount: Int { request.options.encoded.count + request.payload.count }
    var operation: OperationKey {
        OperationKey(peer: key.peer, method: request.code, options: received.request.options)
    }

    /// The next value of the Observe option.
    mutating func nextSequence(at now: MonotonicInstant) -> UInt32 {
        // COAP-0141: milliseconds stay below 2^23 in 256 s; more notifications than that push the number ahead.
        sequence = max(sequence + 1, Self.clock(now))
        return UInt32(truncatingIfNeeded: sequence & 0xff_ffff)
    }

    static func clock(_ now: MonotonicInstant) -> UInt64 { UInt64(max(now.nanoseconds, 0)) / 1_000_000 }
}

/// Request and body of a registration, as far as its renewal and its cancellation have to be the same (RFC 7641 §3.6).
internal struct ObservedQuestion: Hashable, Sendable {
    let operation: OperationKey
    let digest: UInt64
}

/// All observations, bounded overall and for each peer.
internal struct ObservationTable<Verified: RequestProperties>: Sendable {
    private var observations: [ObservationID: Observation<Verified>] = [:]
    private var ids: [Observation<Verified>.Key: ObservationID] = [:]
    private var byPath: [ExactPath: [ObservationID]] = [:]
    private var shares: Shares
    private var lastNumber: UInt64 = 0

    var count: Int { shares.entries }

    var isCrowded: Bool { shares.isCrowded }

    init(limits: ShareLimits) {
        shares = Shares(limits: limits)
    }

    /// Changes must leave path and length as they are; what changes these goes through ``insert(_:)``.
    subscript(id: ObservationID) -> Observation<Verified>? {
        get { observations[id] }
        set { if observations[id] != nil, let newValue { observations[id] = newValue } }
    }

    func id(of key: Observation<Verified>.Key) -> ObservationID? { ids[key] }

    /// Those of one path, the oldest first.
    func ids(of path: [String]) -> [ObservationID] { byPath[ExactPath(path)] ?? [] }

    /// Those of one peer, the oldest first.
    func ids(of peer: PeerIdentity) -> [ObservationID] {
        ids.filter { $0.key.peer == peer }.map(\.value).sorted { $0.number < $1.number }
    }

    /// Whether a client has any.
    func contains(source: SocketAddress) -> Bool { ids.keys.contains { $0.source == source } }

    mutating func makeID() -> ObservationID {
        lastNumber += 1
        return ObservationID(number: lastNumber)
    }

    /// Whether an observation can be taken, in the place of what its client had under the same key.
    func room(for observation: Observation<Verified>) -> Shares.Room {
        let former = observations[observation.id]
        return shares.room(
            for: observation.key.peer, entries: former == nil ? 1 : 0,
            bytes: observation.byteCount - (former?.byteCount ?? 0))
    }

    /// The oldest whose client nobody has verified: it gives way to one whose client is known.
    var oldestUnauthenticated: ObservationID? {
        observations.values.filter { !$0.received.isAuthenticated }.min { $0.id.number < $1.id.number }?.id
    }

    mutating func insert(_ observation: Observation<Verified>) {
        remove(observation.id)
        observations[observation.id] = observation
        ids[observation.key] = observation.id
        byPath[ExactPath(observation.path), default: []].append(observation.id)
        shares.add(observation.key.peer, entries: 1, bytes: observation.byteCount)
    }

    @discardableResult
    mutating func remove(_ id: ObservationID) -> Observation<Verified>? {
        guard let observation = observations.removeValue(forKey: id) else { return nil }
        ids[observation.key] = nil
        let path = ExactPath(observation.path)
        byPath[path]?.removeAll { $0 == id }
        if byPath[path]?.isEmpty == true { byPath[path] = nil }
        shares.add(observation.key.peer, entries: -1, bytes: -observation.byteCount)
        return observation
    }
}
