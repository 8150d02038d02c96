import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupManager
import Persistence

/// A manager as its loop drives it, without the socket: a batch goes in, what it changes is stored, answers come out. Times
/// nothing but that.
final class TimedManager {
    let engine: ManagerEngine
    /// What has been spent since the start.
    private(set) var cost = ManagerCost()
    /// `nil`: everything counts as durable at once, which leaves the engine alone.
    private let store: (any GroupStore)?
    private var random = SecureRandom()
    private var answer: AdminResponse?

    /// Makes a manager with one empty group.
    init(store: (any GroupStore)?, size: Int) throws {
        self.store = store
        var snapshot = ManagerSnapshot(identity: try .generate(name: "manager", random: &random))
        let keys = TokenKeysRecord.generate(random: &random)
        snapshot.tokenKeys = keys
        var settings = ManagerSettings()
        settings.authority = Building.managerAddress.description
        engine = try ManagerEngine(loading: snapshot, settings: settings, layer: MessageLayer())
        if let identity = snapshot.identity {
            try store?.apply(
                ManagerChangeSet(id: CommitID(0), writes: [.insertIdentity(identity), .insertTokenKeys(keys)]))
        }
        _ = try ask(["gosc", "groups"], Building.groupRequest(size: size), at: Moment.first)
    }

    func invite(_ number: Int, at moment: Moment) throws -> Invitation {
        let path = ["gosc", "groups", Building.groupName, "invitations"]
        let answer = try ask(path, Building.invitationRequest(for: number), at: moment)
        return try Invitation(parsing: CreateInvitationAnswer(decoding: answer.span).invitation)
    }

    private func ask(_ path: [String], _ payload: [UInt8], at moment: Moment) throws -> [UInt8] {
        var effects: [ManagerEffect] = []
        engine.administer(
            AdminRequest(code: .post, path: path, payload: payload), id: AdminRequestID(1), at: moment.now,
            wallClock: moment.wallClock, random: &random, effects: &effects)
        var unmeasured = ManagerCost()
        _ = try perform(effects, at: moment, &unmeasured)
        guard let answer, answer.code == .created else { throw BenchmarkError.refused(path.joined(separator: "/")) }
        return answer.payload
    }

    /// Takes what has arrived; answers what to send.
    func receive(_ batch: [Arrival], at moment: Moment) throws -> [OutgoingDatagram] {
        var effects: [ManagerEffect] = []
        let start = Spent.now
        for arrival in batch {
            engine.receive(
                arrival.bytes.span,
                from: DatagramPath(source: arrival.source, destination: Building.managerAddress.address),
                at: moment.now, wallClock: moment.wallClock, random: &random, effects: &effects)
        }
        engine.endBatch(at: moment.now, wallClock: moment.wallClock, random: &random, effects: &effects)
        cost.decisions += Spent.now - start
        return try perform(effects, at: moment, &cost)
    }

    /// Lets time pass in which nothing happens.
    func pass(to moment: Moment) throws {
        var effects: [ManagerEffect] = []
        engine.handleTimers(at: moment.now, wallClock: moment.wallClock, random: &random, effects: &effects)
        var unmeasured = ManagerCost()
        _ = try perform(effects, at: moment, &unmeasured)
    }

    private func perform(
        _ wanted: [ManagerEffect], at moment: Moment, _ cost: inout ManagerCost
    ) throws -> [OutgoingDatagram] {
        var datagrams: [OutgoingDatagram] = []
        var effects = wanted
        while !effects.isEmpty {
            switch effects.removeFirst() {
            case .commit(let changes):
                var further: [ManagerEffect] = []
                let start = Spent.now
                try store?.apply(changes)
                let stored = Spent.now
                engine.committed(
                    changes.id, at: moment.now, wallClock: moment.wallClock, random: &random, effects: &further)
                cost.commits += stored - start
                cost.answers += Spent.now - stored
                effects = further + effects
            case .send(let datagram): datagrams.append(datagram)
            case .answer(_, let response): answer = response
            case .event: break
            }
        }
        return datagrams
    }
}

/// A datagram that has arrived.
struct Arrival {
    let bytes: [UInt8]
    let source: SocketAddress
}

/// When something happens, by both clocks.
struct Moment {
    var now: MonotonicInstant
    var wallClock: UnixTime

    static let first = Moment(
        now: MonotonicInstant(nanoseconds: 1_000_000_000), wallClock: UnixTime(seconds: 1_800_000_000))

    /// A moment so many seconds later.
    func later(by seconds: Int64) -> Moment {
        Moment(
            now: now.advanced(by: .seconds(seconds)),
            wallClock: UnixTime(seconds: wallClock.seconds + UInt64(seconds)))
    }
}
