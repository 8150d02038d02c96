public import ACEGroupcomm
import Bytes
import CoAP
public import CoAPEngine
import OSCORE

/// A Group Manager without sockets, clock, randomness and store: each input is a call, each output an effect.
///
/// An input that changes something yields one ``ManagerEffect/commit(_:)``. The state changes, and the answer leaves, only
/// with ``committed(_:at:wallClock:random:effects:)``; inputs that arrive between wait in a bounded queue. One change set
/// is open at a time: the store applies them one by one anyway, and so each decision is made on durable state.
public struct ManagerEngine: Sendable {
    /// What is durable.
    public private(set) var state: ManagerState
    /// What an operator decided.
    public let settings: ManagerSettings
    var layer: MessageLayer
    var open: OpenCommit?
    var queue: [Input] = []
    private var nextCommit: UInt64 = 1

    /// Starts a manager from what its store holds.
    ///
    /// - Throws: The guard that the snapshot breaks: the store is damaged.
    public init(
        loading snapshot: ManagerSnapshot, settings: ManagerSettings, layer: MessageLayer
    ) throws(ManagerWriteError) {
        self.state = try ManagerState(loading: snapshot)
        self.settings = settings
        self.layer = layer
    }

    /// Takes one datagram.
    ///
    /// - Parameters:
    ///   - datagram: The UDP payload, borrowed for this call.
    ///   - path: Where it came from and which address it was sent to.
    ///   - now: The moment of arrival.
    ///   - wallClock: The same moment, for expiry.
    ///   - random: A cryptographically secure generator.
    ///   - effects: Receives what to do, in order.
    public mutating func receive(
        _ datagram: Span<UInt8>, from path: DatagramPath, at now: MonotonicInstant, wallClock: UnixTime,
        random: inout some RandomNumberGenerator, effects: inout [ManagerEffect]
    ) {
        var layerEffects: [MessageLayerEffect] = []
        layer.receive(datagram, from: path, at: now, random: &random, effects: &layerEffects)
        for effect in layerEffects {
            switch effect {
            case .transmit(let datagram):
                effects.append(.send(datagram))
            case .request(let request):
                take(.network(request), at: now, wallClock: wallClock, random: &random, effects: &effects)
            default:
                // The manager sends no requests yet: nothing can be answered or fail.
                continue
            }
        }
    }

    /// Takes one request of the administrator.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - id: The shell's name for it; comes back in ``ManagerEffect/answer(_:_:)``.
    ///   - now: The moment of arrival.
    ///   - wallClock: The same moment, for expiry.
    ///   - random: A cryptographically secure generator.
    ///   - effects: Receives what to do, in order.
    public mutating func administer(
        _ request: AdminRequest, id: AdminRequestID, at now: MonotonicInstant, wallClock: UnixTime,
        random: inout some RandomNumberGenerator, effects: inout [ManagerEffect]
    ) {
        take(.admin(request, id), at: now, wallClock: wallClock, random: &random, effects: &effects)
    }

    /// The change set is durable: the state changes, the answer leaves, and what waited is looked at.
    ///
    /// Does nothing for any other change set than the open one.
    public mutating func committed(
        _ id: CommitID, at now: MonotonicInstant, wallClock: UnixTime, random: inout some RandomNumberGenerator,
        effects: inout [ManagerEffect]
    ) {
        guard let commit = open, commit.id == id else { return }
        open = nil
        state = commit.next
        effects += commit.events.map(ManagerEffect.event)
        switch commit.reply {
        case .network(let reply): answer(reply, at: now, random: &random, effects: &effects)
        case .admin(let id, let response): effects.append(.answer(id, response))
        }
        drainQueue(at: now, wallClock: wallClock, random: &random, effects: &effects)
    }

    /// The change set is not durable and never will be: nothing has changed, and the asker is told to try again.
    ///
    /// Does nothing for any other change set than the open one.
    public mutating func commitFailed(
        _ id: CommitID, at now: MonotonicInstant, wallClock: UnixTime, random: inout some RandomNumberGenerator,
        effects: inout [ManagerEffect]
    ) {
        guard let commit = open, commit.id == id else { return }
        open = nil
        effects.append(.event(.commitFailed(id)))
        switch commit.reply {
        case .network(let reply):
            // GM-0369. Unprotected on purpose: the mark of the request is not durable, so the same request may come
            // again and be answered under its nonce; no answer to it may have used that nonce before.
            respond(
                to: reply.handle, .unprotectedError(.internalServerError), at: now, random: &random,
                effects: &effects)
        case .admin(let id, _):
            effects.append(.answer(id, .problem(.internalServerError, detail: "the change could not be stored")))
        }
        drainQueue(at: now, wallClock: wallClock, random: &random, effects: &effects)
    }

    /// Does what is due: call it when ``nextDeadline`` is reached.
    public mutating func handleTimers(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [ManagerEffect]
    ) {
        var layerEffects: [MessageLayerEffect] = []
        layer.handleTimers(at: now, random: &random, effects: &layerEffects)
        forward(layerEffects, to: &effects)
    }

    /// When ``handleTimers(at:random:effects:)`` wants to be called next; `nil` if nothing is due.
    public var nextDeadline: MonotonicInstant? { layer.nextDeadline }

    /// Opens a commit; false, and nothing done, if a write breaks its guard.
    mutating func commit(
        _ writes: [ManagerWrite], events: [ManagerEvent], reply: Reply, effects: inout [ManagerEffect]
    ) -> Bool {
        let changes = ManagerChangeSet(id: CommitID(nextCommit), writes: writes)
        var next = state
        do {
            try next.apply(changes)
        } catch {
            return false
        }
        nextCommit += 1
        open = OpenCommit(id: changes.id, next: next, events: events, reply: reply)
        effects.append(.commit(changes))
        return true
    }
}

/// An input that has to wait while a commit is open.
enum Input: Sendable {
    case network(IncomingRequest)
    case admin(AdminRequest, AdminRequestID)
}

/// The change set that the store is working on, and what follows when it is durable.
struct OpenCommit: Sendable {
    let id: CommitID
    let next: ManagerState
    let events: [ManagerEvent]
    let reply: Reply
}

/// An answer that is held until the commit is durable.
enum Reply: Sendable {
    case network(NetworkReply)
    case admin(AdminRequestID, AdminResponse)
}

/// An answer to a verified request, not yet protected: a nonce is used only for what really leaves.
struct NetworkReply: Sendable {
    let handle: RequestHandle
    let association: AssociationKey
    let binding: RequestBinding
    let answer: Message
}
