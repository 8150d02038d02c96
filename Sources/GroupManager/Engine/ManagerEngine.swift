public import ACEGroupcomm
import Bytes
import CoAP
public import CoAPEngine

/// A Group Manager without sockets, clock, randomness and store: each input is a call, each output an effect.
///
/// Requests are decided on in turns: as many as wait, one after the other, each on the state that those before it leave
/// behind; what they change becomes durable in one ``ManagerEffect/commit(_:)``, and only then do their answers leave. If
/// it does not become durable, all of it is taken back. So a disk that needs milliseconds for a commit does not bound how
/// many nodes join in a second.
///
/// Belongs to one thread at a time.
public final class ManagerEngine {
    /// What an operator decided.
    public let settings: ManagerSettings
    var endpoint: Endpoint<ManagerSecurity>
    var open: OpenTurn?
    var waiting: [WaitingRequest] = []
    /// Of addresses that may be forged.
    var uploadBudget: RateBudget<IPv6Address>
    /// Of addresses that are not.
    var provenUploadBudget: RateBudget<IPv6Address>
    var clientBudget: RateBudget<ClientIdentity>
    var repeatedUploadBudget: RateBudget<Everybody>
    var rosterBudget: RateBudget<ClientIdentity>
    // GM-0351
    /// Of clients that have left, or whose authorization has ended: each departure costs everybody else new keys.
    var departureBudget: RateBudget<ClientIdentity>
    var nonces = ClientNonces()
    /// What was counted since the start.
    public internal(set) var counters = ManagerCounters()
    private var nextCommit: UInt64 = 1
    /// The clients that observe something, or did.
    var observers: Set<[UInt8]> = []
    /// When the first token of them ends, in seconds since 1970.
    var nextExpiry: UInt64?
    /// When each group got new keys that were due, since the start.
    var rekeyedAt: [String: MonotonicInstant] = [:]
    /// How often in a row that could not be stored.
    var rekeyingFailures: [String: Int] = [:]
    /// Groups that get new keys because the manager has started.
    var dueSinceStart: Set<String> = []
    /// When it was looked last whether the authorization of a member has ended.
    var lapsesCheckedAt: MonotonicInstant?
    /// Whether there is any member for which that can be.
    var hasForeignMembers = true
    /// What the manager says to members by itself.
    var distributions = Distributions()
    private(set) var lastInput = MonotonicInstant(nanoseconds: 0)

    /// Starts a manager from what its store holds.
    ///
    /// - Throws: The guard that the snapshot breaks: the store is damaged, or was restored and nobody has decided who stays.
    public init(
        loading snapshot: ManagerSnapshot, settings: ManagerSettings, layer: MessageLayer
    ) throws(ManagerWriteError) {
        guard snapshot.pendingRestore == nil else { throw .restorePending }
        self.settings = settings
        uploadBudget = RateBudget(settings.uploadRate)
        provenUploadBudget = RateBudget(settings.uploadRate)
        clientBudget = RateBudget(settings.clientRate)
        repeatedUploadBudget = RateBudget(settings.repeatedUploadRate)
        rosterBudget = RateBudget(settings.rosterRate)
        let shares = UInt64(max(settings.senderIDsPerClient, 1))
        departureBudget = RateBudget(
            every: max(settings.senderIDPeriod / shares, 1), burst: Int(clamping: min(shares, 1 << 20)))
        endpoint = Endpoint(
            protection: ManagerSecurity(state: try ManagerState(loading: snapshot), settings: settings), layer: layer,
            openServer: Self.openServer(settings), protectedServer: Self.protectedServer(settings),
            client: Self.requestClient(settings))
        // Who was told before a crash is not known, but for those whose confirmation is durable.
        distributions.unbegun = state.groups.values.filter { !$0.membersBehind.isEmpty }.map(\.record.name)
        if settings.rekeysAtStart { dueSinceStart = Set(state.groups.keys) }
        setProbingRate()
    }

    /// What is durable, or will be with the open commit.
    public var state: ManagerState { endpoint.protection.state }

    /// Takes one datagram. Call ``endBatch(at:wallClock:random:effects:)`` behind the last one that was there.
    ///
    /// - Parameters:
    ///   - datagram: The UDP payload, borrowed for this call.
    ///   - path: Where it came from and which address it was sent to.
    ///   - now: The moment of arrival.
    ///   - wallClock: The same moment, for expiry.
    ///   - random: A cryptographically secure generator.
    ///   - effects: Receives what to do, in order.
    public func receive(
        _ datagram: Span<UInt8>, from path: DatagramPath, at now: MonotonicInstant, wallClock: UnixTime,
        random: inout some RandomNumberGenerator, effects: inout [ManagerEffect]
    ) {
        setTime(now, wallClock: wallClock, random: &random)
        var wanted: [EndpointEffect] = []
        endpoint.receive(datagram, from: path, at: now, random: &random, effects: &wanted)
        take(wanted, at: now, effects: &effects)
    }

    /// Decides on what has come.
    public func endBatch(
        at now: MonotonicInstant, wallClock: UnixTime, random: inout some RandomNumberGenerator,
        effects: inout [ManagerEffect]
    ) {
        setTime(now, wallClock: wallClock, random: &random)
        takeTurn(at: now, random: &random, effects: &effects)
    }

    /// Takes one request of the administrator, and decides on it as soon as no commit is open.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - id: The shell's name for it; comes back in ``ManagerEffect/answer(_:_:)``.
    ///   - now: The moment of arrival.
    ///   - wallClock: The same moment, for expiry.
    ///   - random: A cryptographically secure generator.
    ///   - effects: Receives what to do, in order.
    public func administer(
        _ request: AdminRequest, id: AdminRequestID, at now: MonotonicInstant, wallClock: UnixTime,
        random: inout some RandomNumberGenerator, effects: inout [ManagerEffect]
    ) {
        setTime(now, wallClock: wallClock, random: &random)
        let isBusy = waiting.count { if case .admin = $0 { true } else { false } } >= settings.queueLimit
        guard !isBusy else {
            effects.append(.answer(id, .problem(.serviceUnavailable, detail: "the manager is busy")))
            return
        }
        waiting.append(.admin(request, id))
        takeTurn(at: now, random: &random, effects: &effects)
    }

    /// The change set is durable: answers leave, and what waited is looked at.
    ///
    /// Does nothing for any other change set than the open one.
    public func committed(
        _ id: CommitID, at now: MonotonicInstant, wallClock: UnixTime, random: inout some RandomNumberGenerator,
        effects: inout [ManagerEffect]
    ) {
        guard let turn = open, turn.id == id else { return }
        open = nil
        counters.commits += 1
        counters.lastCommitFailed = false
        setTime(now, wallClock: wallClock, random: &random)
        finish(turn, at: now, random: &random, effects: &effects)
        distributions.resume()
        // Before the next commit is open: under load there is hardly a moment without.
        distribute(at: now, random: &random, effects: &effects)
        takeTurn(at: now, random: &random, effects: &effects)
    }

    /// The change set is not durable and never will be: nothing has changed, and whoever asked is told to try again.
    ///
    /// Does nothing for any other change set than the open one.
    ///
    /// - Parameter cause: Why, in words for the administrator; nobody else is told.
    public func commitFailed(
        _ id: CommitID, because cause: String? = nil, at now: MonotonicInstant, wallClock: UnixTime,
        random: inout some RandomNumberGenerator,
        effects: inout [ManagerEffect]
    ) {
        guard let turn = open, turn.id == id else { return }
        open = nil
        counters.commitFailures += 1
        counters.lastCommitFailed = true
        setTime(now, wallClock: wallClock, random: &random)
        effects.append(.event(.commitFailed(id)))
        takeBack(turn, because: cause, at: now, random: &random, effects: &effects)
        distributions.resumesAt = now.advanced(by: Self.pauseAfterFailure)
        takeTurn(at: now, random: &random, effects: &effects)
    }

    /// Does what is due: call it when ``nextDeadline`` is reached.
    public func handleTimers(
        at now: MonotonicInstant, wallClock: UnixTime, random: inout some RandomNumberGenerator,
        effects: inout [ManagerEffect]
    ) {
        setTime(now, wallClock: wallClock, random: &random)
        var wanted: [EndpointEffect] = []
        endpoint.handleTimers(at: now, random: &random, effects: &wanted)
        take(wanted, at: now, effects: &effects)
        endExpiredObservations(at: now, random: &random, effects: &effects)
        takeTurn(at: now, random: &random, effects: &effects)
    }

    /// When ``handleTimers(at:wallClock:random:effects:)`` wants to be called next; `nil` if nothing is due.
    public var nextDeadline: MonotonicInstant? {
        // While a commit is open nothing can be done about the rest; it goes on behind that.
        let own =
            open == nil
            ? [nextRekeying, nextLapseCheck, distributions.nextTimer(limit: settings.deliveriesAtOnce)] : []
        return ([endpoint.nextDeadline, expiryCheck] + own).compactMap(\.self).min()
    }

    /// When to look whether a token has ended; once a minute at least, because the wall clock may be set.
    private var expiryCheck: MonotonicInstant? {
        nextExpiry.map { expiry in
            let wall = endpoint.protection.now.seconds
            return lastInput.advanced(by: .seconds(Int64(min(expiry > wall ? expiry - wall : 0, 60))))
        }
    }

    /// How many OSCORE contexts are kept ready.
    var liveAssociationCount: Int { endpoint.protection.liveCount }

    func makeCommitID() -> CommitID {
        defer { nextCommit += 1 }
        return CommitID(nextCommit)
    }

    private func setTime(
        _ now: MonotonicInstant, wallClock: UnixTime, random: inout some RandomNumberGenerator
    ) {
        endpoint.protection.now = wallClock
        lastInput = now
        let hints = hints(at: now, random: &random)
        guard hints != endpoint.protection.hints else { return }
        endpoint.protection.hints = hints
        endpoint.unauthorized = endpoint.protection.unauthorized
    }
}

@available(*, unavailable)
extension ManagerEngine: Sendable {}
