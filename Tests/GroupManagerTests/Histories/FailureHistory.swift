import ACEGroupcomm
import Bytes
import CBOR
import CoAP
import CoAPEngine
import TestSupport
import Testing

@testable import GroupManager

/// What happens to two groups in which everything fails first: no commit becomes durable that did not fail, or was lost with the
/// manager, right before; and of those that do, a third is followed by a crash before anybody has heard of it.
struct FailureHistory {
    enum Happening: CaseIterable {
        case joined, joinedAgain, renewed, left, read, evicted, readmitted, revoked, rekeyed, told, repeated, batched
        case waited, tokensEnded, backedUp, restored, refused, lostBefore, lostBehind
    }

    static let groups = ["g7", "g8"]

    let fixture: Fixture
    let ledger = HistoryLedger()
    var random: SeededGenerator
    var members: [HistoryMember] = []
    var backups: [ManagerSnapshot] = []
    /// Whoever was evicted and may come back, with the name it had.
    var evicted: [(member: HistoryMember, name: String)] = []
    /// Whom the operator has put out within a restore: the operator adds that to the journal.
    var decided: [DepartureEntry] = []
    private(set) var happened: [Happening: Int] = [:]
    private let faults: Faults
    private let wire = Wire()
    private var count: UInt64 = 0
    private let seed: UInt64

    var manager: TestManager { fixture.manager }

    /// What has been sent and not been delivered yet, each with what the store said then.
    private final class Wire {
        var sent: [(datagram: OutgoingDatagram, store: ManagerState)] = []
    }

    /// What becomes of each commit.
    private final class Faults {
        var random: SeededGenerator
        var isOn = true
        /// Whether the latest commit has failed.
        private var hasFailed = false
        private(set) var counts: [CommitFate: Int] = [:]

        init(seed: UInt64) { random = SeededGenerator(seed: seed) }

        func next() -> CommitFate {
            guard isOn else { return .durable }
            let fate = draw()
            // One failure at least; sometimes more.
            hasFailed = fate == .refused || fate == .lostBefore
            counts[fate, default: 0] += 1
            return fate
        }

        private func draw() -> CommitFate {
            guard hasFailed, Int.random(in: 0..<6, using: &random) > 0 else {
                return Bool.random(using: &random) ? .refused : .lostBefore
            }
            return Int.random(in: 0..<3, using: &random) == 0 ? .lostBehind : .durable
        }
    }

    init(seed: UInt64) throws {
        self.seed = seed
        random = SeededGenerator(seed: seed &* 31)
        faults = Faults(seed: seed &* 17)
        fixture = try Fixture(seed: seed) {
            // Prefixes of Gids change, too.
            $0.lastEpoch = 40
        }
        try manager.change { snapshot in
            snapshot.groups.removeAll { !Self.groups.contains($0.name) }
            snapshot.groupCredentials = []
            for index in snapshot.groups.indices {
                let name = snapshot.groups[index].name
                snapshot.groups[index].rekeyingPolicy = GroupRekeyingRules(
                    overlap: name == "g7" ? 2 : 0, onJoin: name == "g8", interval: name == "g7" ? 1_800 : nil)
            }
            let isKnown = Set(snapshot.groups.map(\.name))
            snapshot.groupIDPrefixes.removeAll { !isKnown.contains($0.groupName) }
        }
        manager.forgetsHistory = true
        let (manager, ledger, wire, faults) = (fixture.manager, ledger, wire, faults)
        ledger.look(at: manager.store)
        manager.storeObserver = { ledger.look(at: $0) }
        manager.wireObserver = { [unowned manager] in wire.sent.append(($0, manager.store)) }
        manager.fate = { faults.next() }
        for _ in 0..<12 { try welcome() }
    }

    mutating func note(_ happening: Happening) { happened[happening, default: 0] += 1 }

    /// How much the administrator, members, the network and time have done.
    var operations: Int { happened.filter { $0.key != .told }.values.reduce(0, +) }

    /// One operation, and what it has to leave behind.
    mutating func step() throws {
        try wait(.milliseconds(Int.random(in: 0...900, using: &random)))
        try operate()
        #expect(manager.engine.state == manager.store)
        ledger.checkOutsiders(manager.store)
        for index in members.indices.reversed() where members[index].isDone {
            let gone = members.remove(at: index)
            evicted.removeAll { $0.member === gone }
            try welcome()
        }
    }

    /// How many commits there were of which kind, and how much has left the manager.
    var summary: String {
        let commits = CommitFate.allCases.map { "\($0) \(faults.counts[$0] ?? 0)" }.joined(separator: ", ")
        return "commits: \(commits); \(ledger.messages) messages, \(ledger.groupIDCount) Gids"
    }

    /// The faults end: whatever was due comes, and everybody is told.
    mutating func close() throws {
        note(.refused, faults.counts[.refused])
        note(.lostBefore, faults.counts[.lostBefore])
        note(.lostBehind, faults.counts[.lostBehind])
        faults.isOn = false
        for _ in 0..<100 { try wait(.seconds(1)) }
        ledger.checkOutsiders(manager.store)
        for group in manager.store.groups.values {
            #expect(group.record.dueRekeying == nil)
        }
        #expect(manager.engine.state == manager.store)
        // Whatever a member is told when it asks once more is what the store says.
        for member in members where member.isMember {
            guard try readKeys(member) else { continue }
            let stored = manager.store.groups[member.groupName]
            #expect(stored?.member(member.identity)?.senderID == member.senderID)
            #expect(stored?.record.groupID == member.groupID)
        }
        #expect(ledger.nonceViolations == 0)
    }

    private mutating func note(_ happening: Happening, _ count: Int?) { happened[happening] = count }

    /// Somebody comes who was never here: every other one has an invitation, the rest a server of its own.
    private mutating func welcome() throws {
        count += 1
        let name = "n\(count)"
        let group = Self.groups[count.isMultiple(of: 3) ? 1 : 0]
        let address = SocketAddress(.loopback, port: UInt16(10_000 + count % 50_000))
        guard count.isMultiple(of: 2) else {
            let client = try TestClient(seed: seed << 24 ^ count, name: name, address: address)
            let identity = try #require(
                ClientIdentity(issuer: Fixture.issuer, subject: name, inputMaterialID: []))
            members.append(HistoryMember(client, in: group, identity: identity))
            return
        }
        let request = CreateInvitationRequest(
            nodeName: name, roles: [.requester, .responder], lifetime: 1 << 30, managerAddress: "[::1]:5683")
        guard let answer = try administer(.post, "gosc/groups/\(group)/invitations", request.encoded()),
            answer.code == .created
            // It was made, and the answer was lost with the manager: somebody else comes.
        else { return try welcome() }
        let payload = answer.payload
        let invitation = try Invitation(parsing: CreateInvitationAnswer(decoding: payload.span).invitation)
        members.append(
            HistoryMember(
                try TestNode(invitation, seed: seed << 24 ^ count, address: address), in: group,
                identity: ClientIdentity(invitation: invitation.clientSenderID)))
    }

    // MARK: - The network

    /// Lets time pass, with the network at work.
    mutating func wait(_ duration: Duration) throws {
        _ = manager.pass(duration)
        try drain()
    }

    /// Sends a request and waits for its answer; `nil` if none came.
    mutating func exchange(
        _ message: Message, over association: TestAssociation, of member: HistoryMember
    ) throws -> Message? {
        let (datagram, token) = try member.protect(message, over: association)
        return try send(datagram, token, of: member)
    }

    mutating func send(_ datagram: [UInt8], _ token: Token, of member: HistoryMember) throws -> Message? {
        _ = manager.deliver(datagram, from: member.address)
        try drain()
        guard let answer = member.answer(to: token) else { return nil }
        if answer.code.isSuccess { member.latest = datagram }
        return answer
    }

    /// Asks as the administrator until there is an answer that is more than a failure.
    mutating func administer(_ code: Code, _ path: String, _ payload: [UInt8] = []) throws -> AdminResponse? {
        for _ in 0..<60 {
            let answer = manager.administer(code, path, payload)
            try drain()
            if let answer, answer.code != .serviceUnavailable { return answer }
            try wait(.milliseconds(Int.random(in: 0...2_000, using: &random)))
        }
        ledger.violate("\(code) \(path): never answered")
        return nil
    }

    /// Delivers what the manager has sent, and what comes back; one answer in six is lost.
    mutating func drain() throws {
        while !wire.sent.isEmpty {
            let sent = wire.sent
            wire.sent = []
            for (datagram, store) in sent {
                guard let member = members.first(where: { $0.address == datagram.destination }),
                    let (request, answer) = try member.receive(datagram.bytes, store, ledger)
                else { continue }
                if request.code == .post {
                    let payload = request.payload
                    let keys = try RekeyingMessage(decoding: payload.span)
                    reveal(keys.version, keys.groupID, keys.masterSecret, to: member, store)
                    note(.told)
                }
                guard Int.random(in: 0..<6, using: &random) > 0 else { continue }
                _ = manager.deliver(answer, from: member.address)
            }
        }
    }

    /// A member is told keys.
    ///
    /// - Parameter store: As it was when they were sent.
    func reveal(
        _ version: UInt64, _ groupID: [UInt8], _ secret: [UInt8], to member: HistoryMember, _ store: ManagerState
    ) {
        ledger.reveal(
            groupName: member.groupName, version: version, groupID: groupID, secret: secret, to: member.identity,
            store: store)
    }
}
