import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CoAPEngine
import TestSupport
import Testing

@testable import GroupManager

/// Several clients that had one name, one after another: each can be named alone.
struct NameHolderTests {
    private static let otherIssuer = "bs.example"
    private static let otherKey = AccessTokenKey.shared(
        keyID: nil, algorithm: .aesCCM_16_64_128, key: SecretField(copying: [UInt8](repeating: 0xb5, count: 16).span))

    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 1_341) {
            $0.authorizationServers.append(AuthorizationServer(issuer: Self.otherIssuer, key: Self.otherKey))
        }
        manager = fixture.manager
    }

    private var group: GroupState {
        get throws { try #require(manager.store.groups["g7"]) }
    }

    /// A client called `lamp`, of one of two authorization servers, with a token that is good.
    private func lamp(_ issuer: String = Fixture.issuer) throws -> TestClient {
        let client = try fixture.stranger("lamp")
        var claims = try fixture.claims(client, "lamp", [("g7", 6)])
        claims.issuer = issuer
        client.token = try fixture.seal(
            claims, key: issuer == Fixture.issuer ? Fixture.issuerKey : Self.otherKey)
        try client.upload(manager)
        return client
    }

    @discardableResult
    private func join(_ client: TestClient, nonce: UInt8 = 1) throws -> Message {
        try client.join(manager, group: "g7", roles: .requester, nonce: [nonce])
    }

    private func leave(_ client: TestClient, _ nodeName: String) throws {
        try #require(try client.ask(manager, .delete, "ace-group/g7/nodes/\(nodeName)").code == .deleted)
    }

    private func evict(_ text: String) throws -> AdminResponse {
        try manager.ask(.delete, "gosc/groups/g7/members/\(text)")
    }

    private func readmit(_ text: String) throws -> AdminResponse {
        try manager.ask(.delete, "gosc/groups/g7/evictions/\(text)")
    }

    private func holders() throws -> [HolderEntry] {
        let answer = try manager.ask(.get, "gosc/groups/g7/members/lamp")
        try #require(answer.code == .content)
        return try HolderEntry.decodeList(answer.payload.span)
    }

    private func names(in answer: AdminResponse) throws -> [String] {
        try KeepOutAnswer(decoding: answer.payload.span).holders.map(\.description)
    }

    private func detail(of answer: AdminResponse) throws -> String? {
        try ProblemDetails(decoding: answer.payload.span).detail
    }

    /// What is meant for the replacement does not let the thief in.
    @Test(.requirement("GM-0350"))
    func aReadmissionLetsInOneAlone() throws {
        let thief = try lamp()
        #expect(try join(thief).code == .created)
        #expect(try evict("lamp").code == .deleted)
        let replacement = try lamp(Self.otherIssuer)
        #expect(try join(replacement).code == .created)
        try leave(replacement, "lamp.2")
        let keptOut = try evict("lamp")
        #expect(try keptOut.code == .changed && names(in: keptOut) == ["lamp.2"])

        let refused = try readmit("lamp")
        #expect(refused.code == .conflict)
        #expect(
            try detail(of: refused)
                == "2 were evicted from g7 as lamp: lamp.1, lamp.2; 'gosc member list g7 lamp' tells them apart")
        for client in [thief, replacement] { #expect(try join(client, nonce: 2).problem == 5) }
        #expect(try readmit("lamp.3").code == .notFound)

        let readmitted = try readmit("lamp.2")
        let answer = try ReadmitAnswer(decoding: readmitted.payload.span)
        #expect(readmitted.code == .deleted && answer.holder?.description == "lamp.2" && !answer.needsInvitation)
        #expect(manager.events.contains(.readmitted(group: "g7", node: "lamp.2")))
        #expect(try readmit("lamp.2").code == .notFound)
        #expect(try join(thief, nonce: 3).problem == 5)
        #expect(try join(replacement, nonce: 3).code == .created)
        // Only one is left, and the name is enough.
        let last = try readmit("lamp")
        #expect(try last.code == .deleted && ReadmitAnswer(decoding: last.payload.span).holder?.description == "lamp.1")
        #expect(try join(thief, nonce: 4).code == .created)
    }

    /// Who has a token of another server and has left, while a replacement has its name.
    @Test(.requirement("GM-0350", "GM-0026"), arguments: [0, 90])
    func aFormerMemberIsKeptOutAndItsReplacementStays(seconds: Int) throws {
        let thief = try lamp()
        #expect(try join(thief).code == .created)
        try leave(thief, "lamp")
        let replacement = try TestNode(try manager.invite("lamp"), seed: 1_342)
        #expect(try replacement.join(manager).code == .created)
        let useless = try manager.ask(.delete, "gosc/groups/g7/invitations/lamp")
        #expect(try useless.code == .conflict && detail(of: useless)?.hasSuffix("had the name before: lamp.1") == true)
        _ = manager.pass(.seconds(seconds))
        let version = try group.record.version

        let keptOut = try evict("lamp.1")
        #expect(try keptOut.code == .changed && names(in: keptOut) == ["lamp.1"])
        #expect(manager.events.contains(.keptOut(group: "g7", node: "lamp.1")))
        _ = manager.pass(.seconds(2))
        #expect(try group.record.version == version + (seconds == 0 ? 1 : 0))
        #expect(try join(thief, nonce: 2).problem == 5)
        #expect(try group.members.count == 1 && manager.member("lamp")?.nodeName == "lamp.2")
        #expect(try replacement.ask(manager, .get, "ace-group/g7/nodes/lamp.2").code == .content)
        for text in ["lamp.1", "lamp.3", "lamp.0", "lamp.01", "lamp.", "lamp.+1", "Lamp"] {
            #expect(try evict(text).code == .notFound, "\(text)")
        }
        let again = try manager.ask(.delete, "gosc/groups/g7/invitations/lamp")
        #expect(try detail(of: again) == "lamp has joined g7 already; its invitation is used up")
    }

    /// A number means one client, whatever it is called now.
    @Test(.requirement("GM-0341", "GM-0350"))
    func aNumberMeansAMemberUnderAnotherName() throws {
        let thief = try lamp()
        #expect(try join(thief).code == .created)
        try leave(thief, "lamp")
        let replacement = try lamp(Self.otherIssuer)
        #expect(try join(replacement).code == .created)
        #expect(try join(thief, nonce: 2).code == .created)
        let name = try #require(try group.member(thief.identity)).name
        #expect(name.hasPrefix("node-"))
        #expect(try holders().map(\.presentName) == [name, nil])
        #expect(try evict("lamp.1").code == .deleted)
        #expect(try group.member(thief.identity) == nil && manager.member("lamp") != nil)
        #expect(try join(thief, nonce: 3).problem == 5)
        #expect(try evict("lamp.2").code == .deleted)
        #expect(manager.member("lamp") == nil)
    }

    @Test(.requirement("GM-0350"))
    func theAnswerSaysWhoIsKeptOut() throws {
        let clients = try [Fixture.issuer, Self.otherIssuer].map(lamp)
        for (client, nodeName) in zip(clients, ["lamp", "lamp.2"]) {
            #expect(try join(client).code == .created)
            try leave(client, nodeName)
        }
        let answer = try evict("lamp")
        #expect(try answer.code == .changed && names(in: answer) == ["lamp.1", "lamp.2"])
        #expect(try evict("lamp").code == .notFound)
    }

    @Test(.requirement("GM-0214"))
    func theListTellsThemApart() throws {
        #expect(try manager.ask(.get, "gosc/groups/g7/members/lamp").code == .notFound)
        #expect(try manager.ask(.get, "gosc/groups/nowhere/members/lamp").code == .notFound)
        let start = manager.wallClock.seconds
        #expect(try join(lamp()).code == .created)
        #expect(try evict("lamp").code == .deleted)
        let left = try lamp(Self.otherIssuer)
        #expect(try join(left).code == .created)
        try leave(left, "lamp.2")
        let revoked = try TestNode(try manager.invite("lamp"), seed: 1_343)
        #expect(try revoked.join(manager).code == .created)
        try leave(revoked, "lamp.3")
        let present = try TestNode(
            try manager.invite("lamp"), seed: 1_344, address: SocketAddress(.loopback, port: 40_001))
        #expect(try present.join(manager).code == .created)
        #expect(try manager.ask(.delete, "gosc/groups/g7/invitations/lamp").code == .deleted)
        let expected: [(String, HolderEntry.State, UInt64?, String?)] = [
            ("lamp.1", .evicted, start, Fixture.issuer), ("lamp.2", .left, nil, Self.otherIssuer),
            ("lamp.3", .revoked, nil, nil), ("lamp.4", .joined, start, nil),
        ]
        #expect(
            try holders()
                == expected.map { name, state, since, issuer in
                    HolderEntry(
                        holder: try #require(HolderName(name)), state: state, since: since, issuer: issuer,
                        presentName: nil)
                })
    }

    /// Who joined behind the backup and was evicted has a number, too, and a later holder of the name another one.
    @Test(.requirement("GM-0396", "GM-0214"))
    func whoeverTheStoreHasNeverSeenHasANumber() throws {
        var procedure = try RestoreProcedure(manager.store.snapshot, at: manager.wallClock.seconds)
        let thief = try lamp()
        #expect(try join(thief).code == .created)
        #expect(try evict("lamp").code == .deleted)
        try procedure.begin(random: &manager.random)
        try procedure.complete(RestoreDecision(journal: manager.journal), random: &manager.random)
        try manager.restart(with: procedure.state.snapshot)
        let replacement = try lamp(Self.otherIssuer)
        #expect(try join(replacement).code == .created)
        #expect(manager.member("lamp")?.nodeName == "lamp.2")
        #expect(try evict("lamp").code == .deleted)
        #expect(try readmit("lamp").code == .conflict)
        #expect(try readmit("lamp.1").code == .deleted)
        #expect(try join(replacement, nonce: 2).problem == 5)
        try thief.upload(manager)
        #expect(try join(thief, nonce: 2).code == .created)
    }
}
