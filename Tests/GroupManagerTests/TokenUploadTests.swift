import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// POST /authz-info without protection: which tokens count, and what the answer says.
struct TokenUploadTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 11)
        manager = fixture.manager
    }

    @Test(.requirement("GM-0031", "GM-0032", "GM-0033", "GM-0034", "GM-0057", "GM-0059", "GM-0060"))
    func anUploadIsAnsweredWithNoncesAndAnIdentifier() throws {
        let client = try fixture.stranger("n1")
        let token = try fixture.token(for: client, "n1", [("g7", 6)])
        let answer = try fixture.upload(token, as: client)
        #expect(answer.code == .created)
        #expect(answer.options.contentFormat == .ace)
        #expect(try answer.map.labels == [42, 44, 46])
        #expect(try answer.map[42]?.byteString?.count == 8)
        #expect(try answer.map[44]?.byteString != [0x01])
        #expect(try answer.map[46]?.byteString?.count == 8)
        for code in [Code.get, .put, .delete] {
            let other = TestClient.message(code, "authz-info")
            #expect(try client.open.askOpenly(manager, other).code == .methodNotAllowed, "\(code)")
        }
    }

    @Test(.requirement("GM-0032", "GM-0033", "GM-0043", "GM-0047", "GM-0051"))
    func whatIsNoUploadIsRefused() throws {
        let client = try fixture.stranger("n1")
        let token = try fixture.token(for: client, "n1", [("g7", 6)])
        let before = manager.store
        let good: CBORValue = [1: .bytes(token), 40: .bytes([1, 2, 3, 4, 5, 6, 7, 8]), 43: .bytes([1])]
        func changed(_ label: Int64, _ value: CBORValue?) -> [UInt8] {
            var map = good.mapValue ?? CBORMap()
            map[label] = value
            return CBORValue.map(map).encoded()
        }
        let cases: [([UInt8], ContentFormat?, Code)] = [
            (good.encoded(), .cbor, .unsupportedContentFormat), (good.encoded(), nil, .unsupportedContentFormat),
            (good.encoded(), .aceGroupcomm, .unsupportedContentFormat),
            ([0xff], .ace, .badRequest), ([], .ace, .badRequest), ([0x80], .ace, .badRequest),
            (changed(1, nil), .ace, .badRequest), (changed(1, "text"), .ace, .badRequest),
            (changed(40, nil), .ace, .badRequest), (changed(40, 1), .ace, .badRequest),
            (changed(43, nil), .ace, .badRequest), (changed(43, "1"), .ace, .badRequest),
            (changed(45, []), .ace, .badRequest), (changed(47, 1), .ace, .badRequest),
            (changed(48, 0), .ace, .badRequest),
            (good.encoded() + [0], .ace, .badRequest), (changed(1, .bytes([1])), .ace, .badRequest),
            (changed(1, .bytes([])), .ace, .badRequest),
        ]
        for (index, (payload, format, code)) in cases.enumerated() {
            let message = TestClient.message(.post, "authz-info", payload, format: format)
            let answer = try client.open.askOpenly(manager, message)
            #expect(answer.code == code, "case \(index)")
            #expect(answer.payload == [] || answer.options.contentFormat == .problemDetails)
        }
        #expect(manager.store == before)
        #expect(manager.engine.status.candidates == 0)
        // What is not known is no fault, and null is how one asks.
        var asks = good.mapValue ?? CBORMap()
        asks[45] = .null
        asks[47] = .null
        asks[48] = .null
        asks[99] = 1
        let message = TestClient.message(.post, "authz-info", CBORValue.map(asks).encoded(), format: .ace)
        #expect(try client.open.askOpenly(manager, message).code == .created)
    }

    /// Each upload gets others, also of the same token, also behind a restart.
    @Test(.requirement("GM-0034", "GM-0035", "GM-0063"))
    func noncesAndIdentifiersAreFreshForEachUpload() throws {
        var nonces: Set<[UInt8]> = []
        var challenges: Set<[UInt8]> = []
        var identifiers: Set<[UInt8]> = []
        var ones = 0
        for index in 0..<300 {
            let client = try fixture.stranger("n\(index)")
            let token = try fixture.token(for: client, "n\(index)", [("g7", 6)])
            if index % 100 == 50 { try manager.restart() }
            for _ in 0..<(index < 10 ? 2 : 1) {
                let payload = try fixture.upload(token, as: client, recipientID: [0x00]).payload
                let answer = try TokenUploadAnswer(decoding: payload.span)
                #expect(nonces.insert(answer.nonce2).inserted)
                let challenge = try #require(answer.kdcChallenge)
                #expect(challenge.count >= 8)
                #expect(challenges.insert(challenge).inserted)
                ones += challenge.reduce(0) { $0 + $1.nonzeroBitCount }
                #expect(answer.serverRecipientID != [0x00])
                #expect(identifiers.insert(answer.serverRecipientID).inserted)
            }
        }
        let bits = challenges.count * 64
        #expect(abs(ones - bits / 2) < bits / 40)
    }

    @Test(.requirement("GM-0034"))
    func theManagersIdentifierIsNeverThatOfTheClient() throws {
        // Two managers that draw the same; the client of the second wants what the first has drawn.
        var wanted: [UInt8] = [0x01]
        for attempt in 0..<2 {
            let fixture = try Fixture(seed: 12)
            let client = try fixture.stranger("n1")
            let token = try fixture.token(for: client, "n1", [("g7", 6)])
            let payload = try fixture.upload(token, as: client, recipientID: wanted).payload
            let drawn = try TokenUploadAnswer(decoding: payload.span).serverRecipientID
            #expect(drawn != wanted, "\(attempt)")
            wanted = drawn
        }
    }

    /// Issuer, expiry, audience, scope; the first that fails decides.
    @Test(.requirement("GM-0018", "GM-0041", "GM-0042"))
    func claimsAreCheckedInAFixedOrder() throws {
        let client = try fixture.stranger("n1")
        let good = try fixture.claims(client, "n1", [("g7", 6)])
        let now = manager.wallClock.seconds
        let steps: [(UploadRefusal, Code, (inout AccessTokenClaims) -> Void)] = [
            (.foreignIssuer, .unauthorized, { $0.issuer = "other.example" }),
            (.expired, .unauthorized, { $0.expiration = now }),
            (.foreignAudience, .forbidden, { $0.audiences = ["other"] }),
            (.unknownScope, .badRequest, { $0.scope = ScopeClaim(content: [0x01]) }),
        ]
        for first in steps.indices {
            // Everything behind it is wrong, too.
            var claims = good
            for step in steps[first...] { step.2(&claims) }
            try expect(steps[first].0, steps[first].1, fixture.seal(claims), client)
        }
        for claim: Int64 in [4, 8, 9] {
            let token = try fixture.seal(good, replacing: claim, by: nil)
            try expect(.incomplete, .badRequest, token, client)
        }
        var claims = good
        claims.audiences = []
        try expect(.foreignAudience, .forbidden, fixture.seal(claims), client)
        claims = good
        claims.notBefore = now + 1
        try expect(.expired, .unauthorized, fixture.seal(claims), client)
        // Without an issuer it is that of the key.
        claims = good
        claims.issuer = nil
        claims.notBefore = now
        #expect(try fixture.upload(fixture.seal(claims), as: client).code == .created)
    }

    @Test(.requirement("GM-0023", "GM-0041"))
    func tokensOfNobodyAreRefused() throws {
        let client = try fixture.stranger("n1")
        let claims = try fixture.claims(client, "n1", [("g7", 6)])
        let good = try fixture.seal(claims)
        for index in stride(from: good.count - 1, to: good.count - 40, by: -3) {
            var flipped = good
            flipped[index] ^= 1
            try expect(.notAuthentic, .unauthorized, flipped, client)
        }
        let other = AccessTokenKey.shared(
            keyID: nil, algorithm: .aesCCM_16_64_128,
            key: SecretField(copying: [UInt8](repeating: 7, count: 16).span))
        try expect(.notAuthentic, .unauthorized, fixture.seal(claims, key: other), client)
        // Merely signed: the Master Secret in the clear.
        let seed = Fixture.clientSeed
        let issuer = try PrivateKey(.ed25519, secret: seed.span)
        let signed = try Sign1Message(signing: claims.encoded(), key: issuer).encoded()
        try expect(.notAuthentic, .unauthorized, signed, client)
        // Nobody but the authorization server inside speaks for invitations, and only for those there are.
        var embedded = claims
        embedded.issuer = ClientIdentity.embeddedIssuer
        try expect(.foreignIssuer, .unauthorized, fixture.seal(embedded), client)
        let keys = try #require(manager.store.tokenKeys)
        let inside = AccessTokenKey.shared(keyID: nil, algorithm: .aesCCM_16_64_128, key: keys.sharedKey)
        try expect(.revoked, .unauthorized, fixture.seal(embedded, key: inside), client)
    }

    /// An authorization server with public keys: signed, then encrypted to the manager.
    @Test(.requirement("GM-0023", "GM-0041"))
    func signedAndEncryptedTokensCount() throws {
        let seed = Fixture.clientSeed
        let own = [UInt8](repeating: 3, count: 32)
        let issuer = try PrivateKey(.ed25519, secret: seed.span)
        let fixture = try Fixture(seed: 13) {
            $0.authorizationServers.append(
                AuthorizationServer(
                    issuer: "signing.example",
                    key: .publicKeys(issuer: issuer.publicKey, own: SecretField(copying: own.span))))
        }
        let client = try fixture.stranger("n1")
        var claims = try fixture.claims(client, "n1", [("g7", 6)])
        claims.issuer = "signing.example"
        guard case .x25519(let recipient) = try PrivateKey(.x25519, secret: own.span).publicKey else { return }
        var random = SeededGenerator(seed: 5)
        let token = try AccessToken.seal(claims, issuer: issuer, recipient: recipient, random: &random)
        #expect(try fixture.upload(token, as: client).code == .created)
        // The other server's name under this key, and somebody else's signature.
        claims.issuer = Fixture.issuer
        let foreign = try AccessToken.seal(claims, issuer: issuer, recipient: recipient, random: &random)
        #expect(try fixture.upload(foreign, as: client).code == .unauthorized)
        claims.issuer = "signing.example"
        let forger = try PrivateKey(.ed25519, secret: own.span)
        let forged = try AccessToken.seal(claims, issuer: forger, recipient: recipient, random: &random)
        #expect(try fixture.upload(forged, as: client).code == .unauthorized)
    }

    @Test(.requirement("GM-0001", "GM-0002", "GM-0009", "GM-0011", "GM-0014", "GM-0016"))
    func onlyScopesOfThisProfileCount() throws {
        let client = try fixture.stranger("n1")
        let claims = try fixture.claims(client, "n1", [("g7", 6)])
        let mixed: CBORValue = [[.tagged(21065, "a"), 5], [.tagged(35, "a"), 5]]
        let refused: [CBORValue] = [
            .bytes([0x01]), 1, "g7_requester", .bytes(hex("80")), .bytes(hex("8142673706")),
            .bytes(CBORValue.array([[.bytes([0x67, 0x37]), 6]]).encoded()),
            .bytes(CBORValue.array([["g7", -1]]).encoded()), .bytes(CBORValue.array([["g7", "6"]]).encoded()),
            .bytes(CBORValue.array([["g7", 6, 1]]).encoded()), .bytes(CBORValue.array([["g7"]]).encoded()),
            .bytes(mixed.encoded()), .tagged(1_668_546_817, .bytes(hex("818262673706"))),
            .tagged(1_668_547_115, "g7"), .bytes(hex("818262673706") + [0]),
        ]
        for scope in refused {
            try expect(.unknownScope, .badRequest, fixture.seal(claims, replacing: 9, by: scope), client)
        }
        for scope in [.bytes(hex("818262673706")), .tagged(1_668_547_115, .bytes(hex("818262673706")))] as [CBORValue] {
            let token = try fixture.seal(claims, replacing: 9, by: scope)
            #expect(try fixture.upload(token, as: client).code == .created)
        }
    }

    @Test(.requirement("GM-0024"))
    func inputMaterialBelongsToOneClient() throws {
        let first = try fixture.stranger("n1")
        let second = try fixture.stranger("n2")
        first.token = try fixture.token(for: first, "n1", [("g7", 6)])
        second.material = first.material
        let token = try fixture.token(for: second, "n2", [("g7", 6)])
        try first.upload(manager)
        // While the first waits, when it has come, and behind a restart.
        try expect(.materialTaken, .badRequest, token, second)
        #expect(try first.join(manager, group: "g7", roles: .requester).code == .created)
        try expect(.materialTaken, .badRequest, token, second)
        try manager.restart()
        try expect(.materialTaken, .badRequest, token, second)
        #expect(manager.store.clients.count == 1)
        // The same client may show it again.
        #expect(try fixture.upload(first.token, as: first).code == .created)
    }

    @Test func algorithmsThatOSCOREDoesNotHaveAreRefused() throws {
        let client = try fixture.stranger("n1")
        let id = client.bytes(8)
        for (aead, hkdf) in [(AEADAlgorithm(rawValue: 99), nil), (nil, HKDFAlgorithm(rawValue: 99))] {
            client.material = OSCOREInputMaterial(
                id: id, masterSecret: client.bytes(16), hkdf: hkdf, algorithm: aead, salt: client.bytes(8))
            try expect(.unsupported, .badRequest, fixture.token(for: client, "n1", [("g7", 6)]), client)
        }
        client.material = OSCOREInputMaterial(id: id, masterSecret: client.bytes(16), salt: client.bytes(8))
        let token = try fixture.token(for: client, "n1", [("g7", 6)])
        // Eight bytes do not fit into the nonce.
        #expect(try fixture.upload(token, as: client, recipientID: client.bytes(8)).code == .badRequest)
        #expect(manager.engine.status.candidates == 0)
        // A token that names a key alone makes no association.
        let named = try fixture.token(for: client, "n1", [("g7", 6)]) { $0.confirmation = .keyID(id) }
        try expect(.otherKey, .unauthorized, named, client)
    }

    /// Uploads a token that is refused: nothing is kept, and the answer says nothing but a Code.
    private func expect(
        _ refusal: UploadRefusal, _ code: Code, _ token: [UInt8], _ client: TestClient,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let before = manager.store
        let candidates = manager.engine.status.candidates
        let answer = try fixture.upload(token, as: client)
        #expect(answer.code == code, "\(refusal)", sourceLocation: sourceLocation)
        #expect(answer.payload == [], sourceLocation: sourceLocation)
        #expect(
            manager.events.last == .uploadRefused(from: client.address, reason: refusal), sourceLocation: sourceLocation
        )
        #expect(manager.store == before, sourceLocation: sourceLocation)
        #expect(manager.engine.status.candidates == candidates, sourceLocation: sourceLocation)
    }
}
