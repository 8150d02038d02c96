import ACEGroupcomm
import BuildingAutomation
import Bytes
import CoAP
import CoAPEngine
import CoAPSecurity
import GroupOSCORE
import MemberNode
import OSCORE
import TestSupport
import Testing

/// Nodes and a scripted manager in one network, on one manual clock.
final class Bench {
    final class Unit {
        let name: String
        let address: SocketAddress
        let lamp = Lamp()
        var engine: NodeEngine
        var store = MemoryNodeStore()
        var isRunning = true
        var joined: [MembershipSummary] = []
        var joinFailures: [JoinFailure] = []
        var left: [LeaveReason] = []
        var leaveFailures: [JoinFailure] = []
        var completed: [GroupRequestSummary] = []
        var failed: [GroupCommandFailure] = []
        var events: [NodeEvent] = []
        var writes: [NodeWrite] = []

        init(name: String, address: SocketAddress, configuration: NodeConfiguration) throws {
            self.name = name
            self.address = address
            self.engine = try NodeEngine(state: NodeState(), configuration: configuration)
        }
    }

    struct Sent {
        let from: SocketAddress
        let datagram: OutgoingDatagram
        let at: MonotonicInstant
    }

    var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    var random: SeededGenerator
    let manager: ScriptedManager
    var units: [Unit] = []
    var wire: [Sent] = []
    /// Asked before each delivery; `false` loses the datagram.
    var delivers: (Sent) -> Bool = { _ in true }
    /// Asked for each unit that a datagram is for; `false` keeps it from that one.
    var hears: (Unit, Sent) -> Bool = { _, _ in true }
    /// Asked behind each commit of a unit; `true` crashes it there.
    var crashes: (Unit, NodeChangeSet) -> Bool = { _, _ in false }
    /// Asked before each commit; `true` leaves it open until ``release()``.
    var holds: (NodeChangeSet) -> Bool = { _ in false }
    private(set) var held: [(Unit, NodeChangeSet)] = []
    var configuration = NodeConfiguration()
    /// What nodes are told of the time of day when they start.
    var startsAt: UnixTime?
    private var transit: [Sent] = []

    static let wallClock = UnixTime(seconds: 1_800_000_000)

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        manager = try ScriptedManager(seed: seed &+ 1_000)
    }

    /// Adds a node that has never run.
    func newUnit(_ name: String) throws -> Unit {
        let unit = try Unit(
            name: name,
            address: SocketAddress(
                IPv6Address(high: 0xfd00_0000_0000_0000, low: UInt64(units.count + 16)), port: 5683),
            configuration: configuration)
        units.append(unit)
        return unit
    }

    /// Adds a node that has joined and was started.
    @discardableResult
    func add(_ name: String, roles: Roles) throws -> Unit {
        let unit = try newUnit(name)
        join(unit, manager.invite(name, roles: roles))
        try #require(unit.joined.count == 1, "\(unit.joinFailures)")
        try restart(unit)
        run(for: .seconds(5))
        return unit
    }

    func join(_ unit: Unit, _ invitation: Invitation, for period: Duration = .seconds(5)) {
        act(unit) { engine, now, random, effects in
            engine.join(invitation, wallClock: Self.wallClock, at: now, random: &random, effects: &effects)
        }
        run(for: period)
    }

    /// Starts a node anew with what its store has.
    func restart(_ unit: Unit, starts: Bool = true) throws {
        var resources = ResourceTree<GroupOSCORE.VerifiedRequest>()
        unit.lamp.register(in: &resources)
        unit.engine = try NodeEngine(state: unit.store.state, configuration: configuration, resources: resources)
        unit.isRunning = true
        guard starts else { return }
        act(unit) { engine, now, random, effects in
            engine.start(wallClock: startsAt, at: now, random: &random, effects: &effects)
        }
    }

    /// The manager asks something of a node.
    func ask(_ unit: Unit, _ message: Message) {
        for datagram in manager.ask(unit.name, at: unit.address, message, now: now) {
            send(datagram, from: manager.address)
        }
    }

    /// The manager brings nodes the present keys.
    func bring(to units: [Unit], overlap: UInt64? = 10, newcomers: [ACEGroupcomm.Peer]? = nil) {
        for unit in units {
            ask(unit, ScriptedManager.post(manager.rekeyingMessage(overlap: overlap, newcomers: newcomers).encoded()))
        }
        run(for: .milliseconds(100))
    }

    func act(
        _ unit: Unit,
        _ input: (NodeEngine, MonotonicInstant, inout SeededGenerator, inout [NodeEffect]) -> Void
    ) {
        var effects: [NodeEffect] = []
        input(unit.engine, now, &random, &effects)
        perform(effects, of: unit)
    }

    /// `PUT /light` to the group.
    func command(_ unit: Unit, _ text: String, _ method: Code = .put) {
        let request = Message(code: method, options: Self.light, payload: Array(text.utf8))
        let command = GroupCommand(id: GroupCommand.ID(random.next()), request: request)
        act(unit) { engine, now, random, effects in
            engine.send(command, at: now, random: &random, effects: &effects)
        }
    }

    private static var light: Options {
        var options = Options()
        options.uriPath = ["light"]
        options.contentFormat = .textPlain
        return options
    }

    func inject(_ datagram: OutgoingDatagram, from source: SocketAddress) {
        transit.append(Sent(from: source, datagram: datagram, at: now))
    }

    /// Delivers what is under way and lets time pass.
    func run(for period: Duration) {
        let end = now.advanced(by: period)
        while true {
            deliverTransit()
            let deadlines =
                units.filter(\.isRunning).compactMap(\.engine.nextDeadline)
                + [manager.endpoint.nextDeadline].compactMap(\.self)
            guard let next = deadlines.min(), next <= end else { break }
            now = max(now, next)
            for unit in units where unit.isRunning {
                guard let deadline = unit.engine.nextDeadline, deadline <= now else { continue }
                act(unit) { engine, now, random, effects in
                    engine.handleTimers(at: now, random: &random, effects: &effects)
                }
            }
            if let deadline = manager.endpoint.nextDeadline, deadline <= now {
                for datagram in manager.handleTimers(at: now) { send(datagram, from: manager.address) }
            }
        }
        now = end
    }

    private func deliverTransit() {
        while !transit.isEmpty {
            let sent = transit.removeFirst()
            now = now.advanced(by: .microseconds(100))
            guard delivers(sent) else { continue }
            let path = DatagramPath(source: sent.from, destination: sent.datagram.destination.address)
            if sent.datagram.destination == manager.address {
                for datagram in manager.receive(sent.datagram.bytes, from: path, at: now) {
                    send(datagram, from: manager.address)
                }
            }
            for unit in units where unit.isRunning && unit.address != sent.from {
                guard path.isMulticast || sent.datagram.destination == unit.address, hears(unit, sent) else { continue }
                act(unit) { engine, now, random, effects in
                    engine.receive(sent.datagram.bytes.span, from: path, at: now, random: &random, effects: &effects)
                    engine.endBatch(effects: &effects)
                }
            }
        }
    }

    /// Carries out the commits that are open, in their order, as a store does that takes all that wait at once.
    func release() {
        var outcomes: [(Unit, NodeCommitID, NodeCommitFailure?)] = []
        for (unit, changes) in held {
            do throws(NodeCommitFailure) {
                try unit.store.apply(changes)
                outcomes.append((unit, changes.id, nil))
            } catch {
                outcomes.append((unit, changes.id, error))
            }
        }
        held = []
        for (unit, id, failure) in outcomes {
            act(unit) { engine, now, random, effects in
                if let failure {
                    engine.commitFailed(id, because: failure, at: now, random: &random, effects: &effects)
                } else {
                    engine.committed(id, at: now, random: &random, effects: &effects)
                }
            }
        }
    }

    func send(_ datagram: OutgoingDatagram, from source: SocketAddress) {
        let sent = Sent(from: source, datagram: datagram, at: now)
        wire.append(sent)
        transit.append(sent)
    }

    private func perform(_ effects: [NodeEffect], of unit: Unit) {
        var effects = effects
        while !effects.isEmpty, unit.isRunning {
            switch effects.removeFirst() {
            case .commit(let changes) where holds(changes): held.append((unit, changes))
            case .commit(let changes):
                var further: [NodeEffect] = []
                do throws(NodeCommitFailure) {
                    try unit.store.apply(changes)
                    unit.writes += changes.writes
                    guard !crashes(unit, changes) else {
                        unit.isRunning = false
                        return
                    }
                    unit.engine.committed(changes.id, at: now, random: &random, effects: &further)
                } catch {
                    unit.engine.commitFailed(changes.id, because: error, at: now, random: &random, effects: &further)
                }
                effects = further + effects
            case .send(let datagram): send(datagram, from: unit.address)
            case .response: break
            case .completed(_, let summary): unit.completed.append(summary)
            case .failed(_, let failure): unit.failed.append(failure)
            case .joined(let summary): unit.joined.append(summary)
            case .joinFailed(let failure): unit.joinFailures.append(failure)
            case .left(let reason): unit.left.append(reason)
            case .leaveFailed(let failure): unit.leaveFailures.append(failure)
            case .event(let event): unit.events.append(event)
            }
        }
    }
}
