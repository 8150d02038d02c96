import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import OSCORE
import TestSupport
import Testing

/// POST /token at the authorization server inside the manager.
struct TokenIssuingTests {
    private let manager: TestManager

    init() throws {
        manager = try TestManager(seed: 51)
        try manager.createGroup()
        try manager.createGroup("g8")
    }

    @Test(.requirement("GM-0012", "GM-0018", "GM-0020", "GM-0022", "GM-0023", "GM-0036"))
    func whoeverHoldsAnInvitationGetsAToken() throws {
        let invitation = try manager.invite("switch")
        let node = try TestNode(invitation, seed: 52)
        let answer = try node.server.ask(manager, TestNode.tokenMessage())
        #expect(answer.code == .created && answer.options.contentFormat == .ace)
        let payload = answer.payload
        let response = try TokenResponse(decoding: payload.span)
        #expect(try #require(response.expiresIn) > 0)
        #expect(response.profile == .coapOSCORE)
        guard case .inputMaterial(let material) = response.confirmation else {
            Issue.record("no input material")
            return
        }
        #expect(material.masterSecret.count == 16 && material.salt?.count == 8)
        // What the client gets is what the token says, and the token can be read by the manager alone.
        let keys = try #require(manager.store.tokenKeys)
        let key = AccessTokenKey.shared(keyID: nil, algorithm: .aesCCM_16_64_128, key: keys.sharedKey)
        let token = response.accessToken
        let claims = try AccessToken.open(token.span, keys: [key]).claims
        #expect(claims.confirmation == .inputMaterial(material))
        #expect(claims.expiration == manager.wallClock.seconds + (response.expiresIn ?? 0))
        #expect(claims.audience == "gosc" && claims.issuer == "gosc")
        #expect(try claims.scope?.scope().roles(in: "g7") == [.requester, .responder])
        #expect(!Hex.encode(token).contains(Hex.encode(material.masterSecret)))
        #expect(manager.store.snapshot.invitations.first?.consumedBy == node.idContext)
    }

    @Test(.requirement("GM-0013", "GM-0058"))
    func whatIsGrantedIsWhatTheInvitationAllows() throws {
        let node = try TestNode(try manager.invite("lamp", roles: .responder), seed: 53)
        func ask(_ scope: [UInt8]?) throws -> TokenResponse {
            let answer = try node.server.ask(manager, TestNode.tokenMessage(TokenRequest(scope: scope)))
            let payload = answer.payload
            return try TokenResponse(decoding: payload.span)
        }
        let all = Fixture.content([("g7", 6)])
        let own = Fixture.content([("g7", 4)])
        #expect(try ask(all).scope == own)
        #expect(try ask(nil).scope == own)
        // As asked for: it goes without saying.
        #expect(try ask(own).scope == nil)
        #expect(try ask(Fixture.content([("g8", 4), ("g7", 4)])).scope == own)
    }

    @Test(.requirement("GM-0010", "GM-0017", "GM-0021"))
    func badRequestsGetTheErrorsOfTheRegistry() throws {
        let node = try TestNode(try manager.invite("switch"), seed: 54)
        let mixed: CBORValue = [[.tagged(21065, "a"), 5], [.tagged(99999, "a"), 5]]
        let cases: [(CBORValue, UInt64)] = [
            ([9: .bytes(mixed.encoded())], 6), ([9: .bytes(Fixture.content([("g8", 6)]))], 6),
            ([9: .bytes(Fixture.content([("g7", 8)]))], 6), ([9: .bytes(Fixture.content([("g7", 7)]))], 6),
            ([9: .bytes([0x01])], 6), ([9: .tagged(1_668_547_115, .bytes(Fixture.content([("g7", 6)])))], 1),
            ([9: "g7_requester"], 1), ([33: 1], 5), ([5: "other"], 1), ([5: 1], 1), ([], 1),
        ]
        for (request, code) in cases {
            let message = TestClient.message(.post, "token", request.encoded(), format: .ace)
            let answer = try node.server.ask(manager, message)
            #expect(answer.code == .badRequest && answer.options.contentFormat == .ace, "\(request)")
            #expect(try answer.map[30]?.unsignedInteger == code, "\(request)")
        }
        let foreign = TestClient.message(.post, "token", [0xa0], format: .cbor)
        #expect(try node.server.ask(manager, foreign).code == .unsupportedContentFormat)
        // No refusal uses the invitation up.
        #expect(manager.store.snapshot.invitations.first?.consumedBy == nil)
        #expect(try node.join(manager).code == .created)
    }

    @Test(.requirement("GM-0024"))
    func eachTokenHasItsOwnMaterial() throws {
        let node = try TestNode(try manager.invite("switch"), seed: 55)
        var ids: Set<[UInt8]> = []
        var secrets: Set<[UInt8]> = []
        for _ in 0..<20 {
            try node.requestToken(manager)
            let material = try #require(node.material)
            #expect(ids.insert(material.id).inserted && secrets.insert(material.masterSecret).inserted)
        }
        #expect(try node.join(manager).code == .created)
    }

    @Test(.requirement("GM-0082"))
    func anInvitationIsForOneNodeOnce() throws {
        let invitation = try manager.invite("switch")
        let first = try TestNode(invitation, seed: 56)
        #expect(try first.join(manager).code == .created)
        // The same invitation in other state directories.
        for seed in UInt64(57)...59 {
            let answer = try TestNode(invitation, seed: seed).server.ask(manager, TestNode.tokenMessage())
            #expect(answer.code == .badRequest)
            #expect(try answer.map[30] == 3)
            #expect(manager.events.last == .tokenRefused(group: "g7", node: "switch", reason: .used))
        }
        // Four have tried it: a fifth costs nothing any more.
        let fifth = try TestNode(invitation, seed: 60)
        try expectRejection(.tooManyContexts, .unauthorized, fifth.server.protect(TestNode.tokenMessage()), fifth)
        #expect(manager.store.snapshot.associations.count == 4)
        // The first may come again.
        try first.requestToken(manager)
    }

    @Test func anInvitationExpiresForWhoeverIsNoMember() throws {
        let node = try TestNode(try manager.invite("switch", lifetime: 60), seed: 61)
        let member = try TestNode(try manager.invite("lamp", lifetime: 60), seed: 62)
        #expect(try member.join(manager).code == .created)
        manager.wallClock = UnixTime(seconds: manager.wallClock.seconds + 60)
        let answer = try node.server.ask(manager, TestNode.tokenMessage())
        #expect(answer.code == .badRequest)
        #expect(manager.events.last == .tokenRefused(group: "g7", node: "switch", reason: .expired))
        try member.requestToken(manager)
        try member.upload(manager)
        #expect(try member.ask(manager, .get, "ace-group/g7").code == .content)
    }

    @Test(.requirement("GM-0026"))
    func aRevokedInvitationIsVoidWithAllThatCameOfIt() throws {
        let node = try TestNode(try manager.invite("switch"), seed: 63)
        try node.enrol(manager)
        #expect(try node.ask(manager, .get, "ace-group/g7").problem == 0)
        #expect(try manager.ask(.delete, "gosc/groups/g7/invitations/switch").code == .deleted)
        let answer = try node.server.ask(manager, TestNode.tokenMessage())
        #expect(answer.code == .badRequest)
        #expect(manager.events.last == .tokenRefused(group: "g7", node: "switch", reason: .revoked))
        #expect(try node.ask(manager, .get, "ace-group/g7").code == .unauthorized)
        let upload = TokenUpload(
            token: node.token, nonce1: Array(1...8), clientRecipientID: [1], asksForSignInfo: false,
            asksForECDHInfo: false, asksForDHCredentials: false)
        #expect(try node.open.askOpenly(manager, node.uploadMessage(upload)).code == .unauthorized)
        #expect(try manager.ask(.delete, "gosc/groups/g7/invitations/switch").code == .notFound)
    }

    @Test(.requirement("GM-0077", "GM-0082", "GM-0364", "COAP-0272", "COAP-0273"))
    func strangersAreRefusedWithoutProtection() throws {
        let invitation = try manager.invite("switch")
        let node = try TestNode(invitation, seed: 64)
        let plain = TestNode.tokenMessage()
        let refused = try TestAssociation.outer(manager.deliver(node.server.frame(plain), from: node.address))
        #expect(refused.code == .unauthorized)
        // An invitation that this manager never made.
        var foreign = invitation
        foreign.clientSenderID[0] ^= 1
        let stranger = try TestNode(foreign, seed: 65)
        try expectRejection(.unknownContext, .unauthorized, stranger.server.protect(plain), stranger)
        // The right identifiers and the wrong secret.
        foreign = invitation
        foreign.masterSecret[0] ^= 1
        let forger = try TestNode(foreign, seed: 66)
        try expectRejection(.decryption, .badRequest, forger.server.protect(plain), forger)
        // An option value with reserved bits.
        var broken = plain
        broken.options.oscore = [0xff]
        try expectRejection(.malformed, .badOption, node.server.frame(broken), node)
        #expect(manager.store.snapshot.associations.isEmpty)
    }

    /// With an invitation one gets a token, and nothing else.
    @Test(.requirement("GM-0077"))
    func anInvitationOpensNoOtherResource() throws {
        let node = try TestNode(try manager.invite("switch"), seed: 67)
        for (code, path) in [
            (Code.get, "ace-group/g7"), (.post, "ace-group/g7"), (.fetch, "ace-group"), (.post, "authz-info"),
            (.get, ".well-known/core"), (.get, "ace-group/g7/num"),
        ] {
            let message = TestClient.message(code, path, [0xa0], format: .aceGroupcomm)
            #expect(try node.server.ask(manager, message).code == .unauthorized, "\(path)")
        }
        // And with a token one does not get another.
        try node.enrol(manager)
        #expect(try node.ask(manager, TestNode.tokenMessage()).code == .notFound)
    }

    /// Sends a datagram that is not verified: nothing at all may change.
    private func expectRejection(
        _ reason: RequestRejection, _ code: Code, _ datagram: [UInt8], _ node: TestNode,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let before = manager.store
        let answer = try TestAssociation.outer(manager.deliver(datagram, from: node.address))
        #expect(answer.code == code, sourceLocation: sourceLocation)
        #expect(answer.options.oscore == nil, sourceLocation: sourceLocation)
        // Whoever forged his address has nothing amplified: a Code, and neither options nor payload.
        #expect(answer.body.isEmpty, sourceLocation: sourceLocation)
        #expect(manager.events.last == .rejected(from: node.address, reason: reason), sourceLocation: sourceLocation)
        #expect(manager.store == before, sourceLocation: sourceLocation)
    }
}
