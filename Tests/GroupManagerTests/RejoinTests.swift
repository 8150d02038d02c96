import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// A join of a client that is a member, or was one.
struct RejoinTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 121)
        manager = fixture.manager
    }

    @Test(.requirement("GM-0087", "GM-0088", "GM-0102", "GM-0103"))
    func aMemberNeedNotProveItsCredentialAgain() throws {
        let client = try fixture.member("n1")
        let own = client.credential.bytes
        for (index, credential) in [[], own].enumerated() {
            let answer = try rejoin(client, credential: credential, nonce: [UInt8(index)])
            #expect(answer.code == .changed)
            #expect(answer.options.locationPath == ["ace-group", "g7", "nodes", "n1"])
            #expect(manager.member("n1")?.credential == own)
        }
        let other = try fixture.stranger("other").credential.bytes
        for credential in [other, own + [0], Array(own.dropLast()), nil] {
            let answer = try rejoin(client, credential: credential, nonce: [9])
            #expect(answer.code == .badRequest && answer.options.contentFormat == .aceGroupcomm)
            #expect(manager.member("n1")?.credential == own)
        }
    }

    @Test(.requirement("GM-0089", "GM-0090"))
    func whoeverHasNoStoredCredentialMustProveOne() throws {
        let monitor = try fixture.client("m", [("g7", 14)])
        #expect(try monitor.join(manager, group: "g7", roles: .monitor).code == .created)
        let empty = try rejoin(monitor, credential: [], nonce: [2])
        #expect(empty.code == .badRequest && empty.options.contentFormat == .aceGroupcomm)
        #expect(try rejoin(monitor, credential: monitor.credential.bytes, nonce: [2]).code == .badRequest)
        #expect(manager.member("m")?.roles == 8)
        #expect(try monitor.join(manager, group: "g7", roles: .requester, nonce: [3]).code == .changed)
        // Empty bytes are no credential, also with something that looks like a proof of them.
        let client = try fixture.client("n1", [("g7", 6)])
        var request = try client.joinRequest("g7", .requester)
        request.clientCredential = []
        let answer = try client.ask(manager, TestClient.joinMessage(request.encoded(), path: ["ace-group", "g7"]))
        #expect(answer.code == .badRequest && manager.lastRefusal == .credentialMissing)
        // One that has left has left its credential behind, too.
        #expect(try monitor.ask(manager, .delete, "ace-group/g7/nodes/m").code == .deleted)
        #expect(try rejoin(monitor, credential: [], nonce: [4]).code == .badRequest)
    }

    @Test(.requirement("GM-0124", "GM-0242", "GM-0246"))
    func eachJoinGetsAnotherSenderID() throws {
        let client = try fixture.member("n1")
        for number in UInt8(1)...5 {
            let answer = try client.join(manager, group: "g7", roles: .requester, nonce: [number])
            #expect(answer.code == .changed)
            #expect(try answer.map[8]?.mapValue?[7] == .bytes([number]))
            #expect(manager.member("n1")?.senderID == [number])
        }
        #expect(manager.stale("g7") == [0: [[0], [1], [2], [3], [4]]])
        // As a monitor it has none, and what it had is stale.
        let roles = try fixture.token(for: client, "n1", [("g7", 14)])
        client.token = roles
        try client.upload(manager)
        #expect(try client.join(manager, group: "g7", roles: .monitor, nonce: [6]).code == .changed)
        #expect(manager.member("n1")?.senderID == nil && manager.member("n1")?.credential == nil)
        #expect(manager.stale("g7")[0]?.contains([5]) == true)
        #expect(
            try client.join(manager, group: "g7", roles: .responder, nonce: [7]).map[8]?.mapValue?[7] == .bytes([6]))
    }

    /// A join that came before is the same join, as long as it can be.
    @Test(.requirement("GM-0129"))
    func theSameJoinAgainTakesNothing() throws {
        let client = try fixture.client("n1", [("g7", 6)])
        let first = try client.join(manager, group: "g7", roles: .requester)
        let assigned = manager.store.snapshot.assignedSenderIDs
        try manager.restart()
        let second = try client.join(manager, group: "g7", roles: .requester)
        #expect(second.code == .changed)
        #expect(try second.map[8] == first.map[8])
        #expect(manager.store.snapshot.assignedSenderIDs == assigned)
        #expect(manager.store.snapshot.members.count == 1 && manager.stale("g7") == [:])
        #expect(manager.events.contains(.joinRepeated(group: "g7", node: "n1")))
        // Another nonce, other roles, another credential, or much later: a new one.
        _ = manager.pass(.seconds(601))
        let late = try client.join(manager, group: "g7", roles: .requester)
        #expect(try late.map[8]?.mapValue?[7] == .bytes([1]))
        #expect(try client.join(manager, group: "g7", roles: .responder).map[8]?.mapValue?[7] == .bytes([2]))
        #expect(
            try client.join(manager, group: "g7", roles: .responder, nonce: [1]).map[8]?.mapValue?[7] == .bytes([3]))
    }

    @Test(.requirement("GM-0073", "GM-0294"))
    func theNonceOfTheLatestJoinIsProvenTo() throws {
        let client = try fixture.member("n1")
        try expectProof(client, over: Array(1...8))
        #expect(try client.join(manager, group: "g7", roles: .requester, nonce: [9, 9]).code == .changed)
        try expectProof(client, over: [9, 9])
        // A new credential comes with a nonce of its own; that is not the one of a join.
        let update = CredentialUpdate(
            credential: client.credential.bytes, clientNonce: [7, 7],
            evidence: try client.evidence(
                scope: ScopeEntry(groupName: "g7", roles: .requester).encoded(), nonce: [7, 7]))
        let updated = try client.ask(
            manager, .post, "ace-group/g7/nodes/n1/cred", update.encoded(), format: .aceGroupcomm)
        #expect(updated.code == .changed)
        try expectProof(client, over: [9, 9])
        try manager.restart()
        try expectProof(client, over: [9, 9])
    }

    @Test(.requirement("GM-0074", "GM-0213", "GM-0341"))
    func whoeverLeavesMayComeBack() throws {
        let client = try fixture.member("n1")
        #expect(try client.ask(manager, .delete, "ace-group/g7/nodes/n1").code == .deleted)
        #expect(manager.store.snapshot.members.isEmpty)
        let answer = try client.join(manager, group: "g7", roles: .requester)
        #expect(answer.code == .created)
        #expect(answer.options.locationPath.last == "n1")
        // GM-0327: with keys that nobody had.
        #expect(manager.member("n1")?.senderID == [0])
        #expect(try answer.map[9] == 1 && answer.map[8]?.mapValue?[2] != .bytes(Fixture.masterSecret))
    }

    /// The URIs of one that has left are nobody else's.
    @Test(.requirement("GM-0123", "GM-0214"))
    func aNodeNameIsNotGivenToAnother() throws {
        let manager = try TestManager(seed: 122)
        try manager.createGroup()
        let first = try TestNode(try manager.invite("switch"), seed: 123)
        #expect(try first.join(manager).options.locationPath.last == "switch")
        #expect(try first.ask(manager, .delete, "ace-group/g7/nodes/switch").code == .deleted)
        try manager.restart()
        let second = try TestNode(try manager.invite("switch"), seed: 124)
        let answer = try second.join(manager)
        let path = answer.options.locationPath
        #expect(path.last != "switch")
        #expect(try second.ask(manager, .get, path.joined(separator: "/")).code == .content)
        #expect(try second.ask(manager, .get, "ace-group/g7/nodes/switch").code == .forbidden)
        // The first is no member any more; when it comes back, its name is taken.
        #expect(try first.ask(manager, .get, path.joined(separator: "/")).problem == 0)
        #expect(try first.join(manager).code == .created)
        let names = manager.store.snapshot.members.map(\.nodeName)
        #expect(Set(names).count == 2)
        for name in names { #expect(name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") }) }
    }

    /// Without a name from its authorization server a client gets one, and one that cannot be in a URI is not taken.
    @Test(.requirement("GM-0123"))
    func namesOfAuthorizationServersAreTakenIfTheyCanBe() throws {
        var names: Set<String> = []
        for (index, subject) in [nil, "UPPER CASE/slash", "fine-1", "..", "fine-1.2"].enumerated() {
            let client = try fixture.stranger("n\(index)")
            client.token = try fixture.token(for: client, "x", [("g7", 6)]) { $0.subject = subject }
            try client.upload(manager)
            let answer = try client.join(manager, group: "g7", roles: .requester)
            #expect(answer.code == .created)
            let name = try #require(answer.options.locationPath.last)
            #expect(names.insert(name).inserted)
            #expect((name == subject) == (subject == "fine-1"), "\(name)")
            #expect(try client.ask(manager, .get, "ace-group/g7/nodes/\(name)").code == .content)
        }
    }

    private func rejoin(_ client: TestClient, credential: [UInt8]?, nonce: [UInt8]) throws -> Message {
        let request = JoinRequest(
            scopeEntry: ScopeEntry(groupName: "g7", roles: .requester), clientCredential: credential,
            clientNonce: nonce)
        return try client.ask(manager, TestClient.joinMessage(request.encoded(), path: ["ace-group", "g7"]))
    }

    /// GET kdc-cred proves the manager's key over this nonce.
    private func expectProof(
        _ client: TestClient, over nonce: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let answer = try client.ask(manager, .get, "ace-group/g7/kdc-cred")
        #expect(answer.code == .content, sourceLocation: sourceLocation)
        let payload = answer.payload
        let proof = try ManagerCredentialAnswer(decoding: payload.span)
        let input = ProofOfPossession.managerInput(clientNonce: nonce.span, kdcNonce: proof.nonce.span)
        let isProven = try Fixture.key(.ed25519).publicKey.isValidSignature(proof.evidence.span, for: input.span)
        #expect(isProven, sourceLocation: sourceLocation)
    }
}

extension TestManager {
    /// The sets of stale Sender IDs of a group, by version.
    func stale(_ group: String) -> [UInt64: [[UInt8]]] {
        let records = store.snapshot.staleSenderIDs.filter { $0.groupName == group }
        return Dictionary(grouping: records, by: \.version).mapValues {
            $0.map(\.senderID).sorted { $0.lexicographicallyPrecedes($1) }
        }
    }
}
