import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CoAPEngine
import TestSupport
import Testing

@testable import GroupManager

/// Members that are none any more, although they have not left.
struct MemberEvictionTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 1_301)
        manager = fixture.manager
    }

    private var group: GroupState {
        get throws { try #require(manager.store.groups["g7"]) }
    }

    @Test(.requirement("GM-0320", "GM-0341", "GM-0342", "GM-0344", "GM-0345"))
    func theAdministratorThrowsAMemberOut() throws {
        let (a, b) = (try fixture.member("a"), try fixture.member("b"))
        #expect(try manager.ask(.delete, "gosc/groups/g7/members/a").code == .deleted)
        #expect(manager.member("a") == nil)
        #expect(try group.record.version == 1 && group.staleSenderIDs == [0: [[0]]])
        // Nothing that was sent under the former Gid counts any more.
        #expect(try group.record.latestRekeying.overlap == 0)
        #expect(!manager.store.snapshot.members.contains { $0.credential == a.credential.bytes })
        for path in ["ace-group/g7", "ace-group/g7/nodes/a", "ace-group/g7/creds", "ace-group/g7/num"] {
            let answer = try a.ask(manager, .get, path)
            #expect(answer.code == .forbidden && answer.problem == 5, "\(path)")
        }
        #expect(try b.ask(manager, .get, "ace-group/g7").map[9] == 1)
        #expect(try manager.ask(.delete, "gosc/groups/g7/members/a").code == .notFound)
        #expect(try manager.ask(.delete, "gosc/groups/nowhere/members/a").code == .notFound)
        #expect(try manager.ask(.post, "gosc/groups/g7/members/a").code == .methodNotAllowed)
    }

    /// Not by joining again, not with a new token, not behind a restart; in other groups it stays what it is.
    @Test(.requirement("GM-0349"))
    func itDoesNotComeBackByItself() throws {
        let a = try fixture.client("a", [("g7", 6), ("g8", 6)])
        #expect(try a.join(manager, group: "g7", roles: .requester).code == .created)
        #expect(try a.join(manager, group: "g8", roles: .requester).code == .created)
        #expect(try manager.ask(.delete, "gosc/groups/g7/members/a").code == .deleted)
        func expectOutside(_ nonce: UInt8) throws {
            let answer = try a.join(manager, group: "g7", roles: .requester, nonce: [nonce])
            #expect(answer.code == .forbidden && answer.problem == 5)
            #expect(manager.member("a") == nil && manager.member("a", in: "g8") != nil)
        }
        try expectOutside(1)
        a.material = OSCOREInputMaterial(id: a.bytes(8), masterSecret: a.bytes(16), salt: a.bytes(8))
        a.token = try fixture.token(for: a, "a", [("g7", 6), ("g8", 6)])
        try a.upload(manager)
        try expectOutside(2)
        try manager.restart()
        try a.upload(manager)
        try expectOutside(3)
        // The operator has the last word.
        #expect(try manager.ask(.delete, "gosc/groups/g7/evictions/b").code == .notFound)
        let readmitted = try manager.ask(.delete, "gosc/groups/g7/evictions/a")
        #expect(try readmitted.code == .deleted && !ReadmitAnswer(decoding: readmitted.payload.span).needsInvitation)
        #expect(try a.join(manager, group: "g7", roles: .requester, nonce: [4]).code == .created)
    }

    /// A node with an invitation gets no token any more, and is told why.
    @Test(.requirement("GM-0026"))
    func anInvitationEndsWithTheEviction() throws {
        let node = try TestNode(try manager.invite("lamp"), seed: 1_302)
        #expect(try node.join(manager).code == .created)
        #expect(try manager.ask(.delete, "gosc/groups/g7/members/lamp").code == .deleted)
        #expect(try node.ask(manager, .get, "ace-group/g7/nodes/lamp").problem == 5)
        #expect(try node.join(manager).problem == 5)
        // Elsewhere it is nobody.
        #expect(try node.ask(manager, .get, "ace-group/g8/num").code == .unauthorized)
        let refused = try node.server.ask(manager, TestNode.tokenMessage())
        #expect(refused.code == .badRequest)
        // Readmitting it is not enough, and the answer says so.
        let readmitted = try manager.ask(.delete, "gosc/groups/g7/evictions/lamp")
        #expect(try readmitted.code == .deleted && ReadmitAnswer(decoding: readmitted.payload.span).needsInvitation)
        #expect(try node.server.ask(manager, TestNode.tokenMessage()).code == .badRequest)
        // Another invitation under the same name is another client.
        let again = try TestNode(
            try manager.invite("lamp"), seed: 1_303, address: SocketAddress(.loopback, port: 40_001))
        #expect(try again.join(manager).code == .created)
        #expect(manager.member("lamp")?.nodeName == "lamp.2")
    }

    /// A client whose token is revoked is thrown out of all of its groups.
    @Test(.requirement("GM-0349", "GM-0350", "GOSC-0306"))
    func whatWasGrantedEnds() throws {
        let a = try fixture.client("a", [("g7", 6), ("g8", 6)])
        for name in ["g7", "g8"] {
            #expect(try a.join(manager, group: name, roles: .requester).code == .created)
        }
        let b = try fixture.member("b")
        let node = try TestNode(try manager.invite("lamp"), seed: 1_304)
        #expect(try node.join(manager).code == .created)
        let token = try #require(manager.store.clients.values.first { $0.client.subject == "a" }).tokenID
        #expect(
            try manager.ask(.post, "gosc/revocations", RevokeTokenRequest(tokenID: token).encoded()).code == .created)
        #expect(manager.member("a") == nil && manager.member("a", in: "g8") == nil && manager.member("b") != nil)
        #expect(manager.store.groups["g8"]?.record.version == 1)
        #expect(try group.record.version == 1 && group.record.latestRekeying.overlap == 0)
        _ = a
        _ = manager.pass(.seconds(3_500))
        #expect(manager.member("b") != nil)
        _ = manager.pass(.seconds(200))
        // A node with an invitation gets a new token when it asks, however long it was dark.
        #expect(manager.member("b") == nil && manager.member("lamp") != nil)
        #expect(try group.record.version == 2)
        #expect(manager.events.contains(.evicted(group: "g7", node: "b", reason: .tokenExpired)))
        _ = manager.pass(.seconds(60 * 86_400))
        #expect(manager.member("lamp") != nil)
        _ = b
    }

    @Test(.requirement("GM-0336"))
    func aFullDiskEvictsNobodyAndTheNextAttemptDoes() throws {
        _ = try fixture.member("a")
        let before = try manager.substance
        manager.failsNextCommit = true
        let refused = try manager.ask(.delete, "gosc/groups/g7/members/a")
        #expect(refused.code == .serviceUnavailable)
        let problem = try ProblemDetails(decoding: refused.payload.span)
        #expect(problem.detail == "the change could not be stored: no room")
        #expect(try manager.substance == before)
        #expect(try manager.ask(.delete, "gosc/groups/g7/members/a").code == .deleted)
        #expect(try group.record.version == 1 || group.record.dueRekeying?.evicts == true)
        _ = manager.pass(.seconds(2))
        #expect(try group.record.version == 1)
    }
}
