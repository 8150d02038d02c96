import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupManager
import Persistence

/// A manager with a group whose members all confirm at once, and what a rekeying costs it. Times nothing but the manager.
final class RekeyManager {
    private let engine: ManagerEngine
    private let store: (any GroupStore)?
    private let members: [SocketAddress: RekeyMember]
    private var random = SecureRandom()
    private var moment = Moment.first
    private var answer: AdminResponse?
    private var isOver = false
    private var commits = 0

    init(store: (any GroupStore)?, size: Int) throws {
        self.store = store
        let identity = try ManagerIdentityRecord.generate(name: "manager", random: &random)
        let keys = TokenKeysRecord.generate(random: &random)
        var random = random
        let members = try (0..<size).map { try RekeyMember($0, random: &random) }
        self.members = Dictionary(uniqueKeysWithValues: members.map { ($0.address, $0) })
        var writes: [ManagerWrite] = [.insertIdentity(identity), .insertTokenKeys(keys)]
        writes += try Self.groupWrites(identity, keys, size: size)
        for member in members { writes += [.insertClient(member.client), .insertMember(member.member)] }
        var state = ManagerState()
        let changes = ManagerChangeSet(id: CommitID(0), writes: writes)
        _ = try state.apply(writes)
        try store?.apply(changes)
        engine = try ManagerEngine(loading: state.snapshot, settings: ManagerSettings(), layer: MessageLayer())
    }

    /// What creates the group.
    private static func groupWrites(
        _ identity: ManagerIdentityRecord, _ keys: TokenKeysRecord, size: Int
    ) throws -> [ManagerWrite] {
        var snapshot = ManagerSnapshot(identity: identity)
        snapshot.tokenKeys = keys
        let engine = try ManagerEngine(loading: snapshot, settings: ManagerSettings(), layer: MessageLayer())
        var random = SecureRandom()
        var effects: [ManagerEffect] = []
        engine.administer(
            AdminRequest(code: .post, path: ["gosc", "groups"], payload: Building.groupRequest(size: size)),
            id: AdminRequestID(1), at: Moment.first.now, wallClock: Moment.first.wallClock, random: &random,
            effects: &effects)
        for case .commit(let changes) in effects { return changes.writes }
        throw BenchmarkError.refused("gosc/groups")
    }

    /// Gives the group new keys, until every member has confirmed them.
    ///
    /// - Parameter heap: Called now and then while members are being told.
    func rekey(whileUnderWay heap: () throws -> Void = {}) throws -> RekeyCost {
        var cost = RekeyCost()
        isOver = false
        commits = 0
        var waiting = try timed(&cost) { engine, random, effects in
            engine.administer(
                AdminRequest(code: .post, path: ["gosc", "groups", Building.groupName, "rekey"], payload: []),
                id: AdminRequestID(1), at: moment.now, wallClock: moment.wallClock, random: &random, effects: &effects)
        }
        while !waiting.isEmpty {
            cost.messages += waiting.count
            cost.bytes += waiting.reduce(0) { $0 + $1.bytes.count }
            let answers = try waiting.compactMap { datagram in
                try members[datagram.destination].map {
                    Arrival(bytes: try $0.confirm(datagram.bytes), source: datagram.destination)
                }
            }
            cost.messages += answers.count
            cost.bytes += answers.reduce(0) { $0 + $1.bytes.count }
            moment.now = moment.now.advanced(by: .milliseconds(1))
            waiting = try timed(&cost) { engine, random, effects in
                for arrival in answers {
                    engine.receive(
                        arrival.bytes.span,
                        from: DatagramPath(source: arrival.source, destination: Building.managerAddress.address),
                        at: moment.now, wallClock: moment.wallClock, random: &random, effects: &effects)
                }
                engine.endBatch(at: moment.now, wallClock: moment.wallClock, random: &random, effects: &effects)
            }
            try heap()
        }
        guard isOver, answer?.code == .changed else { throw BenchmarkError.notTold }
        cost.commits = commits
        // Message IDs and duplicates are forgotten in between.
        moment = moment.later(by: 600)
        var unmeasured = RekeyCost()
        _ = try timed(&unmeasured) { engine, random, effects in
            engine.handleTimers(at: moment.now, wallClock: moment.wallClock, random: &random, effects: &effects)
        }
        return cost
    }

    private func timed(
        _ cost: inout RekeyCost, _ input: (ManagerEngine, inout SecureRandom, inout [ManagerEffect]) -> Void
    ) throws -> [OutgoingDatagram] {
        var effects: [ManagerEffect] = []
        let start = Spent.now
        input(engine, &random, &effects)
        cost.spent += Spent.now - start
        var datagrams: [OutgoingDatagram] = []
        while !effects.isEmpty {
            var further: [ManagerEffect] = []
            for effect in effects {
                switch effect {
                case .commit(let changes):
                    commits += 1
                    let start = Spent.now
                    try store?.apply(changes)
                    engine.committed(
                        changes.id, at: moment.now, wallClock: moment.wallClock, random: &random, effects: &further)
                    cost.spent += Spent.now - start
                case .send(let datagram): datagrams.append(datagram)
                case .answer(_, let response): answer = response
                case .event(.rekeyingCompleted(group: _, version: _, confirmed: members.count, stragglers: [])):
                    isOver = true
                case .event: break
                }
            }
            effects = further
        }
        return datagrams
    }
}

/// What one rekeying has cost a manager.
struct RekeyCost {
    var spent = Spent()
    /// In both directions.
    var messages = 0
    /// Of UDP payload, in both directions.
    var bytes = 0
    var commits = 0
}
