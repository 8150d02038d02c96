import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// Proofs of possession, on both sides, with the bytes of the guide.
struct JoinProofTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 101)
        manager = fixture.manager
    }

    /// The client of the guide, whose N_S is that of the guide.
    private func guideClient(_ group: String, kind: KeyKind = .ed25519) throws -> TestClient {
        let client = try fixture.stranger("fev-1", kind: kind, secret: Fixture.clientSeed)
        client.token = try fixture.token(for: client, "fev-1", [(group, 6)])
        try client.upload(manager)
        #expect(try client.ask(manager, .get, "ace-group/\(group)").problem == 0)
        try manager.change { $0.clients[0].kdcChallenge = hex("a1a2a3a4a5a6a7a8") }
        return client
    }

    @Test(.requirement("GM-0104", "GM-0131", "GM-0132", "GM-0144", "GM-0145", "GM-0150", "GM-0492"))
    func theJoinOfTheGuideIsAccepted() throws {
        let client = try guideClient("g7")
        let credential = hex(
            "a202666465762d313708a101a301012006215820 79b5562e8fe654f94078b112e8a98ba7901f853ae695bed7e0e3910bad049664")
        let signature = hex(
            """
            53d42c6903b549b2fecb13c007328d8c4345296906c2639c32ff236863bd3c62
            ebc96df223e17fb6f974288683dd60c9862170c15b69c132ffdbf6cf32854005
            """)
        let request: CBORValue = [
            3: .bytes(hex("8262673706")), 4: .null, 5: .bytes(credential), 6: .bytes(hex("c1c2c3c4c5c6c7c8")),
            24: .bytes(signature), 26: "coap://[2001:db8::17]/ace-group/g7/node",
        ]
        #expect(request.encoded().count == 186)
        for bit in [0, 100, 511] {
            var flipped = signature
            flipped[bit / 8] ^= 1 << (bit % 8)
            let refused = try join(client, "g7", request, [24: .bytes(flipped)])
            #expect(refused.code == .badRequest && refused.problem == 3)
        }
        let answer = try join(client, "g7", request)
        #expect(answer.code == .created)
        let member = try #require(manager.member("fev-1"))
        #expect(member.credential == credential && member.clientNonce == hex("c1c2c3c4c5c6c7c8"))
        // What the manager signs is N_C and its own nonce.
        let map = try answer.map
        let nonce = try #require(map[18]?.byteString)
        #expect(nonce.count >= 8)
        let input = hex("48c1c2c3c4c5c6c7c8") + [0x48] + nonce
        let evidence = try #require(map[19]?.byteString)
        let isProven = try Fixture.key(.ed25519).publicKey.isValidSignature(evidence.span, for: input.span)
        #expect(isProven)
    }

    @Test(.requirement("GM-0133", "GM-0134", "GM-0135", "GM-0136", "GM-0145"))
    func theMACOfTheGuideIsAccepted() throws {
        try manager.configure("pw") { $0.hkdf = .hkdfSHA512 }
        let client = try guideClient("pw", kind: .x25519)
        let scope = ScopeEntry(groupName: "pw", roles: [.requester, .responder]).encoded()
        // Over the guide's input, which names g7.
        let guide = ProofOfPossession.clientInput(
            scope: hex("8262673706").span, kdcChallenge: hex("a1a2a3a4a5a6a7a8").span,
            clientNonce: hex("c1c2c3c4c5c6c7c8").span)
        let seed = Fixture.clientSeed
        let own = try PrivateKey(.x25519, secret: seed.span)
        let managerKey = try Fixture.key(.x25519).publicKey
        #expect(try ProofOfPossession.mac(own: own, peer: managerKey, input: guide.span) == hex("9e618c52a456419b"))
        let input = ProofOfPossession.clientInput(
            scope: scope.span, kdcChallenge: hex("a1a2a3a4a5a6a7a8").span, clientNonce: hex("c1c2c3c4c5c6c7c8").span)
        let mac = try ProofOfPossession.mac(own: own, peer: managerKey, input: input.span)
        let request: CBORValue = [
            3: .bytes(scope), 5: .bytes(client.credential.bytes), 6: .bytes(hex("c1c2c3c4c5c6c7c8")), 24: .bytes(mac),
        ]
        for wrong in [
            Array(mac.dropLast()), mac + [0], [UInt8](repeating: 0, count: 64), mac.map { $0 ^ 1 }, [],
            hex("9e618c52a456419b"),
        ] {
            let refused = try join(client, "pw", request, [24: .bytes(wrong)])
            #expect(refused.code == .badRequest && refused.problem == 3)
        }
        let answer = try join(client, "pw", request)
        #expect(answer.code == .created)
        let map = try answer.map
        let nonce = try #require(map[18]?.byteString)
        let expected = try ProofOfPossession.mac(
            own: own, peer: managerKey, input: (hex("48c1c2c3c4c5c6c7c8") + [0x48] + nonce).span)
        #expect(map[19]?.byteString == expected)
    }

    @Test(
        .requirement("GM-0131", "GM-0132", "GM-0136", "GM-0137", "GM-0138", "GM-0148", "GM-0149", "GOSC-0294"))
    func aProofThatDoesNotVerifyIsError3() throws {
        let client = try fixture.client("n1", [("g7", 6), ("g8", 6)])
        let good = try client.joinRequest("g7", [.requester, .responder])
        var flipped = try #require(good.clientEvidence)
        flipped[0] ^= 1
        let bytes = good.encoded()
        let request = try CBORValue(decoding: bytes.span)
        let other = try fixture.client("n2", [("g7", 6)])
        let nonce = Array<UInt8>(1...8)
        let otherScope = ScopeEntry(groupName: "g7", roles: .requester).encoded()
        let changes: [[(Int64, CBORValue)]] = [
            [(24, .bytes(flipped))], [(24, .bytes([]))], [(24, .bytes(Array(flipped.prefix(8))))],
            // Somebody else's credential, another nonce, another scope, another spelling of the scope.
            [(5, .bytes(other.credential.bytes))], [(6, .bytes([9]))], [(3, .bytes(otherScope))],
            [(3, .bytes(hex("826267371806")))],
            // The proof over somebody else's N_S.
            [(5, .bytes(other.credential.bytes)), (24, .bytes(try other.evidence(scope: good.scope, nonce: nonce)))],
            // The right proof for another group.
            [(24, .bytes(try client.evidence(scope: hex("8262673806"), nonce: nonce)))],
        ]
        let master = Hex.encode(Fixture.masterSecret)
        for change in changes {
            let refused = try join(client, "g7", request, Dictionary(uniqueKeysWithValues: change))
            #expect(refused.code == .badRequest && refused.problem == 3)
            #expect(!Hex.encode(refused.payload).contains(master))
            #expect(manager.lastRefusal == .evidenceInvalid)
        }
        #expect(manager.store.snapshot.members.isEmpty && manager.store.snapshot.assignedSenderIDs.isEmpty)
        #expect(try join(client, "g7", request).code == .created)
    }

    /// What is signed is the scope as it was sent, however it was written.
    @Test(.requirement("GM-0149", "GM-0195", "GM-0363"))
    func theScopeIsTakenAsItCame() throws {
        let client = try fixture.client("n1", [("g7", 6)])
        let scope = hex("82 62 6737 18 06")
        let request: CBORValue = [
            3: .bytes(scope), 5: .bytes(client.credential.bytes), 6: .bytes([1, 2]),
            24: .bytes(try client.evidence(scope: scope, nonce: [1, 2])),
        ]
        #expect(try join(client, "g7", request).code == .created)
        #expect(manager.member("n1")?.scope == scope)
        let update = CredentialUpdate(
            credential: client.credential.bytes, clientNonce: [3],
            evidence: try client.evidence(scope: scope, nonce: [3]))
        #expect(
            try client.ask(manager, .post, "ace-group/g7/nodes/n1/cred", update.encoded(), format: .aceGroupcomm).code
                == .changed)
    }

    private func join(
        _ client: TestClient, _ group: String, _ request: CBORValue, _ changes: [Int64: CBORValue] = [:]
    ) throws -> Message {
        var map = try #require(request.mapValue)
        for (label, value) in changes { map[label] = value }
        return try client.ask(
            manager, TestClient.joinMessage(CBORValue.map(map).encoded(), path: ["ace-group", group]))
    }
}
