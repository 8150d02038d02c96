import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// A manager engine with a store in memory: what a shell does, with failures on demand and everything written down.
final class TestManager {
    var engine: ManagerEngine
    /// What the store holds: changed by `commit` effects alone.
    private(set) var store: ManagerState
    var random: SeededGenerator
    var now = MonotonicInstant(nanoseconds: 0)
    var wallClock = UnixTime(seconds: 1_800_000_000)
    /// Asked before each commit; `true` makes it fail.
    var failsNextCommit = false
    /// Leaves commits open until ``finishCommit()``.
    var holdsCommits = false
    /// Decides what becomes of each commit; `nil` for what is said above.
    var fate: (() -> CommitFate)?
    /// Sees the store after each commit.
    var storeObserver: ((ManagerState) -> Void)?
    /// Sees whatever is sent.
    var wireObserver: ((OutgoingDatagram) -> Void)?
    /// Who has gone, since the beginning: a restart with another snapshot leaves it.
    private(set) var journal: [DepartureEntry] = []
    private(set) var heldCommit: ManagerChangeSet?
    /// What the store was given of the audit record; a restart with another snapshot leaves it.
    private(set) var audit: [AuditRecord] = []
    private(set) var checkpoints: [AuditCheckpoint] = []
    /// Whether the engine's state is compared with the store's after each commit.
    var comparesStates = true
    /// Whether ``history`` stays empty.
    var forgetsHistory = false
    /// Everything the engine ever told the shell.
    private(set) var history: [ManagerEffect] = []
    private var nextAdminID: UInt64 = 0
    private var answers: [AdminRequestID: AdminResponse] = [:]
    private var sent: [OutgoingDatagram] = []
    /// What was sent because of the latest request of the administrator.
    private(set) var sentByAdministration: [OutgoingDatagram] = []

    /// A manager that has just been initialised.
    convenience init(seed: UInt64, settings change: (inout ManagerSettings) -> Void = { _ in }) throws {
        var random = SeededGenerator(seed: seed)
        var snapshot = ManagerSnapshot(identity: try .generate(name: "manager", random: &random))
        snapshot.tokenKeys = .generate(random: &random)
        var settings = ManagerSettings()
        settings.authority = "[::1]:5683"
        // What nobody means to test is never too often.
        settings.clientRate = AnswerRate(perSecond: 1_000_000, burst: 1_000_000)
        settings.uploadRate = settings.clientRate
        settings.rosterRate = settings.clientRate
        settings.repeatedUploadRate = settings.clientRate
        settings.senderIDsPerClient = 1_000_000
        change(&settings)
        try self.init(snapshot, seed: seed ^ 0xff, settings: settings)
    }

    init(_ snapshot: ManagerSnapshot, seed: UInt64, settings: ManagerSettings) throws {
        random = SeededGenerator(seed: seed)
        store = try ManagerState(loading: snapshot)
        engine = try ManagerEngine(loading: snapshot, settings: settings, layer: MessageLayer())
    }

    /// The manager as it comes back after a crash: with what the store holds and nothing else.
    func restart() throws {
        try restart(with: store.snapshot)
    }

    /// The power goes while a commit is held, and comes back.
    ///
    /// - Parameter keepingCommit: Whether the disk had got it.
    func loseThePower(keepingCommit: Bool) throws {
        if keepingCommit, let heldCommit { try keep(heldCommit) }
        try restart()
    }

    /// The manager as it starts with another store.
    func restart(with snapshot: ManagerSnapshot) throws {
        store = try ManagerState(loading: snapshot)
        engine = try ManagerEngine(loading: snapshot, settings: engine.settings, layer: MessageLayer())
        heldCommit = nil
    }

    /// Delivers a datagram; answers what was sent because of it.
    func deliver(
        _ datagram: [UInt8], from source: SocketAddress, to destination: IPv6Address = .loopback
    ) -> [OutgoingDatagram] {
        var effects: [ManagerEffect] = []
        engine.receive(
            datagram.span, from: DatagramPath(source: source, destination: destination), at: now,
            wallClock: wallClock, random: &random, effects: &effects)
        engine.endBatch(at: now, wallClock: wallClock, random: &random, effects: &effects)
        return run(effects)
    }

    /// Delivers several datagrams as one batch.
    func deliver(_ datagrams: [([UInt8], from: SocketAddress)]) -> [OutgoingDatagram] {
        var effects: [ManagerEffect] = []
        for (datagram, source) in datagrams {
            engine.receive(
                datagram.span, from: DatagramPath(source: source, destination: .loopback), at: now,
                wallClock: wallClock, random: &random, effects: &effects)
        }
        engine.endBatch(at: now, wallClock: wallClock, random: &random, effects: &effects)
        return run(effects)
    }

    /// Lets time pass; answers what was sent meanwhile.
    func pass(_ duration: Duration) -> [OutgoingDatagram] {
        let (start, time) = (now, wallClock.seconds)
        let end = now.advanced(by: duration)
        func setWallClock() {
            wallClock = UnixTime(seconds: time + UInt64(start.duration(to: now).components.seconds))
        }
        var all: [OutgoingDatagram] = []
        var count = 0
        while let deadline = engine.nextDeadline, deadline <= end {
            now = max(deadline, now)
            setWallClock()
            all += handleTimers()
            count += 1
            guard count < 200_000 else {
                Issue.record("something is due for ever: \(deadline) at \(now)")
                break
            }
        }
        now = end
        setWallClock()
        return all + handleTimers()
    }

    private func handleTimers() -> [OutgoingDatagram] {
        var effects: [ManagerEffect] = []
        engine.handleTimers(at: now, wallClock: wallClock, random: &random, effects: &effects)
        return run(effects)
    }

    /// Asks as the administrator; `nil` while a commit is held.
    func administer(_ code: Code, _ path: String, _ payload: [UInt8] = []) -> AdminResponse? {
        nextAdminID += 1
        let id = AdminRequestID(nextAdminID)
        var effects: [ManagerEffect] = []
        engine.administer(
            AdminRequest(code: code, path: path.split(separator: "/").map(String.init), payload: payload), id: id,
            at: now, wallClock: wallClock, random: &random, effects: &effects)
        sentByAdministration = run(effects)
        return answers[id]
    }

    /// Asks as the administrator and requires an answer at once.
    func ask(_ code: Code, _ path: String, _ payload: [UInt8] = []) throws -> AdminResponse {
        let answer = administer(code, path, payload)
        return try #require(answer)
    }

    /// Lets a held commit succeed or fail.
    func finishCommit() -> [OutgoingDatagram] {
        guard let changes = heldCommit else { return [] }
        heldCommit = nil
        sent = []
        apply(changes)
        return sent
    }

    /// The events since the beginning.
    var events: [ManagerEvent] {
        history.compactMap { if case .event(let event) = $0 { event } else { nil } }
    }

    func run(_ effects: [ManagerEffect]) -> [OutgoingDatagram] {
        sent = []
        perform(effects)
        return sent
    }

    private func perform(_ effects: [ManagerEffect]) {
        for (index, effect) in effects.enumerated() {
            if !forgetsHistory { history.append(effect) }
            switch effect {
            case .commit(let changes):
                // GM-0495: whatever follows from a commit is held back by the engine itself.
                #expect(index == effects.count - 1, "nothing may be emitted behind an open commit")
                if holdsCommits { heldCommit = changes } else { settle(changes) }
            case .send(let datagram):
                sent.append(datagram)
                wireObserver?(datagram)
            case .answer(let id, let response): answers[id] = response
            case .event: break
            }
        }
    }

    /// What becomes of a commit: it succeeds, it fails, or the power goes before or behind it.
    private func settle(_ changes: ManagerChangeSet) {
        let fate = fate?() ?? .durable
        switch fate {
        case .durable: apply(changes)
        case .refused:
            failsNextCommit = true
            apply(changes)
        case .lostBefore, .lostBehind:
            do {
                heldCommit = changes
                let before = store
                try loseThePower(keepingCommit: fate == .lostBehind)
                if fate == .lostBefore { #expect(store == before, "what is loaded is what was stored") }
            } catch {
                Issue.record("a crash that the store does not survive: \(error)")
            }
        }
    }

    /// Makes a change set durable.
    private func keep(_ changes: ManagerChangeSet) throws {
        try store.apply(changes)
        keepAudit(changes)
        journal += changes.departures
        storeObserver?(store)
    }

    private func keepAudit(_ changes: ManagerChangeSet) {
        for write in changes.writes {
            switch write {
            case .appendAudit(let record): audit.append(record)
            case .appendCheckpoint(let checkpoint): checkpoints.append(checkpoint)
            default: break
            }
        }
    }

    private func apply(_ changes: ManagerChangeSet) {
        var effects: [ManagerEffect] = []
        if failsNextCommit {
            failsNextCommit = false
            engine.commitFailed(
                changes.id, because: "no room", at: now, wallClock: wallClock, random: &random, effects: &effects)
        } else {
            do {
                try keep(changes)
            } catch {
                Issue.record("the engine sent a change set that breaks a guard: \(error)")
            }
            engine.committed(changes.id, at: now, wallClock: wallClock, random: &random, effects: &effects)
            // Unless the next commit is open already.
            if comparesStates, !effects.contains(where: { if case .commit = $0 { true } else { false } }) {
                #expect(engine.state == store)
            }
        }
        perform(effects)
    }
}

/// What becomes of a commit.
enum CommitFate: CaseIterable {
    case durable
    /// The disk is full.
    case refused
    /// The power goes before it is durable.
    case lostBefore
    /// The power goes when it is durable and the engine has not heard of it.
    case lostBehind
}

extension TestManager {
    /// Creates a group and requires that it worked.
    func createGroup(
        _ name: String = "g7", active: Bool = true, change: (inout GroupConfiguration) -> Void = { _ in }
    ) throws {
        var configuration = GroupConfiguration(groupName: name, active: active, applicationGroups: ["lights"])
        change(&configuration)
        let request = CreateGroupRequest(configuration: configuration, resources: ["light"])
        let answer = try #require(administer(.post, "gosc/groups", request.encoded()))
        try #require(answer.code == .created)
    }

    /// Invites a node and requires that it worked.
    func invite(
        _ name: String, to group: String = "g7", roles: Roles = [.requester, .responder], lifetime: UInt64 = 3600
    ) throws -> Invitation {
        let request = CreateInvitationRequest(
            nodeName: name, roles: roles, lifetime: lifetime, managerAddress: "[::1]:5683")
        let answer = try #require(administer(.post, "gosc/groups/\(group)/invitations", request.encoded()))
        try #require(answer.code == .created)
        return try Invitation(parsing: CreateInvitationAnswer(decoding: answer.payload.span).invitation)
    }
}
