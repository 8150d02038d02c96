import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// Who may use what: every method of every resource, by everybody.
struct MethodMatrixTests {
    /// A member with a Sender ID, one without, a verifier, a client of another group, and one that may join and has not.
    private static let callers = ["a", "m", "v", "x", "j"]

    /// What one caller gets: a Code, and behind a slash the number in the problem details.
    ///
    /// Columns: a, m, v, x, j. `-` is 4.05, the same for all.
    private static let table: [(path: String, method: Code, answers: String)] = [
        ("ace-group", .fetch, "2.05 2.05 2.05 2.05 2.05"),
        ("ace-group/g7", .get, "2.05 2.05 4.03/0 4.03/0 4.03/0"),
        ("ace-group/g7", .post, "4.00 4.00 4.03 4.03 4.00"),
        ("ace-group/g7/creds", .get, "2.05 2.05 2.05 4.03/0 4.03/0"),
        ("ace-group/g7/creds", .fetch, "2.05 2.05 2.05 4.03/0 4.03/0"),
        ("ace-group/g7/kdc-cred", .get, "2.05 2.05 4.03/0 4.03/0 4.03/0"),
        ("ace-group/g7/kdc-cred", .fetch, "4.03/8 4.03/8 2.05 4.03/8 4.03/8"),
        ("ace-group/g7/policies", .get, "2.05 2.05 4.03/0 4.03/0 4.03/0"),
        ("ace-group/g7/num", .get, "2.05 2.05 4.03/0 4.03/0 4.03/0"),
        ("ace-group/g7/active", .get, "2.05 2.05 4.03/0 4.03/0 4.03/0"),
        ("ace-group/g7/verif-data", .get, "4.03/8 4.03/8 2.05 4.03/8 4.03/8"),
        ("ace-group/g7/stale-sids", .fetch, "2.05 2.05 4.03/0 4.03/0 4.03/0"),
        ("ace-group/g7/nodes/SELF", .get, "2.05 2.05 4.03/0 4.03/0 4.03/0"),
        ("ace-group/g7/nodes/SELF", .post, "2.05 4.00/1 4.03/0 4.03/0 4.03/0"),
        ("ace-group/g7/nodes/SELF", .delete, "2.02 2.02 4.03/0 4.03/0 4.03/0"),
        ("ace-group/g7/nodes/b", .get, "4.03 4.03 4.03/0 4.03/0 4.03/0"),
        ("ace-group/g7/nodes/b", .post, "4.03 4.03 4.03/0 4.03/0 4.03/0"),
        ("ace-group/g7/nodes/b", .delete, "4.03 4.03 4.03/0 4.03/0 4.03/0"),
        ("ace-group/g7/nodes/SELF/cred", .post, "2.04 4.00/1 4.03/0 4.03/0 4.03/0"),
        ("ace-group/g7/nodes/b/cred", .post, "4.03 4.03 4.03/0 4.03/0 4.03/0"),
    ]

    private static let methods: [Code] = [.get, .post, .put, .delete, .fetch, .patch, .iPatch]

    @Test(
        .requirement(
            "GM-0151", "GM-0153", "GM-0154", "GM-0156", "GM-0161", "GM-0176", "GM-0180", "GM-0198", "GM-0202",
            "GM-0203", "GM-0205", "GM-0206", "GM-0228", "GM-0231", "GM-0250", "GM-0264", "GM-0270", "GM-0276",
            "GM-0283", "GM-0293", "GM-0295", "GM-0352", "GM-0364"),
        arguments: callers.indices)
    func everybodyGetsWhatTheTableSays(column: Int) throws {
        let fixture = try fixture()
        let caller = Self.callers[column]
        let client = try #require(fixture.clients[caller])
        let start = fixture.fixture.manager.store.snapshot
        for path in Set(Self.table.map(\.path)).sorted() {
            for method in Self.methods {
                // Each request meets the same state.
                try fixture.fixture.manager.restart(with: start)
                try client.renew(fixture.fixture.manager)
                let message = try request(method, path, caller, client)
                let answer = try client.ask(fixture.fixture.manager, message)
                let row = Self.table.first { $0.path == path && $0.method == method }
                let expected = row.map { String($0.answers.split(separator: " ")[column]) } ?? "4.05"
                let got = "\(answer.code)".prefix(4) + (answer.problem.map { "/\($0)" } ?? "")
                #expect(got == expected, "\(caller) \(method) \(path)")
            }
        }
    }

    /// Without a token it is always the same: 4.01 for what needs one.
    @Test(.requirement("GM-0155", "GM-0176"))
    func strangersGetNothing() throws {
        let fixture = try fixture()
        let manager = fixture.fixture.manager
        let stranger = try fixture.fixture.stranger("N")
        let before = manager.store
        for path in Set(Self.table.map(\.path)) {
            for method in Self.methods {
                let message = try request(method, path, "N", stranger)
                let answer = try stranger.open.askOpenly(manager, message)
                #expect(answer.code == .unauthorized, "\(method) \(path)")
            }
        }
        #expect(manager.store == before)
    }

    /// Whoever has no right in a group learns nothing of it, not even whether it is there.
    @Test(.requirement("GM-0158"))
    func whatIsNotGrantedLooksAlikeWhetherItIsThereOrNot() throws {
        let fixture = try fixture()
        let manager = fixture.fixture.manager
        let client = try #require(fixture.clients["x"])
        for path in Set(Self.table.map(\.path)) where path != "ace-group" {
            for method in Self.methods {
                let message = try request(method, path, "x", client)
                var other = message
                other.options.uriPath = ["ace-group", "nothing"] + message.options.uriPath.dropFirst(2)
                let one = try client.ask(manager, message)
                let two = try client.ask(manager, other)
                #expect(one.code == two.code && one.payload == two.payload, "\(method) \(path)")
                #expect(one.options.encoded == two.options.encoded, "\(method) \(path)")
            }
        }
    }

    @Test(.requirement("GM-0364", "GM-0365", "COAP-0272"))
    func otherPathsAndFormatsAreNotThere() throws {
        let fixture = try fixture()
        let manager = fixture.fixture.manager
        let client = try #require(fixture.clients["a"])
        #expect(try client.ask(manager, .get, "ace-group/g7/num").code == .content)
        for path in ["ace-group/g7/foo", "", "foo", "ace-group/g7/nodes", "ace-group/g7/nodes/a/foo", "manage/g7"] {
            let answer = try client.ask(manager, .get, path)
            #expect(answer.code == .notFound, "\(path)")
        }
        let accepts: [(String, ContentFormat, Code)] = [
            ("ace-group/g7", .cbor, .notAcceptable), ("ace-group/g7", .aceGroupcomm, .content),
            ("ace-group/g7/active", .aceGroupcomm, .notAcceptable), ("ace-group/g7/active", .cbor, .content),
        ]
        for (path, format, code) in accepts {
            let answer = try client.ask(manager, .get, path, change: { $0.accept = format })
            #expect(answer.code == code, "\(path)")
        }
        let conditional = try client.ask(manager, .get, "ace-group/g7", change: { $0.append(.ifMatch, [1]) })
        #expect(conditional.code == .preconditionFailed)
    }

    private struct Cast {
        let fixture: Fixture
        let clients: [String: TestClient]
    }

    private func fixture() throws -> Cast {
        let fixture = try Fixture(seed: 131)
        var clients: [String: TestClient] = [:]
        clients["a"] = try fixture.member("a")
        _ = try fixture.member("b")
        clients["m"] = try fixture.member("m", .monitor)
        clients["v"] = try fixture.client("v", [("g7", 16)])
        clients["x"] = try fixture.client("x", [("g8", 6)])
        clients["j"] = try fixture.client("j", [("g7", 6)])
        try fixture.manager.change { snapshot in
            let index = try #require(snapshot.groups.firstIndex { $0.name == "g7" })
            snapshot.groups[index].version = 1
        }
        return Cast(fixture: fixture, clients: clients)
    }

    /// A request that would succeed if its sender had the right.
    private func request(_ method: Code, _ path: String, _ caller: String, _ client: TestClient) throws -> Message {
        let own = path.replacing("SELF", with: caller)
        var payload: [UInt8] = []
        var format: ContentFormat?
        switch (method, path.split(separator: "/").last) {
        case (.fetch, "ace-group"): (payload, format) = (hex("a1008143b10000"), .aceGroupcomm)
        case (.fetch, "creds"): (payload, format) = (hex("a10483f5810280"), .aceGroupcomm)
        case (.fetch, "kdc-cred"): (payload, format) = (hex("a10648c1c2c3c4c5c6c7c8"), .aceGroupcomm)
        case (.fetch, "stale-sids"): (payload, format) = ([0], .cbor)
        case (.post, "cred"):
            let scope = ScopeEntry(groupName: "g7", roles: [.requester, .responder]).encoded()
            payload = CredentialUpdate(
                credential: client.credential.bytes, clientNonce: [1],
                evidence: try client.evidence(scope: scope, nonce: [1])
            ).encoded()
            format = .aceGroupcomm
        default: break
        }
        return TestClient.message(method, own, payload, format: format)
    }
}

extension TestClient {
    /// Uploads its token again: the manager has another store now.
    func renew(_ manager: TestManager) throws { try upload(manager) }
}
