import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

@testable import GroupManager

/// Whoever is evicted is told, once.
struct EvictionNoticeTests {
    private func group(without: Set<String> = []) throws -> ControlledGroup {
        try ControlledGroup([("lamp-1", .responder), ("lamp-2", .responder)], without: without)
    }

    private func observe(_ paths: [String], _ group: ControlledGroup) throws {
        let lamp = try group["lamp-1"]
        for path in paths {
            let answer = try lamp.association.ask(group.manager, TestClient.message(.get, path) { $0.observe = 0 })
            #expect(answer.options.observe != nil)
        }
    }

    private let places = ["ace-group/g7", "ace-group/g7/nodes/lamp-1"]

    @Test(.requirement("GM-0346", "GM-0347"), arguments: [false, true])
    func atItsControlResource(endsClient: Bool) throws {
        let group = try group()
        try observe(places, group)
        let lamp = try group["lamp-1"]
        let sent = try group.evict("lamp-1", endsClient: endsClient)
        #expect(sent.map(\.destination) == [lamp.address])
        try group.deliver(sent)
        #expect(lamp.requests.map(\.code) == [.delete])
        #expect(lamp.requests[0].options.uriPath == ["ace-group", "g7", "node"] && lamp.requests[0].payload == [])
        #expect(!lamp.requests[0].options.contains(.groupcommError))
        // No observation of it is left, and no keys go to it.
        try group.rekey()
        try group.pass(.seconds(300))
        #expect(lamp.datagrams.count == 1 && group.outcomes == [ControlledGroup.outcome(1, 1)])
        #expect(group.manager.engine.endpoint.protection.departed.isEmpty)
    }

    @Test(.requirement("GM-0211", "GM-0347"), arguments: [false, true])
    func byTheEndOfWhatItObserves(endsClient: Bool) throws {
        let group = try group(without: ["lamp-1"])
        try observe(places, group)
        let lamp = try group["lamp-1"]
        let sent = try group.evict("lamp-1", endsClient: endsClient)
        let messages = try lamp.association.openOwn(sent)
        #expect(sent.count == 1 && messages.map(\.code) == [.notFound])
        #expect(messages[0].problem == 5 && messages[0].options.observe == nil)
        try group.rekey()
        try group.deliver(group.manager.pass(.milliseconds(1)))
        #expect(group.told == ["lamp-2"])
        #expect(group.manager.engine.endpoint.protection.departed.isEmpty)
    }

    /// Whoever observes the group, too, may want to hear of its own place only when that is no more.
    @Test(.requirement("GM-0210", "GM-0211"))
    func newKeysAreNotToldTwiceToWhoeverDoesNotWantThat() throws {
        let group = try group(without: ["lamp-1"])
        let lamp = try group["lamp-1"]
        try observe([places[0]], group)
        let request = TestClient.message(.get, places[1]) { ($0.observe, $0.noResponse) = (0, 2) }
        let answer = try TestAssociation.outer(
            group.manager.deliver(try lamp.association.protect(request), from: lamp.address))
        #expect(answer.code == .empty)
        let own = lamp.association.lastToken
        #expect(try group.manager.ask(.post, "gosc/groups/g7/rekey").code == .changed)
        let sent = group.manager.sentByAdministration
        let tokens = try sent.filter { $0.destination == lamp.address }.map {
            try DatagramCodec.decode($0.bytes.span).0.token
        }
        #expect(tokens.count == 1 && tokens != [own])
        #expect(try lamp.association.openOwn(sent).map(\.code) == [.content])
        let last = try lamp.association.openOwn(try group.evict("lamp-1", endsClient: false))
        #expect(last.map(\.code) == [.notFound] && last.map(\.problem) == [5])
    }

    @Test(.requirement("GM-0347"), arguments: [false, true])
    func notAtAllWithoutEither(endsClient: Bool) throws {
        let group = try group(without: ["lamp-1"])
        try observe([places[0]], group)
        #expect(try group.evict("lamp-1", endsClient: endsClient) == [])
        try group.rekey()
        try group.pass(.seconds(100))
        #expect(group.told == ["lamp-2"])
    }

    /// It is told for half a minute, and whatever it asks meanwhile is refused.
    @Test(.requirement("GM-0347"), arguments: [false, true])
    func notForEver(endsClient: Bool) throws {
        let group = try group()
        let lamp = try group["lamp-1"]
        lamp.respond = { _ in nil }
        try group.deliver(try group.evict("lamp-1", endsClient: endsClient))
        let request = try lamp.association.protect(TestClient.message(.get, places[1]))
        let answers = group.manager.deliver(request, from: lamp.address)
        if endsClient {
            #expect(try TestAssociation.outer(answers).code == .unauthorized)
        } else {
            #expect(try lamp.association.open(answers).code == .forbidden)
        }
        try group.pass(.seconds(31))
        #expect(lamp.requests.map(\.code) == [.delete, .delete, .delete] && lamp.datagrams.count <= 9)
        try group.pass(.seconds(300))
        #expect(lamp.requests.count == 3)
        #expect(group.manager.engine.endpoint.protection.departed.isEmpty)
        #expect(Set(lamp.datagrams).count == 3)
    }

    /// What one of two notices needs does not go with the other, which began when the client was there still.
    @Test(.requirement("GM-0347"))
    func inEachGroupForItsTime() throws {
        let group = try group()
        let lamp = try group["lamp-1"]
        var other = try #require(group.manager.member("lamp-1"))
        other.groupName = "other"
        try group.deliver(try group.change([.insertMember(other)]))
        lamp.respond = { _ in nil }
        try group.deliver(try group.evict("lamp-1", endsClient: false))
        try group.pass(.seconds(20))
        try group.deliver(try group.evict("lamp-1", from: "other", endsClient: true))
        #expect(group.manager.engine.endpoint.protection.departed.count == 1)
        try group.pass(.seconds(15))
        #expect(group.manager.engine.endpoint.protection.departed.count == 1)
        lamp.respond = { _ in Message(code: .deleted) }
        try group.pass(.seconds(60))
        #expect(group.manager.engine.endpoint.protection.departed.isEmpty)
        #expect(group.manager.engine.distributions.evictions.isEmpty)
        #expect(lamp.latestAnswer != nil, "it was told of the second")
    }

    /// Whoever is a member again is not told that it is none: neither while that is under way nor between two attempts.
    @Test(.requirement("GM-0347"), arguments: [(0, false), (9, false), (17, false), (0, true)])
    func notOnceItIsAMemberAgain(seconds: Int, endsClient: Bool) throws {
        let group = try group()
        let lamp = try group["lamp-1"]
        let record = try #require(group.manager.member("lamp-1"))
        let client = try #require(group.manager.store.clients.values.first { $0.client == record.client })
        lamp.respond = { _ in nil }
        try group.deliver(try group.evict("lamp-1", endsClient: endsClient))
        try group.pass(.seconds(seconds))
        let count = lamp.datagrams.count
        #expect(count > 0)
        let writes = (endsClient ? [ManagerWrite.insertClient(client)] : []) + [.insertMember(record)]
        try group.deliver(try group.change(writes))
        try group.pass(.seconds(60))
        #expect(lamp.datagrams.count == count)
        #expect(group.manager.engine.distributions.operations.isEmpty)
        #expect(group.manager.engine.distributions.evictions.isEmpty)
        #expect(group.manager.engine.endpoint.protection.departed.isEmpty)
        // And of the next time it is told again.
        try group.deliver(try group.evict("lamp-1", endsClient: false))
        #expect(lamp.datagrams.count == count + 1)
    }

    /// Somebody else who comes changes nothing of that.
    @Test(.requirement("GM-0347"))
    func whoeverElseComesDoesNotStopIt() throws {
        let group = try group()
        let lamp = try group["lamp-1"]
        lamp.respond = { _ in nil }
        let record = try #require(group.manager.member("lamp-2"))
        try group.deliver(try group.change([.removeMember(record.key)]))
        try group.deliver(try group.evict("lamp-1", endsClient: false))
        try group.deliver(try group.change([.insertMember(record)]))
        try group.pass(.seconds(31))
        #expect(lamp.requests.map(\.code) == [.delete, .delete, .delete])
    }

    /// What does not become durable has not happened, and nobody is told.
    @Test(.requirement("GM-0347", "GM-0369"))
    func notBeforeItIsDurable() throws {
        let group = try group()
        group.manager.holdsCommits = true
        #expect(try group.evict("lamp-1", endsClient: true) == [])
        group.manager.failsNextCommit = true
        #expect(group.manager.finishCommit() == [])
        group.manager.holdsCommits = false
        #expect(group.manager.member("lamp-1") != nil)
        try group.rekey()
        try group.pass(.seconds(5))
        #expect(try group["lamp-1"].requests.map(\.code) == [.post])
    }
}

extension ControlledGroup {
    /// Evicts a member, as a decision does; answers what was sent.
    fileprivate func evict(
        _ name: String, from groupName: String = "g7", endsClient: Bool
    ) throws -> [OutgoingDatagram] {
        let engine = manager.engine
        let record = try #require(engine.state.groups[groupName]?.members[name])
        let recipientID = try #require(engine.state.recipientIDs[record.client])
        var turn = OpenTurn(id: engine.makeCommitID())
        turn.evicted = engine.hold([EvictedMember(record, in: engine.state)])
        var writes: [ManagerWrite] = []
        let wanted =
            [ManagerWrite.removeMember(record.key)] + (endsClient ? [.removeClient(recipientID: recipientID)] : [])
        let isApplied = engine.apply(wanted, in: &turn, writes: &writes, random: &manager.random)
        #expect(isApplied)
        var decision = AdminDecision(AdminResponse(code: .deleted))
        if endsClient { decision.ended = [.client(recipientID)] }
        turn.replies = [.admin(AdminRequestID(.max), decision)]
        engine.open = turn
        return manager.run([.commit(ManagerChangeSet(id: turn.id, writes: writes))])
    }

    /// Makes a change durable, as a decision does; answers what was sent.
    fileprivate func change(_ wanted: [ManagerWrite]) throws -> [OutgoingDatagram] {
        let engine = manager.engine
        var turn = OpenTurn(id: engine.makeCommitID())
        var writes: [ManagerWrite] = []
        let isApplied = engine.apply(wanted, in: &turn, writes: &writes, random: &manager.random)
        #expect(isApplied)
        engine.open = turn
        return manager.run([.commit(ManagerChangeSet(id: turn.id, writes: writes))])
    }
}
