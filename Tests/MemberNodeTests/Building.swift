import ACEGroupcomm
import BuildingAutomation
import Bytes
import CoAP
import CoAPEngine
import GroupManager
import GroupOSCORE
import MemberNode
import OSCORE
import TestSupport
import Testing

/// A manager and any number of nodes in one network, on one manual clock: no sockets, no sleeps.
final class Building {
    /// One node with its store and lamp.
    final class Unit {
        let name: String
        let address: SocketAddress
        let lamp = Lamp()
        var engine: NodeEngine
        var store = MemoryNodeStore()
        var isRunning = true
        var joined: MembershipSummary?
        var joinFailure: JoinFailure?
        var responses: [MemberResponse] = []
        var completed: [GroupRequestSummary] = []
        var failed: [GroupCommandFailure] = []
        var handled: [HandledRequest] = []
        var left: [LeaveReason] = []
        var events: [NodeEvent] = []

        init(name: String, address: SocketAddress) throws {
            self.name = name
            self.address = address
            self.engine = try NodeEngine(state: NodeState())
        }
    }

    /// A datagram on the wire, and who sent it.
    struct Sent {
        let from: SocketAddress
        let datagram: OutgoingDatagram
    }

    var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    var wallClock = UnixTime(seconds: 1_800_000_000)
    var random: SeededGenerator
    var manager: ManagerEngine
    let managerAddress = SocketAddress(IPv6Address(high: 0xfd00_0000_0000_0000, low: 1), port: 5683)
    var units: [Unit] = []
    /// Every datagram that anybody sent.
    var wire: [Sent] = []
    /// Asked before each delivery; `false` loses the datagram.
    var delivers: (Sent) -> Bool = { _ in true }
    /// Asked before each commit of a unit; `true` crashes the unit behind it.
    var crashes: (Unit) -> Bool = { _ in false }
    /// How long nodes that are joined from now on wait for a genuine answer behind a forged one.
    var hintPatience: Duration?
    private var transit: [Sent] = []
    private var adminAnswer: AdminResponse?

    /// - Parameters:
    ///   - forgingIdentity: Changes what the manager believes to be its own.
    ///   - group: Changes what the group is made of.
    init(
        seed: UInt64, forgingIdentity: (inout ManagerIdentityRecord) -> Void = { _ in },
        settings: ManagerSettings = ManagerSettings(), group: (inout GroupConfiguration) -> Void = { _ in }
    ) throws {
        random = SeededGenerator(seed: seed)
        var identity = try ManagerIdentityRecord.generate(name: "manager", random: &random)
        forgingIdentity(&identity)
        var snapshot = ManagerSnapshot(identity: identity)
        snapshot.tokenKeys = .generate(random: &random)
        manager = try ManagerEngine(loading: snapshot, settings: settings, layer: MessageLayer())
        var configuration = GroupConfiguration(groupName: "lights", active: true)
        group(&configuration)
        let request = CreateGroupRequest(configuration: configuration)
        let answer = administer(
            AdminRequest(code: .post, path: ["gosc", "groups"], payload: request.encoded()))
        #expect(answer.code == .created)
    }

    /// Adds a node that has joined.
    @discardableResult
    func add(_ name: String, roles: Roles) throws -> Unit {
        let unit = try newUnit(name)
        try join(unit, invitation: invite(name, roles: roles))
        return unit
    }

    /// Adds a node that has never run.
    func newUnit(_ name: String) throws -> Unit {
        let unit = try Unit(
            name: name,
            address: SocketAddress(
                IPv6Address(high: 0xfd00_0000_0000_0000, low: UInt64(units.count + 16)), port: 5683))
        units.append(unit)
        return unit
    }

    func invite(_ name: String, roles: Roles) throws -> Invitation {
        let request = CreateInvitationRequest(
            nodeName: name, roles: roles, lifetime: 3600, managerAddress: managerAddress.description)
        let answer = administer(
            AdminRequest(code: .post, path: ["gosc", "groups", "lights", "invitations"], payload: request.encoded()))
        try #require(answer.code == .created)
        let payload = answer.payload
        let invitation = try CreateInvitationAnswer(decoding: payload.span).invitation
        return try Invitation(parsing: invitation)
    }

    func join(_ unit: Unit, invitation: Invitation) throws {
        if let hintPatience {
            var configuration = NodeConfiguration()
            configuration.patience = hintPatience
            unit.engine = try NodeEngine(state: NodeState(), configuration: configuration)
        }
        unit.engine.controlPort = unit.address.port
        var effects: [NodeEffect] = []
        unit.engine.join(invitation, wallClock: wallClock, at: now, random: &random, effects: &effects)
        perform(effects, of: unit)
        run()
        try restart(unit)
    }

    /// Starts a node anew with what its store has, or with another state.
    func restart(
        _ unit: Unit, configuration: NodeConfiguration = NodeConfiguration(), state: NodeState? = nil,
        wallClock: UnixTime? = nil
    ) throws {
        var resources = ResourceTree<GroupOSCORE.VerifiedRequest>()
        unit.lamp.register(in: &resources)
        unit.engine = try NodeEngine(
            state: state ?? unit.store.state, configuration: configuration, resources: resources)
        unit.engine.controlPort = unit.address.port
        unit.isRunning = true
        var effects: [NodeEffect] = []
        unit.engine.start(wallClock: wallClock, at: now, random: &random, effects: &effects)
        perform(effects, of: unit)
    }

    /// Asks the manager as the administrator, and requires that it does it.
    func administer(_ code: Code, _ path: String) throws {
        let answer = administer(
            AdminRequest(code: code, path: path.split(separator: "/").map(String.init), payload: []))
        try #require(answer.code.isSuccess, "\(code) \(path): \(answer.code)")
    }

    /// The manager comes back with what it has made durable.
    func restartManager() throws {
        manager = try ManagerEngine(
            loading: manager.state.snapshot, settings: manager.settings, layer: MessageLayer())
    }

    /// The manager's store went back to what it has been, and the operator keeps everybody.
    func restoreManager(to backup: ManagerSnapshot) throws {
        var procedure = try RestoreProcedure(backup, at: wallClock.seconds)
        try procedure.begin(random: &random)
        try procedure.complete(RestoreDecision(), random: &random)
        manager = try ManagerEngine(
            loading: procedure.state.snapshot, settings: manager.settings, layer: MessageLayer())
    }

    /// Lets days pass, for the clock on the wall, too.
    func live(days: Int) {
        for _ in 0..<days * 24 {
            wallClock = UnixTime(seconds: wallClock.seconds + 3_600)
            run(for: .seconds(3_600))
        }
    }

    /// Calls a node.
    func act(
        _ unit: Unit,
        _ input: (NodeEngine, MonotonicInstant, inout SeededGenerator, inout [NodeEffect]) -> Void
    ) {
        var effects: [NodeEffect] = []
        input(unit.engine, now, &random, &effects)
        perform(effects, of: unit)
    }

    /// Sends `PUT /light` with the given text to the group.
    func command(_ unit: Unit, _ text: String, deadline: Duration? = nil) {
        var options = Options()
        options.uriPath = ["light"]
        options.contentFormat = .textPlain
        command(unit, Message(code: .put, options: options, payload: Array(text.utf8)), deadline: deadline)
    }

    /// Sends a request to the group.
    func command(_ unit: Unit, _ request: Message, deadline: Duration? = nil) {
        let command = GroupCommand(id: GroupCommand.ID(random.next()), request: request, deadline: deadline)
        var effects: [NodeEffect] = []
        unit.engine.send(command, at: now, random: &random, effects: &effects)
        perform(effects, of: unit)
    }

    /// What went to the group last.
    var lastGroupDatagram: Sent? { wire.last { $0.datagram.destination.address.isMulticast } }

    /// Puts a datagram on the wire that no unit has sent.
    func inject(_ datagram: OutgoingDatagram, from source: SocketAddress) {
        transit.append(Sent(from: source, datagram: datagram))
    }

    /// Delivers what is under way and lets time pass until nothing happens for `period`.
    func run(for period: Duration = .seconds(30)) {
        let end = now.advanced(by: period)
        while true {
            deliverTransit()
            let deadlines =
                units.filter(\.isRunning).compactMap(\.engine.nextDeadline) + [manager.nextDeadline].compactMap(\.self)
            guard let next = deadlines.min(), next <= end else { break }
            now = max(now, next)
            for unit in units where unit.isRunning {
                guard let deadline = unit.engine.nextDeadline, deadline <= now else { continue }
                var effects: [NodeEffect] = []
                unit.engine.handleTimers(at: now, random: &random, effects: &effects)
                perform(effects, of: unit)
            }
            if let deadline = manager.nextDeadline, deadline <= now {
                var effects: [ManagerEffect] = []
                manager.handleTimers(at: now, wallClock: wallClock, random: &random, effects: &effects)
                perform(effects)
            }
        }
        now = end
    }

    /// Delivers what is under way, without letting time pass.
    func deliverTransit() {
        while !transit.isEmpty {
            let sent = transit.removeFirst()
            now = now.advanced(by: .microseconds(100))
            guard delivers(sent) else { continue }
            let path = DatagramPath(source: sent.from, destination: sent.datagram.destination.address)
            if sent.datagram.destination == managerAddress {
                var effects: [ManagerEffect] = []
                manager.receive(
                    sent.datagram.bytes.span, from: path, at: now, wallClock: wallClock, random: &random,
                    effects: &effects)
                manager.endBatch(at: now, wallClock: wallClock, random: &random, effects: &effects)
                perform(effects)
            }
            for unit in units where unit.isRunning && unit.address != sent.from {
                guard path.isMulticast || sent.datagram.destination == unit.address else { continue }
                var effects: [NodeEffect] = []
                unit.engine.receive(sent.datagram.bytes.span, from: path, at: now, random: &random, effects: &effects)
                unit.engine.endBatch(effects: &effects)
                perform(effects, of: unit)
            }
        }
    }

    func perform(_ effects: [NodeEffect], of unit: Unit) {
        var effects = effects
        while !effects.isEmpty, unit.isRunning {
            switch effects.removeFirst() {
            case .commit(let changes):
                var further: [NodeEffect] = []
                do throws(NodeCommitFailure) {
                    try unit.store.apply(changes)
                    guard !crashes(unit) else {
                        unit.isRunning = false
                        return
                    }
                    unit.engine.committed(changes.id, at: now, random: &random, effects: &further)
                } catch {
                    unit.engine.commitFailed(changes.id, because: error, at: now, random: &random, effects: &further)
                }
                effects = further + effects
            case .send(let datagram):
                let sent = Sent(from: unit.address, datagram: datagram)
                wire.append(sent)
                transit.append(sent)
            case .response(_, let response): unit.responses.append(response)
            case .completed(_, let summary): unit.completed.append(summary)
            case .failed(_, let failure): unit.failed.append(failure)
            case .joined(let summary): unit.joined = summary
            case .joinFailed(let failure): unit.joinFailure = failure
            case .left(let reason): unit.left.append(reason)
            case .leaveFailed: break
            case .event(let event):
                unit.events.append(event)
                if case .handled(let request) = event { unit.handled.append(request) }
            }
        }
    }

    private func perform(_ effects: [ManagerEffect]) {
        var effects = effects
        while !effects.isEmpty {
            switch effects.removeFirst() {
            case .commit(let changes):
                var further: [ManagerEffect] = []
                manager.committed(changes.id, at: now, wallClock: wallClock, random: &random, effects: &further)
                effects = further + effects
            case .send(let datagram):
                transit.append(Sent(from: managerAddress, datagram: datagram))
            case .answer(_, let response): adminAnswer = response
            case .event: break
            }
        }
    }

    private func administer(_ request: AdminRequest) -> AdminResponse {
        var effects: [ManagerEffect] = []
        manager.administer(
            request, id: AdminRequestID(1), at: now, wallClock: wallClock, random: &random, effects: &effects)
        perform(effects)
        return adminAnswer ?? AdminResponse(code: .internalServerError)
    }
}
