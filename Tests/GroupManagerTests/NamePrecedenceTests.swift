import ACEGroupcomm
import CoAP
import GroupManager
import TestSupport
import Testing

/// Names that an operator has given are not taken by clients of other authorization servers.
struct NamePrecedenceTests {
    @Test(.requirement("GM-0214"))
    func aNameThatSomebodyIsInvitedUnderIsNotTaken() throws {
        let fixture = try Fixture(seed: 401)
        let manager = fixture.manager
        let node = try TestNode(manager.invite("switch"), seed: 1)
        let foreigner = try fixture.member("switch")
        let taken = try #require(manager.store.groups["g7"]?.member(foreigner.identity))
        #expect(taken.name.hasPrefix("node-") && taken.nodeName == taken.name)
        // Whoever has a token but has not joined is in no other case.
        try node.enrol(manager)
        let other = try fixture.stranger("switch")
        other.token = try fixture.token(for: other, "switch", [("g8", 6), ("g7", 6)])
        #expect(try node.join(manager).code == .created)
        #expect(manager.member("switch")?.client == ClientIdentity(invitation: node.invitation.clientSenderID))
        #expect(manager.member("switch")?.nodeName == "switch")
    }

    @Test(.requirement("GM-0214"))
    func aNameIsFreeOnceItsInvitationHasEnded() throws {
        let fixture = try Fixture(seed: 402)
        let manager = fixture.manager
        _ = try manager.invite("short", lifetime: 60)
        _ = try manager.invite("revoked")
        _ = try manager.invite("elsewhere", to: "g8")
        #expect(try manager.ask(.delete, "gosc/groups/g7/invitations/revoked").code == .deleted)
        #expect(manager.pass(.seconds(61)) == [])
        for name in ["short", "revoked", "elsewhere"] {
            let foreigner = try fixture.member(name)
            #expect(manager.store.groups["g7"]?.member(foreigner.identity)?.name == name)
        }
        // An invitation that somebody uses stays open beyond its time: its client may come any day.
        let node = try TestNode(manager.invite("late", lifetime: 60), seed: 2)
        try node.enrol(manager)
        #expect(manager.pass(.seconds(61)) == [])
        let foreigner = try fixture.member("late")
        #expect(manager.store.groups["g7"]?.member(foreigner.identity)?.name != "late")
        #expect(try node.join(manager).code == .created)
        #expect(manager.member("late")?.client == ClientIdentity(invitation: node.invitation.clientSenderID))
    }
}

extension TestClient {
    /// Who it is to the manager, as a client of the authorization server of the fixture.
    var identity: ClientIdentity { ClientIdentity(stored: Fixture.issuer + "\nsub:" + name) }
}
