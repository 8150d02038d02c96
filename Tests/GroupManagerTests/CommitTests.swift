import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupManager
import OSCORE
import TestSupport
import Testing

/// What is told is durable, and what does not become durable has not happened.
struct CommitTests {
    @Test(.requirement("GM-0130", "GM-0369", "GM-0495"), arguments: Journey.Step.allCases)
    func aFailedCommitTakesEverythingBack(step: Journey.Step) throws {
        let (manager, journey) = try TestManager.withJourney(seed: 211)
        try journey.advance(to: step, manager)
        for attempt in 0..<3 {
            let before = manager.store
            let events = manager.events.count
            manager.failsNextCommit = true
            let datagram = try journey.datagram(step)
            let answer = try journey.association(for: step).open(manager.deliver(datagram, from: journey.node.address))
            #expect(answer.code == .serviceUnavailable, "\(step) \(attempt)")
            if answer.options.oscore == nil, !answer.options.isEmpty { #expect(answer.options.maxAge != nil) }
            #expect(answer.payload == [])
            #expect(manager.store == before && manager.engine.state == before)
            // Nothing is said to have happened.
            #expect(manager.events.dropFirst(events).allSatisfy { if case .commitFailed = $0 { true } else { false } })
            #expect(!manager.engine.status.isHealthy)
            // The message layer knows this datagram: it is answered with the same.
            #expect(try TestAssociation.outer(manager.deliver(datagram, from: journey.node.address)).code != .empty)
            #expect(manager.store == before)
        }
        try journey.perform(step, manager)
        #expect(manager.engine.status.isHealthy)
        #expect(manager.engine.status.commitFailures == 3)
    }

    @Test(.requirement("GM-0130", "GM-0495"), arguments: Journey.Step.allCases)
    func nothingLeavesBeforeTheCommit(step: Journey.Step) throws {
        let (manager, journey) = try TestManager.withJourney(seed: 221)
        try journey.advance(to: step, manager)
        let before = manager.store
        manager.holdsCommits = true
        let datagram = try journey.datagram(step)
        #expect(manager.deliver(datagram, from: journey.node.address) == [])
        // Again, and some time later: no answer, and no second decision.
        #expect(manager.deliver(datagram, from: journey.node.address) == [])
        let writes = try #require(manager.heldCommit).writes
        #expect(!writes.isEmpty && manager.store == before)
        let sent = manager.finishCommit()
        #expect(manager.heldCommit == nil)
        let answer = try #require(try journey.association(for: step).openOwn(sent).first)
        #expect(answer.code == Journey.success(step))
        #expect(manager.store != before)
    }

    /// A crash before the commit: it has not happened. One behind it: it has, though nobody was told.
    @Test(
        .requirement("GM-0062", "GM-0129", "GM-0130", "GM-0492", "GM-0493", "GM-0495"), arguments: Journey.Step.allCases
    )
    func aCrashBeforeOrBehindTheCommit(step: Journey.Step) throws {
        for isBehind in [false, true] {
            let (manager, journey) = try TestManager.withJourney(seed: 231)
            try journey.advance(to: step, manager)
            let before = manager.store
            manager.holdsCommits = true
            let datagram = try journey.datagram(step)
            #expect(manager.deliver(datagram, from: journey.node.address) == [])
            manager.holdsCommits = false
            // What was sent is lost.
            if isBehind { _ = manager.finishCommit() }
            let after = manager.store
            #expect((after == before) == !isBehind)
            try manager.restart()
            #expect(manager.engine.state == after)
            // The same datagram again is a replay where its mark is durable, and else a request as any other.
            let again = try TestAssociation.outer(manager.deliver(datagram, from: journey.node.address))
            if isBehind {
                #expect(again.code == .unauthorized && again.options.oscore == nil, "\(step)")
                #expect(manager.events.last == .rejected(from: journey.node.address, reason: .replay))
                #expect(manager.store == after)
            } else if step == .firstRequest {
                #expect(again.code == .unauthorized)
                try journey.upload(manager)
            } else {
                #expect(again.options.oscore != nil, "\(step)")
            }
            try continues(journey, from: step, manager, hasHappened: isBehind || again.options.oscore != nil)
        }
    }

    /// A node that was told nothing asks again, and gets through.
    private func continues(
        _ journey: Journey, from step: Journey.Step, _ manager: TestManager, hasHappened: Bool
    ) throws {
        func ask(_ step: Journey.Step) throws -> Message {
            try #require(
                try journey.association(for: step).openOwn(
                    manager.deliver(journey.datagram(step), from: journey.node.address)
                ).first)
        }
        let answer = try ask(step)
        try journey.take(step, answer, manager)
        switch step {
        case .token: #expect(answer.code == .created)
        case .join where hasHappened:
            #expect(answer.code == .changed)
            #expect(manager.store.snapshot.assignedSenderIDs.count == 1)
        case .leave where hasHappened: #expect(answer.problem == 0)
        default: #expect(answer.code == Journey.success(step), "\(step)")
        }
        if step == .leave || step == .token || step == .firstRequest {
            #expect(try ask(.join).code == .created)
        }
        #expect(try ask(.leave).code == .deleted)
    }

    /// Between any two steps the manager may start again; the node notices nothing.
    @Test(.requirement("GM-0062", "GM-0491", "GM-0492", "GM-0493", "GM-0494"))
    func restartsBetweenAllSteps() throws {
        let (manager, journey) = try TestManager.withJourney(seed: 241)
        for step in Journey.Step.allCases {
            try journey.perform(step, manager)
            guard step != .token else { continue }
            let state = manager.store
            try manager.restart()
            #expect(manager.engine.state == state)
        }
    }

    /// What several ask at once is decided on in one turn, each on what those before it leave behind.
    @Test(.requirement("GM-0129", "GM-0233", "GM-0495"))
    func manyRequestsShareOneCommit() throws {
        let fixture = try Fixture(seed: 251)
        let manager = fixture.manager
        let clients = try (0..<20).map { try fixture.client("n\($0)", [("g7", 6)]) }
        let datagrams = try clients.map { client in
            let message = TestClient.joinMessage(
                try client.joinRequest("g7", .requester).encoded(), path: ["ace-group", "g7"])
            return (try client.link().protect(message), from: client.address)
        }
        let commits = manager.engine.counters.commits
        let sent = manager.deliver(datagrams)
        #expect(manager.engine.counters.commits == commits + 1)
        var ids: Set<[UInt8]> = []
        for client in clients {
            let answer = try #require(try client.link().openOwn(sent).first)
            #expect(answer.code == .created)
            #expect(ids.insert(try #require(try answer.map[8]?.mapValue?[7]?.byteString)).inserted)
        }
        #expect(ids.count == 20)
        // Two of one client, for different things, and twice the same.
        let client = clients[0]
        let association = try client.link()
        let node = "ace-group/g7/nodes/n0"
        let twice = try [
            association.protect(TestClient.message(.post, node)), association.protect(TestClient.message(.post, node)),
            association.protect(TestClient.message(.delete, node)),
            association.protect(TestClient.message(.post, node)),
        ]
        let answers = try association.openOwn(manager.deliver(twice.map { ($0, from: client.address) }))
        #expect(answers.map(\.code) == [.content, .content, .deleted, .forbidden])
        #expect(answers.map(\.problem).last == 0)
    }

    /// All of a turn is taken back, whoever asked.
    @Test(.requirement("GM-0369"))
    func aFailedTurnIsTakenBackForAll() throws {
        let fixture = try Fixture(seed: 261) { $0.decisionsPerCommit = 3 }
        let manager = fixture.manager
        let clients = try (0..<5).map { try fixture.client("n\($0)", [("g7", 6)]) }
        func datagrams() throws -> [([UInt8], from: SocketAddress)] {
            try clients.map { client in
                let message = TestClient.joinMessage(
                    try client.joinRequest("g7", .requester).encoded(), path: ["ace-group", "g7"])
                return (try client.link().protect(message), from: client.address)
            }
        }
        manager.failsNextCommit = true
        let first = try manager.deliver(datagrams())
        let codes = try clients.map { try #require(try $0.link().openOwn(first).first).code }
        // The first three waited for the commit that failed; the others were in the next one.
        #expect(codes == [.serviceUnavailable, .serviceUnavailable, .serviceUnavailable, .created, .created])
        #expect(manager.store.snapshot.members.map(\.name).sorted() == ["n3", "n4"])
        #expect(manager.store.clients.count == 2)
        #expect(manager.member("n3")?.senderID == [0])
        let second = try manager.deliver(datagrams())
        for (index, client) in clients.enumerated() {
            let answer = try #require(try client.link().openOwn(second).first)
            #expect(answer.code == (index < 3 ? .created : .changed))
        }
    }

    /// Administrators are told, too.
    @Test(.requirement("GM-0369", "GM-0439"))
    func aFailedCommitIsToldToTheAdministrator() throws {
        let manager = try TestManager(seed: 271)
        try manager.createGroup()
        let invitation = CreateInvitationRequest(
            nodeName: "lamp", roles: .responder, lifetime: 60, managerAddress: "[::1]:5683")
        let requests: [(Code, String, [UInt8])] = [
            (.post, "gosc/groups", CreateGroupRequest(configuration: GroupConfiguration(groupName: "g8")).encoded()),
            (.post, "gosc/groups/g7/invitations", invitation.encoded()),
            (.post, "gosc/revocations", RevokeTokenRequest(tokenID: [1]).encoded()),
            (.delete, "gosc/groups/g7/invitations/lamp", []),
        ]
        for (code, path, payload) in requests {
            let before = manager.store
            manager.failsNextCommit = true
            #expect(manager.administer(code, path, payload)?.code == .serviceUnavailable)
            #expect(manager.store == before && manager.engine.state == before)
            #expect(try manager.ask(code, path, payload).code.isSuccess)
            #expect(manager.store != before)
        }
    }

    @Test func inputsWaitWhileACommitIsOpen() throws {
        let fixture = try Fixture(seed: 281)
        let manager = fixture.manager
        let clients = try (0..<3).map { try fixture.client("n\($0)", [("g7", 6)]) }
        manager.holdsCommits = true
        for client in clients {
            let message = TestClient.joinMessage(
                try client.joinRequest("g7", .requester).encoded(), path: ["ace-group", "g7"])
            let datagram = try client.link().protect(message)
            #expect(manager.deliver(datagram, from: client.address) == [])
        }
        #expect(manager.administer(.get, "gosc/groups/g7") == nil)
        #expect(manager.store.snapshot.members.isEmpty)
        var sent = manager.finishCommit()
        #expect(manager.store.snapshot.members.count == 1)
        sent += manager.finishCommit()
        #expect(manager.store.snapshot.members.count == 3 && manager.heldCommit == nil)
        for client in clients {
            #expect(try client.link().openOwn(sent).map(\.code) == [.created])
        }
        #expect(Set(manager.store.snapshot.assignedSenderIDs).count == 3)
        #expect(manager.engine.counters.commits >= 2)
    }

    @Test func aFullQueueSaysTryAgain() throws {
        let manager = try TestManager(seed: 291) { $0.queueLimit = 2 }
        try manager.createGroup()
        manager.holdsCommits = true
        let body = RevokeTokenRequest(tokenID: [1]).encoded()
        #expect(manager.administer(.post, "gosc/revocations", body) == nil)
        for _ in 0..<2 { #expect(manager.administer(.get, "manage") == nil) }
        #expect(manager.administer(.get, "manage")?.code == .serviceUnavailable)
        #expect(manager.finishCommit() == [])
        manager.holdsCommits = false
        #expect(manager.administer(.get, "manage")?.code == .content)
    }

    /// Names that are not the open one are nobody's.
    @Test func otherCommitsAreIgnored() throws {
        let (manager, journey) = try TestManager.withJourney(seed: 295)
        manager.holdsCommits = true
        #expect(try manager.deliver(journey.datagram(.token), from: journey.node.address) == [])
        let before = manager.engine.state
        var effects: [ManagerEffect] = []
        for id in [CommitID(0), CommitID(999)] {
            manager.engine.committed(
                id, at: manager.now, wallClock: manager.wallClock, random: &manager.random, effects: &effects)
            manager.engine.commitFailed(
                id, at: manager.now, wallClock: manager.wallClock, random: &manager.random, effects: &effects)
        }
        #expect(effects == [] && manager.engine.state == before)
        #expect(manager.finishCommit().count == 1)
    }
}
