import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CoAPEngine
import TestSupport
import Testing

@testable import GroupManager

/// Random histories of a group, with disks that fail and power that goes, beside what should be true.
struct OracleTests {
    @Test(
        .requirement("GM-0129", "GM-0130", "GM-0233", "GM-0241", "GM-0243", "GM-0395", "GM-0495", "GM-0499"),
        arguments: UInt64(1)...100)
    func noIdentifierIsHandedOutTwiceOrBurnt(seed: UInt64) throws {
        try run(RandomHistory(seed: seed), without: [.evictedAsElder])
    }

    /// The same in a group whose Gids come again after five.
    @Test(.requirement("GM-0386", "GM-0388", "GM-0395", "GOSC-0324"), arguments: UInt64(201)...240)
    func noIdentifierIsHandedOutTwiceWhereGidsComeAgain(seed: UInt64) throws {
        try run(RandomHistory(seed: seed, reusesGroupIDs: true), without: [])
    }

    private func run(_ random: RandomHistory, without excluded: Set<RandomHistory.Happening>) throws {
        var history = random
        for _ in 0..<1_000 { try history.step() }
        try history.close()
        // A history in which nothing happens proves nothing.
        for what in RandomHistory.Happening.allCases where !excluded.contains(what) {
            #expect(history.happened[what, default: 0] > 3, "\(what)")
        }
        #expect(excluded.allSatisfy { history.happened[$0] == nil })
    }
}

/// One group, a few nodes that come and go, and a model that knows nothing but sets.
private struct RandomHistory {
    enum Happening: CaseIterable {
        case joined, joinedAgain, repeated, renewed, left, updated, diskFailed, lostBefore, lostAfter, duplicated,
            reordered, invited, evictedAsElder
    }

    /// A node as the model knows it.
    final class Player {
        let node: TestNode
        var isMember = false
        var senderID: [UInt8]?
        /// The Gid under which it was told its Sender ID last by a join.
        var groupID: [UInt8] = []
        /// The version that belonged to it: a Gid may come again.
        var version: UInt64 = 0
        /// Under which Gid and version it has joined last.
        var joinedGroupID: [UInt8] = []
        var joinedVersion: UInt64 = 0
        /// Whether it has heard of everything that was done for it.
        var isUpToDate = true
        /// N_C of the join under way or made.
        var nonce: [UInt8] = []
        /// The last datagram that was answered, and the answer.
        var last: (datagram: [UInt8], answer: [OutgoingDatagram])?

        init(_ node: TestNode) { self.node = node }
    }

    struct HandedOut: Hashable {
        let groupID: [UInt8]
        let version: UInt64
        let senderID: [UInt8]
    }

    let manager: TestManager
    var random: SeededGenerator
    var players: [Player] = []
    /// Every Sender ID that anybody was ever told, with its Gid.
    var handedOut: Set<HandedOut> = []
    var happened: [Happening: Int] = [:]
    private var nextSeed: UInt64

    init(seed: UInt64, reusesGroupIDs: Bool = false) throws {
        manager = try TestManager(seed: seed) {
            $0.contextsPerInvitation = 4
            $0.departureWindow = .zero
            if reusesGroupIDs { $0.lastEpoch = 4 }
        }
        manager.comparesStates = false
        manager.forgetsHistory = true
        try manager.createGroup { $0.reusesGroupIDs = reusesGroupIDs }
        try manager.rekeyAtOnce()
        random = SeededGenerator(seed: seed &* 7)
        nextSeed = seed << 20
        for _ in 0..<6 { try invite() }
    }

    mutating func step() throws {
        // Time passes, so that duplicates are not for ever the same exchange.
        _ = manager.pass(.milliseconds(Int.random(in: 0...900, using: &random)))
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<3 where players.count < 24: try invite()
        case 3..<6: try replacePlayer()
        case 6..<12: try duplicate()
        case 12..<16: try reorder()
        default: try act(of: players.randomElement(using: &random)!)
        }
        try lookForElders()
    }

    /// Under a Gid that has come again nobody is a member who was one when it was in use before.
    private mutating func lookForElders() throws {
        let group = try #require(manager.store.groups["g7"])
        for player in players where player.isMember && player.isUpToDate {
            guard group.member(ClientIdentity(invitation: player.node.invitation.clientSenderID)) != nil else {
                // It hears of it when it asks, and then joins again.
                player.isMember = false
                player.nonce = []
                note(.evictedAsElder)
                continue
            }
            #expect(player.joinedGroupID != group.record.groupID || player.joinedVersion == group.record.version)
        }
    }

    /// Everything that the store says is what the model says.
    func close() throws {
        let state = try #require(manager.store.groups["g7"])
        let ids = state.record.groupID
        let assigned = Set(manager.store.snapshot.assignedSenderIDs.filter { $0.groupID == ids }.map(\.senderID))
        // What was assigned and never told was lost on the way: its node has asked again and been told, or will be.
        let told = handedOut.filter { $0.groupID == ids && $0.version == state.record.version }.map(\.senderID)
        #expect(Set(told).isSubset(of: assigned))
        for player in players where player.isMember && player.isUpToDate {
            let member = state.member(ClientIdentity(invitation: player.node.invitation.clientSenderID))
            #expect(member?.senderID == player.senderID)
        }
        let held = state.members.values.compactMap(\.senderID)
        #expect(Set(held).count == held.count)
        // Every identifier that is neither held nor told is stale, and none that is held is.
        let stale = Set(
            manager.store.snapshot.staleSenderIDs.filter { $0.version == state.record.version }.map(\.senderID))
        #expect(stale.isDisjoint(with: held))
        #expect(stale.union(held) == assigned)
    }

    private mutating func invite() throws {
        nextSeed += 1
        let invitation = try manager.invite("n\(nextSeed)")
        let address = SocketAddress(.loopback, port: UInt16(20_000 + nextSeed % 20_000))
        players.append(Player(try TestNode(invitation, seed: nextSeed, address: address)))
        note(.invited)
    }

    /// Somebody goes for good: its identifiers stay taken.
    private mutating func replacePlayer() throws {
        guard
            let index = players.indices.filter({ !players[$0].isMember && players[$0].senderID != nil }).randomElement(
                using: &random)
        else { return }
        players.remove(at: index)
        try invite()
    }

    private mutating func act(of player: Player) throws {
        let node = player.node
        if node.association == nil {
            guard try enrol(node) else { return }
        }
        let before = assignedCount
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<2 where player.isMember: try leave(player)
        case 2..<5 where player.isMember: try renew(player)
        case 5 where player.isMember: try update(player)
        default:
            // The same join as the one whose answer was lost, or a new one.
            let isRepeated = !player.nonce.isEmpty && Bool.random(using: &random)
            if !isRepeated { player.nonce = node.bytes(8) }
            try join(player, before: before)
        }
    }

    /// Token and association; false if something went wrong on the way, as it may.
    private mutating func enrol(_ node: TestNode) throws -> Bool {
        let fault = drawFault()
        guard let answer = try exchange({ try node.server.protect(TestNode.tokenMessage()) }, node.server, fault),
            answer.code == .created
        else { return false }
        let payload = answer.payload
        let response = try TokenResponse(decoding: payload.span)
        node.token = response.accessToken
        guard case .inputMaterial(let material) = response.confirmation else { return false }
        node.material = material
        try node.upload(manager)
        return true
    }

    private mutating func join(_ player: Player, before: Int) throws {
        let node = player.node
        let wasMember = player.isMember
        let request = try node.joinRequest(manager, getCreds: nil, nonce: player.nonce)
        let fault = drawFault()
        guard let answer = try ask(player, node.joinMessage(request.encoded()), fault) else {
            // It may have joined once more without having heard of it.
            player.joinedGroupID = []
            return
        }
        guard answer.code == .created || answer.code == .changed else {
            #expect(answer.code == .serviceUnavailable, "\(answer.code)")
            return
        }
        let payload = answer.payload
        let response = try JoinResponse(decoding: payload.span)
        let key = response.key
        let senderID = try #require(key.senderID)
        if wasMember, senderID == player.senderID, key.groupID == player.groupID, response.version == player.version {
            note(.repeated)
            #expect(assignedCount == before)
        } else {
            note(wasMember ? .joinedAgain : .joined)
            tell(senderID, under: key.groupID, response.version)
        }
        player.isMember = true
        player.isUpToDate = true
        player.senderID = senderID
        (player.groupID, player.version) = (key.groupID, response.version)
        (player.joinedGroupID, player.joinedVersion) = (key.groupID, response.version)
    }

    private mutating func renew(_ player: Player) throws {
        let message = TestClient.message(.post, "ace-group/g7/nodes/\(player.node.invitation.nodeName)")
        let (groupID, version) = (groupID, version)
        guard let answer = try ask(player, message, drawFault()), answer.code == .content else { return }
        let payload = answer.payload
        let senderID = try SenderIDAnswer(decoding: payload.span).senderID
        note(.renewed)
        tell(senderID, under: groupID, version)
        player.isUpToDate = true
        player.senderID = senderID
        (player.groupID, player.version) = (groupID, version)
    }

    private mutating func leave(_ player: Player) throws {
        let message = TestClient.message(.delete, "ace-group/g7/nodes/\(player.node.invitation.nodeName)")
        guard let answer = try ask(player, message, drawFault()) else { return }
        // It has left already, and did not hear of it.
        guard answer.code == .deleted || answer.code == .forbidden else { return }
        note(.left)
        player.isMember = false
        player.nonce = []
    }

    private mutating func update(_ player: Player) throws {
        let node = player.node
        let nonce = node.bytes(8)
        let scope = ScopeEntry(groupName: "g7", roles: node.invitation.roles).encoded()
        let update = CredentialUpdate(
            credential: node.credential.bytes, clientNonce: nonce,
            evidence: try node.evidence(scope: scope, nonce: nonce))
        let message = TestClient.message(
            .post, "ace-group/g7/nodes/\(node.invitation.nodeName)/cred", update.encoded(), format: .aceGroupcomm)
        if try ask(player, message, drawFault())?.code == .changed { note(.updated) }
    }

    /// The same datagram comes once more: nothing changes, and nothing new is said.
    private mutating func duplicate() throws {
        guard let player = players.filter({ $0.last != nil }).randomElement(using: &random), let last = player.last
        else { return }
        let (assigned, members) = (assignedCount, manager.store.groups["g7"]?.members.count)
        let answer = manager.deliver(last.datagram, from: player.node.address)
        #expect(assignedCount == assigned)
        #expect(manager.store.groups["g7"]?.members.count == members)
        // The answer of before, as long as the exchange is known; after a restart a bare refusal.
        for datagram in answer where !last.answer.contains(datagram) {
            let message = try TestAssociation.message(in: datagram.bytes)
            #expect(message.options.oscore == nil && message.code.isError)
        }
        note(.duplicated)
    }

    /// Two requests of different nodes overtake each other, and come in one batch.
    private mutating func reorder() throws {
        let members = players.filter { $0.isMember && $0.node.association != nil }
        guard members.count >= 2, let first = members.randomElement(using: &random),
            let second = members.filter({ $0 !== first }).randomElement(using: &random)
        else { return }
        let datagrams = try [second, first].map { player in
            let message = TestClient.message(.post, "ace-group/g7/nodes/\(player.node.invitation.nodeName)")
            return (try #require(player.node.association).protect(message), from: player.node.address)
        }
        for datagram in manager.deliver(datagrams) {
            let player = datagram.destination == second.node.address ? second : first
            let answer = try #require(player.node.association).open(datagram.bytes)
            guard answer.code == .content else { continue }
            let payload = answer.payload
            let senderID = try SenderIDAnswer(decoding: payload.span).senderID
            tell(senderID, under: groupID, version)
            player.isUpToDate = true
            player.senderID = senderID
            (player.groupID, player.version) = (groupID, version)
        }
        note(.reordered)
    }

    private mutating func tell(_ senderID: [UInt8], under groupID: [UInt8], _ version: UInt64) {
        let isNew = handedOut.insert(HandedOut(groupID: groupID, version: version, senderID: senderID)).inserted
        #expect(isNew, "\(senderID) a second time under \(groupID)")
    }

    private var groupID: [UInt8] { manager.store.groups["g7"]?.record.groupID ?? [] }

    private var version: UInt64 { manager.store.groups["g7"]?.record.version ?? 0 }

    private var assignedCount: Int { manager.store.groups["g7"]?.assignedSenderIDs.values.first?.count ?? 0 }

    // MARK: - Faults

    enum Fault {
        case none, disk, before, after
    }

    private mutating func drawFault() -> Fault {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: .disk
        case 1: .before
        case 2: .after
        default: .none
        }
    }

    /// Asks over the association of a player; `nil` if no answer came, or the player had to begin anew.
    private mutating func ask(_ player: Player, _ message: Message, _ fault: Fault) throws -> Message? {
        let association = try #require(player.node.association)
        var sent: [UInt8] = []
        let answer = try exchange(
            {
                sent = try association.protect(message)
                return sent
            }, association, fault)
        if let answer, answer.code == .unauthorized {
            // The association was never durable, and the power went: the token makes another.
            player.node.association = nil
            return nil
        }
        if answer == nil { player.isUpToDate = false }
        if answer != nil, fault == .none { player.last = (sent, lastAnswer) }
        return answer
    }

    private var lastAnswer: [OutgoingDatagram] = []

    /// Sends one datagram, while something happens to the manager.
    private mutating func exchange(
        _ datagram: () throws -> [UInt8], _ association: TestAssociation, _ fault: Fault
    ) throws -> Message? {
        switch fault {
        case .none: break
        case .disk:
            manager.failsNextCommit = true
            note(.diskFailed)
        case .before, .after: manager.holdsCommits = true
        }
        let before = manager.store
        lastAnswer = manager.deliver(try datagram(), from: association.address)
        if fault == .disk, !manager.failsNextCommit {
            // GM-0369: nothing of it is there.
            #expect(manager.store == before)
        }
        manager.failsNextCommit = false
        if fault == .before || fault == .after {
            manager.holdsCommits = false
            // The power goes while the disk is at work, or has just done its work: nobody hears of either.
            try manager.loseThePower(keepingCommit: fault == .after)
            note(fault == .after ? .lostAfter : .lostBefore)
            return nil
        }
        return lastAnswer.isEmpty ? nil : try association.open(lastAnswer)
    }

    private mutating func note(_ happening: Happening) {
        happened[happening, default: 0] += 1
    }
}
