import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

@testable import GroupManager

/// Those who were members and may come back with what they still have, until the administrator keeps them out.
struct DepartedMemberTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 1_321)
        manager = fixture.manager
    }

    private var group: GroupState {
        get throws { try #require(manager.store.groups["g7"]) }
    }

    private func evict(_ name: String) throws -> Code {
        try manager.ask(.delete, "gosc/groups/g7/members/\(name)").code
    }

    private func node(_ seed: UInt64) throws -> TestNode {
        try TestNode(
            try manager.invite("lamp"), seed: seed, address: SocketAddress(.loopback, port: UInt16(39_000 + seed)))
    }

    private func nodeThatHasLeft(_ seed: UInt64) throws -> TestNode {
        let node = try node(seed)
        try #require(try node.join(manager).code == .created)
        let nodeName = try #require(manager.member("lamp")).nodeName
        try #require(try node.ask(manager, .delete, "ace-group/g7/nodes/\(nodeName)").code == .deleted)
        return node
    }

    private func expectOutside(_ node: TestNode) throws {
        #expect(try node.join(manager).code == .unauthorized)
        #expect(try fixture.upload(node.token, as: node).code.isError)
        #expect(try node.server.ask(manager, TestNode.tokenMessage()).code.isError)
    }

    /// New keys only where those that it has still receive.
    @Test(.requirement("GM-0026", "GM-0350"), arguments: [0, 90])
    func whoeverHasLeftIsKeptOut(seconds: Int) throws {
        let thieves = try [1_322, 1_323].map(nodeThatHasLeft)
        _ = manager.pass(.seconds(20))
        _ = try fixture.member("stays")
        let last = try nodeThatHasLeft(1_324)
        _ = manager.pass(.seconds(seconds))
        let version = try group.record.version
        #expect(try evict("lamp") == .changed)
        _ = manager.pass(.seconds(2))
        #expect(try group.record.version == version + (seconds == 0 ? 1 : 0))
        if seconds == 0 { #expect(try group.record.latestRekeying.overlap == 0) }
        for number in 1...3 { #expect(manager.events.contains(.keptOut(group: "g7", node: "lamp.\(number)"))) }
        for thief in thieves + [last] { try expectOutside(thief) }
        #expect(try evict("lamp") == .notFound)
        // A restore with the log keeps it out as well.
        let evicted = manager.journal.filter { if case .evicted = $0 { true } else { false } }
        #expect(evicted.count == 3)
        // The name is free for a replacement.
        let replacement = try node(1_325)
        #expect(try replacement.join(manager).code == .created)
        #expect(manager.member("lamp")?.client == ClientIdentity(invitation: replacement.invitation.clientSenderID))
        for thief in thieves + [last] { try expectOutside(thief) }
    }

    /// In other groups it stays what it is, and it may be let in again.
    @Test(.requirement("GM-0350"))
    func aClientOfAnotherServerIsKeptOut() throws {
        let a = try fixture.client("a", [("g7", 6), ("g8", 6)])
        #expect(try a.join(manager, group: "g7", roles: .requester).code == .created)
        #expect(try a.join(manager, group: "g8", roles: .requester).code == .created)
        #expect(try a.ask(manager, .delete, "ace-group/g7/nodes/a").code == .deleted)
        #expect(try evict("a") == .changed)
        let refused = try a.join(manager, group: "g7", roles: .requester, nonce: [2])
        #expect(refused.code == .forbidden && refused.problem == 5)
        #expect(try a.ask(manager, .get, "ace-group/g8").code == .content)
        #expect(try manager.ask(.delete, "gosc/groups/g7/evictions/a").code == .deleted)
        #expect(try a.join(manager, group: "g7", roles: .requester, nonce: [3]).code == .created)
    }

    /// Where the name is a replacement's already, that stays, and the invitations of those before it end. New keys only where
    /// those that they have still receive.
    @Test(.requirement("GM-0026", "GM-0350"), arguments: [0, 90])
    func aReplacementDoesNotProtectWhoeverHasLeft(seconds: Int) throws {
        let thief = try nodeThatHasLeft(1_326)
        let replacement = try node(1_327)
        #expect(try replacement.join(manager).code == .created)
        _ = manager.pass(.seconds(seconds))
        let version = try group.record.version
        #expect(try revoke() == .deleted)
        _ = manager.pass(.seconds(2))
        #expect(try group.record.version == version + (seconds == 0 ? 1 : 0))
        if seconds == 0 { #expect(try group.record.latestRekeying.overlap == 0) }
        try expectOutside(thief)
        #expect(try revoke() == .conflict)
        #expect(try replacement.ask(manager, .get, "ace-group/g7/nodes/lamp.2").code == .content)
    }

    /// Whoever holds an invitation that nobody has joined with has no keys.
    @Test(.requirement("GM-0026"))
    func anInvitationThatMadeNoMemberEndsWithoutNewKeys() throws {
        _ = try node(1_331)
        _ = manager.pass(.seconds(86_400 * 2))
        let replacement = try node(1_332)
        #expect(try replacement.join(manager).code == .created)
        let other = try fixture.member("other")
        #expect(try other.ask(manager, .delete, "ace-group/g7/nodes/other").code == .deleted)
        let version = try group.record.version
        #expect(try revokedHolders() == [])
        _ = manager.pass(.seconds(2))
        #expect(try group.record.version == version)
    }

    private func revocation() throws -> AdminResponse { try manager.ask(.delete, "gosc/groups/g7/invitations/lamp") }

    private func revoke() throws -> Code { try revocation().code }

    /// Its invitation is not open, but works: the answer says who that is, and what keeps it out does.
    @Test(.requirement("GM-0026", "GM-0350"))
    func whereNobodyHasTheNameTheAnswerSaysWhoMayComeBack() throws {
        let first = try nodeThatHasLeft(1_333)
        let before = manager.store
        let refused = try revocation()
        #expect(refused.code == .conflict && manager.store == before)
        #expect(
            try ProblemDetails(decoding: refused.payload.span).detail
                == "lamp has no open invitation to g7, but lamp.1 may come back: 'gosc member evict g7 lamp' keeps it out; "
                + "see 'gosc member list g7 lamp'")
        let second = try nodeThatHasLeft(1_334)
        let refusedAgain = try revocation()
        let both = try ProblemDetails(decoding: refusedAgain.payload.span).detail
        #expect(both?.contains("lamp.1, lamp.2 may come back: 'gosc member evict g7 lamp' keeps them out") == true)
        // What is open is taken back, and that alone.
        _ = try node(1_335)
        #expect(try revokedHolders() == [])
        #expect(try second.join(manager).code == .created)
        try #require(try second.ask(manager, .delete, "ace-group/g7/nodes/lamp.2").code == .deleted)
        #expect(try evict("lamp") == .changed)
        for node in [first, second] { try expectOutside(node) }
        #expect(try revoke() == .notFound)
    }

    /// Not that of the member that has the name now.
    @Test(.requirement("GM-0026"))
    func theAnswerSaysWhoseInvitationIsRevoked() throws {
        let former = try [1_336, 1_337].map(nodeThatHasLeft)
        let present = try node(1_338)
        #expect(try present.join(manager).code == .created)
        #expect(try revokedHolders() == ["lamp.1", "lamp.2"])
        for node in former { try expectOutside(node) }
        #expect(try present.ask(manager, .get, "ace-group/g7/nodes/lamp.3").code == .content)
    }

    private func revokedHolders() throws -> [String] {
        let answer = try revocation()
        try #require(answer.code == .deleted)
        return try RevokeInvitationAnswer(decoding: answer.payload.span).holders.map(\.description)
    }

    @Test(.requirement("GM-0336"))
    func aFullDiskKeepsNobodyOut() throws {
        let thief = try nodeThatHasLeft(1_328)
        _ = manager.pass(.seconds(90))
        let before = try manager.substance
        manager.failsNextCommit = true
        #expect(try evict("lamp") == .serviceUnavailable)
        #expect(try manager.substance == before)
        #expect(try thief.join(manager).code == .created)
    }
}
