import ACEGroupcomm
import CBOR
import CoAP
import TestSupport
import Testing

@testable import GroupManager

/// Several members evicted with one request: in one decision, or not at all.
struct EvictionOfSeveralTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 1_361)
        manager = fixture.manager
    }

    private var version: UInt64? { manager.store.groups["g7"]?.record.version }

    private func evict(_ names: [String]) throws -> AdminResponse {
        try manager.ask(.post, "gosc/groups/g7/evictions", EvictRequest(names: names).encoded())
    }

    private func detail(of answer: AdminResponse) throws -> String? {
        try ProblemDetails(decoding: answer.payload.span).detail
    }

    private func evictions(in manager: TestManager) -> [String] {
        manager.events.compactMap { if case .evicted(_, let node, _) = $0 { node } else { nil } }
    }

    /// One by one, the second would be told the keys that the first is the reason for.
    @Test(.requirement("GM-0346"))
    func neitherOfThemIsToldNewKeysAndTheGroupGetsThemOnce() throws {
        let group = try ControlledGroup([("lamp-1", .responder), ("lamp-2", .responder), ("switch", .requester)])
        let manager = group.manager
        let commits = manager.commits.count
        let answer = try manager.ask(
            .post, "gosc/groups/g7/evictions", EvictRequest(names: ["lamp-1", "lamp-2"]).encoded())
        #expect(answer.code == .changed)
        let change = try #require(manager.commits.dropFirst(commits).first).writes
        #expect(change.count { if case .removeMember = $0 { true } else { false } } == 2)
        #expect(change.count { if case .rekeyGroup = $0 { true } else { false } } == 1)
        try group.deliver(manager.sentByAdministration)
        try group.pass(.seconds(300))
        #expect(manager.store.groups["g7"]?.record.version == 1)
        for name in ["lamp-1", "lamp-2"] {
            // That its membership has ended, and nothing else.
            #expect(try group[name].requests.map(\.code) == [.delete], "\(name)")
        }
        #expect(try group["switch"].keys.map(\.version) == [1])
        #expect(group.outcomes == [ControlledGroup.outcome(1, 1)])
    }

    @Test(.requirement("GM-0346", "GM-0344"))
    func theyDoNotComeBackByThemselves() throws {
        let clients = try ["a", "b"].map { try fixture.member($0) }
        let rest = try fixture.member("c")
        let evicted = try evict(["a", "b"])
        let answer = try EvictAnswer(decoding: evicted.payload.span)
        #expect(evicted.code == .changed && answer == EvictAnswer(members: ["a", "b"], keptOut: []))
        #expect(version == 1 && manager.store.groups["g7"]?.staleSenderIDs[0]?.count == 2)
        for client in clients { #expect(try client.ask(manager, .get, "ace-group/g7").problem == 5) }
        #expect(try rest.ask(manager, .get, "ace-group/g7").map[9] == 1)
        _ = manager.pass(.seconds(60))
        #expect(version == 1)
    }

    @Test func oneNameThatIsNobodysKeepsEverybodyIn() throws {
        for name in ["a", "b"] { _ = try fixture.member(name) }
        let before = manager.store
        let refused = try evict(["a", "x", "b", "y.1", "x"])
        #expect(refused.code == .conflict)
        #expect(
            try detail(of: refused) == "nobody was evicted: g7 has no member named x, y.1; see 'gosc member list g7'")
        #expect(manager.store == before && manager.engine.state == before)
        let body = EvictRequest(names: ["a"]).encoded()
        #expect(try manager.ask(.post, "gosc/groups/nowhere/evictions", body).code == .notFound)
        #expect(try manager.ask(.get, "gosc/groups/g7/evictions").code == .methodNotAllowed)
        #expect(try evict([]).code == .badRequest)
        #expect(try evict(["a", "B"]).code == .badRequest)
        #expect(manager.store == before)
    }

    @Test func whoeverIsNamedTwiceCountsOnce() throws {
        _ = try fixture.member("a")
        let answer = try evict(["a.1", "a", "a.1"])
        #expect(try EvictAnswer(decoding: answer.payload.span) == EvictAnswer(members: ["a.1"], keptOut: []))
        #expect(evictions(in: manager) == ["a"] && version == 1)
        // Nor does it make a list of one longer.
        #expect(try detail(of: evict(["x", "x"])) == "g7 has no member named x; see 'gosc member list g7'")
    }

    /// Members and those who have left, with new keys once for all of them.
    @Test(.requirement("GM-0346", "GM-0350"))
    func thoseWhoHaveLeftAreKeptOutWithTheOthers() throws {
        let former = try fixture.member("a")
        _ = try fixture.member("b")
        _ = try fixture.member("c")
        #expect(try former.ask(manager, .delete, "ace-group/g7/nodes/a").code == .deleted)
        _ = manager.pass(.seconds(5))
        #expect(version == 1)
        let answer = try evict(["b", "a", "a.1"])
        let keptOut = [HolderName(firstOf: "a")]
        #expect(try EvictAnswer(decoding: answer.payload.span) == EvictAnswer(members: ["b"], keptOut: keptOut))
        _ = manager.pass(.seconds(60))
        #expect(version == 2)
        let again = try former.join(manager, group: "g7", roles: .requester, nonce: [2])
        #expect(again.code == .forbidden && again.problem == 5)
    }

    @Test(.requirement("GM-0336"))
    func aFullDiskEvictsNobody() throws {
        for name in ["a", "b"] { _ = try fixture.member(name) }
        let before = try manager.substance
        manager.failsNextCommit = true
        #expect(try evict(["a", "b"]).code == .serviceUnavailable)
        #expect(try manager.substance == before)
        #expect(evictions(in: manager) == [])
        #expect(try evict(["a", "b"]).code == .changed)
        #expect(manager.store.groups["g7"]?.members.count == 0 && evictions(in: manager) == ["a", "b"])
    }

    /// Whoever is evicted already, or only invited, is not unknown; for one, and among several.
    @Test(.requirement("GM-0026"))
    func theAnswerSaysWhyAndWhatHelps() throws {
        let node = try TestNode(try manager.invite("lamp"), seed: 1_362)
        let takesBack = "'gosc member revoke g7 lamp' takes its invitation back"
        let evicted = "is evicted already; see 'gosc member list g7 lamp'"
        try expectRefusal(of: "lamp", "lamp has not joined g7 yet; \(takesBack)")
        try expectRefusal(of: "lamp.1", "g7 has no member named lamp.1; see 'gosc member list g7'")
        #expect(try node.join(manager).code == .created)
        #expect(try evict(["lamp"]).code == .changed)
        try expectRefusal(of: "lamp", "lamp \(evicted)")
        try expectRefusal(of: "lamp.1", "lamp.1 \(evicted)")
        _ = try manager.invite("lamp")
        try expectRefusal(of: "lamp", "lamp is evicted already, and was invited again; \(takesBack)")
        try expectRefusal(of: "lamp.1", "lamp.1 \(evicted)")
        #expect(
            try detail(of: evict(["x", "lamp.1"]))
                == "nobody was evicted: lamp.1 \(evicted); g7 has no member named x; see 'gosc member list g7'")
    }

    private func expectRefusal(of name: String, _ expected: String) throws {
        let (posted, deleted) = (try evict([name]), try manager.ask(.delete, "gosc/groups/g7/members/\(name)"))
        #expect(posted.code == .conflict && deleted.code == .notFound)
        #expect(try detail(of: posted) == expected)
        #expect(try detail(of: deleted) == expected)
    }
}

extension TestManager {
    /// What was to be made durable since the beginning.
    fileprivate var commits: [ManagerChangeSet] {
        history.compactMap { if case .commit(let changes) = $0 { changes } else { nil } }
    }
}
