import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// `…/creds` and `…/nodes/NODENAME/cred`: everybody's credentials, and one's own.
struct CredentialsTests {
    private let fixture: Fixture
    private let manager: TestManager
    /// m monitor, r 00 requester, s 01 responder, rs 02 both.
    private var clients: [String: TestClient] = [:]

    init() throws {
        fixture = try Fixture(seed: 151)
        manager = fixture.manager
        for (name, roles) in [
            ("m", .monitor), ("r", .requester), ("s", .responder), ("rs", [.requester, .responder]),
        ] as [(String, Roles)] {
            clients[name] = try fixture.member(name, roles)
        }
    }

    private func client(_ name: String) throws -> TestClient { try #require(clients[name]) }

    @Test(.requirement("GM-0120", "GM-0150", "GM-0179", "GM-0180", "GM-0190", "GM-0372"))
    func everyCredentialOfTheGroupIsRead() throws {
        let verifier = try fixture.client("v", [("g7", 16)])
        for reader in [try client("r"), try client("m"), verifier] {
            let answer = try reader.ask(manager, .get, "ace-group/g7/creds")
            #expect(answer.code == .content && answer.options.contentFormat == .aceGroupcomm)
            let map = try answer.map
            #expect(map.labels.filter { $0 >= 0 } == [9, 13, 14, 15])
            #expect(map[9] == 0 && map[14] == [2, 4, 6])
            #expect(map[15] == [.bytes([0]), .bytes([1]), .bytes([2])])
            #expect(map[13]?.arrayItems?[2].byteString == clients["rs"]?.credential.bytes)
        }
        // Nobody there: nothing found.
        let alone = try fixture.client("alone", [("g8", 8)])
        #expect(try alone.join(manager, group: "g8", roles: .monitor).code == .created)
        #expect(try alone.ask(manager, .get, "ace-group/g8/creds").payload == [0x40])
    }

    @Test(
        .requirement(
            "GM-0094", "GM-0181", "GM-0184", "GM-0185", "GM-0186", "GM-0187", "GM-0188", "GM-0189", "GM-0190",
            "GM-0374"))
    func filtersSelectMembers() throws {
        let reader = try client("r")
        let expectations: [(CBORValue, [UInt8])] = [
            ([true, [2], []], [0, 2]), ([true, [4], []], [1, 2]), ([true, [6], []], [2]),
            ([true, [2, 4], []], [0, 1, 2]), ([true, [8], []], []),
            ([true, [], [.bytes([1])]], [1]), ([true, [], [.bytes([1]), .bytes([0xff])]], [1]),
            ([true, [], [.bytes([0xff])]], []), ([true, [], [.bytes([1]), .bytes([1])]], [1]),
            ([true, [4], [.bytes([0])]], [0, 1, 2]), ([true, [6], [.bytes([2])]], [2]),
            ([false, [4], [.bytes([1])]], [2]), ([false, [2], [.bytes([0]), .bytes([2])]], []),
            ([false, [], [.bytes([0])]], [1, 2]), ([false, [4], []], [1, 2]),
            ([true, [], [.bytes([])]], []),
        ]
        for (filter, ids) in expectations {
            let payload = CBORValue(dictionaryLiteral: (4, filter)).encoded()
            let answer = try reader.ask(manager, .fetch, "ace-group/g7/creds", payload, format: .aceGroupcomm)
            #expect(answer.code == .content && answer.options.contentFormat == .aceGroupcomm, "\(filter)")
            guard !ids.isEmpty else {
                #expect(answer.payload == [0x40], "\(filter)")
                continue
            }
            let map = try answer.map
            #expect(map[15]?.arrayItems?.compactMap(\.byteString) == ids.map { [$0] }, "\(filter)")
            #expect(map[13]?.arrayItems?.count == ids.count && map[14]?.arrayItems?.count == ids.count)
            #expect(map[9] == 0)
        }
    }

    @Test(.requirement("GM-0093", "GM-0181", "GM-0182", "GM-0183", "GM-0359", "GM-0360", "GM-0366"))
    func otherFiltersAreMalformed() throws {
        let reader = try client("r")
        func fetch(_ payload: [UInt8], _ format: ContentFormat? = .aceGroupcomm) throws -> Code {
            try reader.ask(manager, .fetch, "ace-group/g7/creds", payload, format: format).code
        }
        let refused: [CBORValue] = [
            .null, [true, [], []], [false, [], []], [true, [], [1]], [true, ["r"], []], [true, [1], []],
            [true, [0], []],
            [true, [7], []], [true, [16], []], [1, [2], []], [true, [2]], [true, [2], [], []], 5, [], [true, 2, []],
        ]
        for filter in refused {
            #expect(try fetch(CBORValue(dictionaryLiteral: (4, filter)).encoded()) == .badRequest, "\(filter)")
        }
        for payload in ["", "a0", "80", "ff", "a10483f581028000"] {
            #expect(try fetch(hex(payload)) == .badRequest, "\(payload)")
        }
        for format in [ContentFormat.cbor, .textPlain, nil] {
            #expect(try fetch(hex("a10483f5810280"), format) == .unsupportedContentFormat)
        }
        #expect(try fetch(hex("a20483f58102801863f5")) == .content)
        #expect(try reader.ask(manager, .post, "ace-group/g7/creds").code == .methodNotAllowed)
    }

    @Test(.requirement("GM-0124", "GM-0179"))
    func identifiersAreThoseOfNow() throws {
        let reader = try client("m")
        let rs = try client("rs")
        #expect(try rs.ask(manager, .post, "ace-group/g7/nodes/rs").code == .content)
        #expect(try client("s").ask(manager, .delete, "ace-group/g7/nodes/s").code == .deleted)
        try manager.change { snapshot in
            let index = try #require(snapshot.groups.firstIndex { $0.name == "g7" })
            snapshot.groups[index].version = 7
        }
        let map = try reader.ask(manager, .get, "ace-group/g7/creds").map
        #expect(map[15] == [.bytes([0]), .bytes([3])] && map[9] == 7)
        #expect(map[13]?.arrayItems?[1].byteString == rs.credential.bytes)
    }

    @Test(.requirement("GM-0065", "GM-0194", "GM-0201", "GM-0360", "GM-0372"))
    func aNewCredentialReplacesTheOldOne() throws {
        let client = try client("rs")
        let next = try fixture.stranger("next")
        let answer = try update(client, to: next)
        #expect(answer.code == .changed && answer.payload == [] && answer.options.contentFormat == nil)
        #expect(manager.events.contains(.credentialChanged(group: "g7", node: "rs")))
        try manager.restart()
        let member = try #require(manager.member("rs"))
        #expect(member.credential == next.credential.bytes && member.senderID == [2] && member.roles == 6)
        let served = try self.client("r").ask(manager, .get, "ace-group/g7/creds").map[13]?.arrayItems
        #expect(served?[2].byteString == next.credential.bytes)
        #expect(served?.contains { $0.byteString == client.credential.bytes } == false)
        #expect(try update(client, to: next, nonce: [5]) { $0[99] = 1 }.code == .changed)
    }

    @Test(.requirement("GM-0137", "GM-0138", "GM-0140", "GM-0194", "GM-0195", "GM-0196", "GM-0200", "GM-0202"))
    func badUpdatesChangeNothing() throws {
        let client = try client("rs")
        let next = try fixture.stranger("next")
        let before = try manager.substance
        for label in [5, 6, 24] as [Int64] {
            #expect(try update(client, to: next) { $0[label] = nil }.code == .badRequest)
            #expect(try update(client, to: next) { $0[label] = "text" }.code == .badRequest)
        }
        let secret = [UInt8](repeating: 1, count: 32)
        let p256 = try PrivateKey(.p256, secret: secret.span).publicKey
        let foreign = AuthenticationCredential.ccs(subject: "rs", publicKey: p256).bytes
        let ineligible = try update(client, to: next) { $0[5] = .bytes(foreign) }
        #expect(ineligible.code == .badRequest && ineligible.problem == 2)
        var wrong: [[(Int64, CBORValue)]] = [
            [(24, .bytes([]))], [(6, .bytes([8, 8]))], [(5, .bytes(client.credential.bytes))],
        ]
        let scope = ScopeEntry(groupName: "g7", roles: .requester).encoded()
        wrong.append([(24, .bytes(try evidence(next, of: client, scope: scope, nonce: [1])))])
        for changes in wrong {
            let refused = try update(client, to: next) { map in for (label, value) in changes { map[label] = value } }
            #expect(refused.code == .badRequest && refused.problem == 3, "\(changes)")
        }
        for payload in ["", "a0", "80", "ff"] {
            let answer = try client.ask(
                manager, .post, "ace-group/g7/nodes/rs/cred", hex(payload), format: .aceGroupcomm)
            #expect(answer.code == .badRequest)
        }
        #expect(
            try client.ask(manager, .post, "ace-group/g7/nodes/rs/cred", [0xa0], format: .cbor).code
                == .unsupportedContentFormat)
        #expect(try update(client, to: next, path: "r").code == .forbidden)
        #expect(try manager.substance == before)
    }

    @Test(.requirement("GM-0197", "GM-0198", "GM-0203", "GM-0280"))
    func monitorsAndInactiveGroupsHaveNoUpdates() throws {
        let next = try fixture.stranger("next")
        let refused = try update(client("m"), to: next, path: "m")
        #expect(refused.code == .badRequest && refused.payload == hex("a100a10001"))
        try manager.setActive(false)
        let before = try manager.substance
        let inactive = try update(client("rs"), to: next)
        #expect(inactive.code == .serviceUnavailable && inactive.problem == 9)
        #expect(try #require(inactive.options.maxAge) > 0)
        #expect(try manager.substance == before)
        try manager.setActive(true)
        #expect(try update(client("rs"), to: next).code == .changed)
    }

    /// In a pairwise-only group the proof is a MAC, here as well.
    @Test(.requirement("GM-0133", "GM-0194"))
    func aNewKeyForAgreementIsProvenByAMAC() throws {
        let client = try fixture.member("p", in: "pw")
        let next = try fixture.stranger("next", kind: .x25519)
        #expect(try update(client, to: next, path: "p", group: "pw").code == .changed)
        #expect(manager.member("p", in: "pw")?.credential == next.credential.bytes)
        let kdc = try client.ask(manager, .get, "ace-group/pw/kdc-cred").map
        let nonce = try #require(kdc[18]?.byteString)
        let input = ProofOfPossession.managerInput(clientNonce: Array<UInt8>(1...8).span, kdcNonce: nonce.span)
        let seed = next.seed
        let own = try PrivateKey(.x25519, secret: seed.span)
        let peer = try Fixture.key(.x25519).publicKey
        #expect(try kdc[19]?.byteString == ProofOfPossession.mac(own: own, peer: peer, input: input.span))
    }

    private func evidence(
        _ next: TestClient, of client: TestClient, scope: [UInt8], nonce: [UInt8]
    ) throws -> [UInt8] {
        next.kdcChallenge = client.kdcChallenge
        return try next.evidence(scope: scope, nonce: nonce)
    }

    /// Gives a member the key of another client.
    private func update(
        _ client: TestClient, to next: TestClient, nonce: [UInt8] = [1], path: String = "rs", group: String = "g7",
        change: (inout CBORMap) -> Void = { _ in }
    ) throws -> Message {
        let scope = ScopeEntry(groupName: group, roles: [.requester, .responder]).encoded()
        let update = CredentialUpdate(
            credential: next.credential.bytes, clientNonce: nonce,
            evidence: try evidence(next, of: client, scope: scope, nonce: nonce)
        ).encoded()
        var map = try #require(try CBORValue(decoding: update.span).mapValue)
        change(&map)
        return try client.ask(
            manager, .post, "ace-group/\(group)/nodes/\(path)/cred", CBORValue.map(map).encoded(),
            format: .aceGroupcomm)
    }
}
