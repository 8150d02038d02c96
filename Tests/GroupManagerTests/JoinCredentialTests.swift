import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// Which credentials a group takes, and what becomes of them.
struct JoinCredentialTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 111)
        manager = fixture.manager
    }

    @Test(.requirement("GM-0140", "GM-0142", "GM-0143", "GM-0192"))
    func aCredentialThatDoesNotFitIsError2() throws {
        let client = try fixture.client("n1", [("g7", 6)])
        let own = client.credential.bytes
        func withKey(_ key: [UInt8]) -> [UInt8] { Array(own.dropLast(32)) + key }
        let noCurve: CBORValue = [2: "n1", 8: [1: [1: 1, -2: .bytes([UInt8](repeating: 3, count: 32))]]]
        let cases: [([UInt8], CredentialRefusal?)] = [
            (Array(own.dropLast()), .unreadable(.malformed(.truncated))), ([0xa0], .unreadable(.notAClaimsSet)),
            (own + [UInt8](repeating: 0, count: 5_000), .tooLong), (noCurve.encoded(), nil),
            // Certificates, or a chain of them, in a group of claims sets.
            ([0x30, 0x82, 0x01, 0x00], nil), ([0x82, 0x41, 0x30, 0x41, 0x30], nil),
            // y = 1 and y = -1: with these everybody shares the same secret.
            (withKey([1] + [UInt8](repeating: 0, count: 31)), nil),
            (withKey([0xec] + [UInt8](repeating: 0xff, count: 30) + [0x7f]), nil),
            (withKey([UInt8](repeating: 0, count: 32)), nil),
        ]
        for (index, (credential, reason)) in cases.enumerated() {
            let answer = try join(client, credential)
            #expect(answer.code == .badRequest && answer.problem == 2, "case \(index)")
            guard case .credentialIncompatible(let refusal)? = manager.lastRefusal else {
                Issue.record("case \(index)")
                continue
            }
            if let reason { #expect(refusal == reason) }
            let payload = answer.payload
            #expect(try ProblemDetails(decoding: payload.span).detail?.hasSuffix(refusal.explanation) == true)
        }
        #expect(manager.store.snapshot.members.isEmpty)
    }

    /// They are keys, but not of the group's algorithms.
    @Test(.requirement("GOSC-0054", "GM-0140"), arguments: [KeyKind.x25519, .p256, .p384, .p521])
    func aKeyOfAnotherKindIsError2(kind: KeyKind) throws {
        let client = try fixture.client("n1", [("g7", 6)])
        let secret = [0] + [UInt8](repeating: 1, count: kind.secretLength - 1)
        let key = try PrivateKey(kind, secret: secret.span).publicKey
        let answer = try join(client, AuthenticationCredential.ccs(subject: "n1", publicKey: key).bytes)
        #expect(answer.code == .badRequest && answer.problem == 2)
        #expect(manager.lastRefusal == .credentialIncompatible(.misfit(.signature(kind, .edDSA))))
        let payload = answer.payload
        let detail = try ProblemDetails(decoding: payload.span).detail
        #expect(detail?.contains("has a key of kind \(kind.name), which cannot sign with the group's EdDSA") == true)
    }

    @Test(.requirement("GM-0117", "GM-0140"))
    func aSigningKeyIsOfNoUseInAPairwiseOnlyGroup() throws {
        let client = try fixture.client("n1", [("pw", 6)])
        let answer = try join(client, client.credential.bytes, group: "pw")
        #expect(answer.code == .badRequest && answer.problem == 2)
    }

    /// Whether nodes may join with a credential that has expired is the operator's choice.
    @Test(arguments: [false, true])
    func anExpiredCredentialIsRefusedUnlessTheOperatorAcceptsIt(accepts: Bool) throws {
        let fixture = try Fixture(seed: 112) { $0.acceptsExpiredCredentials = accepts }
        let client = try fixture.client("n1", [("g7", 6)])
        let bytes = client.credential.bytes
        var claims = try CBORValue(decoding: bytes.span).mapValue ?? CBORMap()
        claims[4] = 1_000_000
        var request = try client.joinRequest("g7", .requester)
        request.clientCredential = CBORValue.map(claims).encoded()
        let answer = try client.ask(
            fixture.manager, TestClient.joinMessage(request.encoded(), path: ["ace-group", "g7"]))
        #expect(answer.code == (accepts ? .created : .badRequest))
        guard !accepts else { return }
        let payload = answer.payload
        #expect(try ProblemDetails(decoding: payload.span).detail?.hasSuffix("has expired") == true)
    }

    /// What the manager keeps and distributes is the credential, not the tag that it came in.
    @Test(.requirement("GOSC-0059", "GM-0192"), arguments: ["tag", "none"])
    func onlyTheCredentialIsDistributed(form: String) throws {
        let client = try fixture.client("n1", [("g7", 6)])
        let own = client.credential.bytes
        #expect(try join(client, form == "tag" ? [0xd8, 0x3d] + own : own).code == .created)
        #expect(manager.member("n1")?.credential == own)
        let second = try fixture.client("n2", [("g7", 6)])
        let payload = try second.join(manager, group: "g7", roles: .requester).payload
        #expect(try JoinResponse(decoding: payload.span).peers?.first?.credential == own)
    }

    /// Bytes that our own encoder would not make stay as they are.
    @Test(.requirement("GM-0150"))
    func aCredentialIsServedAsItCame() throws {
        let client = try fixture.client("n1", [("g7", 6)])
        let key = Array(client.credential.bytes.suffix(32))
        // cnf before sub, and the labels of the key the other way round.
        let unusual = hex("a2 08 a1 01 a3 21 5820") + key + hex("20 06 01 01 02 62 6e31")
        #expect(try join(client, unusual).code == .created)
        try manager.restart()
        let reader = try fixture.member("n2")
        let served = try reader.ask(manager, .get, "ace-group/g7/creds").map[13]?.arrayItems?.map(\.byteString)
        #expect(served?.contains(unusual) == true)
    }

    /// One private key inside is refused alone; beside another credential too.
    @Test func aPrivateKeyInAChainIsRefused() throws {
        let client = try fixture.client("n1", [("g7", 6)])
        let own = client.credential.bytes
        var claims = try CBORValue(decoding: own.span).mapValue ?? CBORMap()
        claims[8] = [
            1: [
                1: 1, -1: 6, -2: .bytes([UInt8](repeating: 3, count: 32)),
                -4: .bytes([UInt8](repeating: 4, count: 32)),
            ]
        ]
        let secret = CBORValue.map(claims).encoded()
        for credential in [secret, [0x82] + own + secret] {
            #expect(try join(client, credential).problem == 2)
        }
        #expect(manager.store.snapshot.members.isEmpty)
    }

    private func join(_ client: TestClient, _ credential: [UInt8], group: String = "g7") throws -> Message {
        var request = try client.joinRequest(group, [.requester, .responder])
        request.clientCredential = credential
        return try client.ask(manager, TestClient.joinMessage(request.encoded(), path: ["ace-group", group]))
    }
}
