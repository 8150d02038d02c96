import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import OSCORE

/// A member's side towards authorization server and Group Manager: a CoAP endpoint of its own, token, upload, and the
/// questions of a member. Without clock, randomness and disk, as its engine.
///
/// Questions wait until there is a Security Context. An answer without protection that says that the manager does not know
/// the context has the token uploaded once more, then a new token requested, each once; the next genuine answer allows both
/// again (draft-ietf-ace-key-groupcomm-oscore §5, GM-0030).
final class ManagerLink {
    /// Where authorization server and manager listen.
    let address: SocketAddress
    /// What a token is requested for.
    let wanted: ScopeEntry
    let patience: Duration
    let rest: Duration
    let busyPatience: Duration
    /// The time of day, as far as it is known.
    var clock: ClockReading?

    var endpoint: Endpoint<ManagerProtection>
    var state = State.closed
    var token: NodeTokenRecord?
    /// N_S: the manager's challenge for the next proof of possession.
    var kdcChallenge: [UInt8] = []
    /// What the manager told of the group; `nil` if that was not enough to join, and then it is asked for.
    var terms: JoinTerms?
    /// Asked, and not sent yet.
    var waiting: [ManagerQuestion] = []
    /// What is under way, in the order in which it began.
    var operations: [OpenOperation] = []
    /// When to take a hint for the answer, because no genuine one has come.
    var hintsEnd: [PeerIdentity: MonotonicInstant] = [:]
    var recoveries: Recoveries = []
    /// The authorization server does not know the invitation, or somebody says so in its place: the next token is asked for
    /// over the association of the present one, as soon as there is one.
    var invitationIsRefused = false
    /// Whether the manager seems not to know the association of before.
    var isForgotten = false
    /// What the manager had no time for when it was asked last.
    var postponements: [Operation.Step: Postponements] = [:]
    /// Questions that the manager had no time for, and when to ask them again.
    var postponed: [(question: ManagerQuestion, until: MonotonicInstant)] = []
    private var lastFailure = JoinFailure.unreachable
    /// The address at which an answer of the manager has reached this node last: one that was verified, or to an upload.
    var ownAddress: IPv6Address?

    enum State {
        /// Nothing is under way, and there is no context.
        case closed
        /// No number is durable for a request to the authorization server.
        case reserving
        case requestingToken
        case savingToken
        case uploading
        case established
        /// An answer that may be forged said no: what comes next has time.
        case recovering(at: MonotonicInstant, Recoveries)
        /// The manager had no time for this step.
        case postponed(until: MonotonicInstant, Recoveries)
        /// Everything that may be tried was tried.
        case resting(until: MonotonicInstant)
    }

    struct OpenOperation {
        let id: OperationID
        let operation: Operation
        let since: MonotonicInstant
    }

    enum Operation {
        case token
        case upload(OwnUploadValues)
        case question(ManagerQuestion)
    }

    /// What was tried since the last genuine answer of the manager.
    struct Recoveries: OptionSet {
        let rawValue: Int
        static let upload = Self(rawValue: 1)
        static let token = Self(rawValue: 2)
    }

    /// - Parameter association: The Security Context with the authorization server.
    init(
        to address: SocketAddress, for wanted: ScopeEntry, association: SecurityContext, token: NodeTokenRecord?,
        configuration: NodeConfiguration
    ) {
        self.address = address
        self.wanted = wanted
        self.token = token
        patience = configuration.patience
        rest = configuration.maximumRosterInterval
        busyPatience = configuration.busyPatience
        var protection = ManagerProtection()
        protection.contexts[ManagerProtection.authorizationServer] = association
        var client = RequestClientSettings()
        client.maximumBackOff = Self.longestDelay
        // Anybody may send to the control resource, and hears that it is not for them.
        var limits = MessageLayerLimits()
        limits.answerRate = configuration.answerRate
        endpoint = Endpoint(
            protection: protection, layer: MessageLayer(parameters: configuration.transmission, limits: limits),
            protectedServer: RequestServer(resources: Self.controlResources(of: wanted.groupName)),
            client: RequestClient(settings: client))
    }

    /// Whether a datagram from there is for the link.
    func isManager(_ source: SocketAddress) -> Bool {
        source.address == address.address && source.port == address.port
    }

    /// When ``handleTimers(at:random:effects:)`` is to be called next.
    var nextDeadline: MonotonicInstant? {
        var deadlines = Array(hintsEnd.values)
        if let deadline = endpoint.nextDeadline { deadlines.append(deadline) }
        if case .recovering(let moment, _) = state { deadlines.append(moment) }
        if case .postponed(let moment, _) = state { deadlines.append(moment) }
        deadlines += postponed.map(\.until)
        return deadlines.min()
    }

    /// Takes one datagram of the manager, or one that asks for what only the manager may ask for.
    func receive(
        _ datagram: Span<UInt8>, from path: DatagramPath, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [LinkEffect]
    ) {
        var wanted: [EndpointEffect] = []
        endpoint.receive(datagram, from: path, at: now, random: &random, effects: &wanted)
        // Anybody can send in the manager's name; whoever does so must not choose where new keys are brought.
        let isAnswer = wanted.contains { if case .response = $0 { true } else { false } }
        if isAnswer, isManager(path.source), !path.destination.isMulticast, path.destination != .unspecified {
            ownAddress = path.destination
        }
        process(wanted, at: now, random: &random, effects: &effects)
    }

    /// Does what is due.
    func handleTimers(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [LinkEffect]
    ) {
        var wanted: [EndpointEffect] = []
        endpoint.handleTimers(at: now, random: &random, effects: &wanted)
        process(wanted, at: now, random: &random, effects: &effects)
        for (peer, moment) in hintsEnd where moment <= now {
            hintsEnd[peer] = nil
            takeHint(from: peer, at: now, random: &random, effects: &effects)
        }
        if case .recovering(let moment, let step) = state, moment <= now {
            recover(by: step, at: now, random: &random, effects: &effects)
        }
        resume(at: now, random: &random, effects: &effects)
    }

    /// Asks as soon as there is a Security Context. A question that is open already is not asked twice.
    ///
    /// - Parameter isUrgent: Whether somebody waits for it: then it is tried although the manager has just refused.
    func ask(
        _ question: ManagerQuestion, isUrgent: Bool = false, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [LinkEffect]
    ) {
        guard !waiting.contains(question), !postponed.contains(where: { $0.question == question }),
            !operations.contains(where: { $0.operation.question == question })
        else { return }
        if case .resting(let end) = state, end > now, !isUrgent {
            effects.append(.failed(question, lastFailure))
            return
        }
        if case .established = state {
            effects.append(.ready(question))
            return
        }
        waiting.append(question)
        switch state {
        case .closed, .resting:
            recoveries = []
            open(at: now, random: &random, effects: &effects)
        case .reserving, .requestingToken, .savingToken, .uploading, .established, .recovering, .postponed: return
        }
    }

    /// Sends the request of a question that is ready.
    func send(
        _ question: ManagerQuestion, _ message: Message, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [LinkEffect]
    ) {
        // A Join Response tells of every member.
        var request = ClientRequest(message, to: address, peer: ManagerProtection.manager)
        request.maximumBodyLength = Self.maximumBodyLength
        start(request, .question(question), at: now, random: &random, effects: &effects)
    }

    /// Which responses were not accepted since the last call, and why.
    func takeRejected() -> [VerificationFailure: UInt64] {
        defer { endpoint.protection.rejected = [:] }
        return endpoint.protection.rejected
    }

    /// Gives up what waits.
    ///
    /// - Parameter rests: Whether the same would come of it at once.
    func fail(_ failure: JoinFailure, rests: Bool = true, at now: MonotonicInstant, effects: inout [LinkEffect]) {
        state = rests ? .resting(until: now.advanced(by: rest)) : .closed
        lastFailure = failure
        let questions = waiting
        waiting.removeAll()
        for question in questions { effects.append(.failed(question, failure)) }
    }

    private static let maximumBodyLength = 1 << 20
}

extension ManagerLink.Operation {
    var question: ManagerQuestion? {
        if case .question(let question) = self { question } else { nil }
    }
}

/// What the time of day was at one moment.
struct ClockReading {
    let time: UnixTime
    let readAt: MonotonicInstant

    func time(at now: MonotonicInstant) -> UnixTime {
        UnixTime(seconds: time.seconds + UInt64(max(0, readAt.duration(to: now).components.seconds)))
    }
}
