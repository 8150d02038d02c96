import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// What becomes of a token: an association, rights, and their end.
struct TokenRightsTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 31)
        manager = fixture.manager
    }

    @Test(.requirement("GM-0036", "GM-0037"))
    func theClientsKidIsWhatTheManagerChose() throws {
        let client = try fixture.client("n1", [("g7", 6)])
        let association = try client.link()
        let datagram = try association.protect(
            TestClient.message(.fetch, "ace-group", hex("a1008143b10000"), format: .aceGroupcomm))
        let option = try #require(try TestAssociation.message(in: datagram).options.oscore)
        // Flags, Partial IV, then the kid: key 44 of the answer.
        #expect(Array(option.suffix(3)).count == 3)
        #expect(try association.open(manager.deliver(datagram, from: client.address)).code == .content)
        #expect(manager.store.clients[Array(option.suffix(3))] != nil)
        // With key 43 as kid there is no such association.
        let wrong = try TestAssociation(
            secret: try #require(client.material).masterSecret, senderID: [0x01], recipientID: Array(option.suffix(3)),
            address: client.address, firstMessageID: 1)
        let refused = try TestAssociation.outer(
            manager.deliver(wrong.protect(TestClient.message(.get, "ace-group/g7")), from: client.address))
        #expect(refused.code == .unauthorized && refused.options.oscore == nil)
        #expect(manager.events.last == .rejected(from: client.address, reason: .unknownContext))
    }

    @Test(.requirement("GM-0038"))
    func anUploadOverTheAssociationChangesRightsAlone() throws {
        let client = try fixture.client("n1", [("g7", 6)])
        #expect(try client.join(manager, group: "g7", roles: .requester).code == .created)
        let before = try #require(manager.store.clients.values.first)
        func update(_ token: [UInt8]) throws -> Message {
            let upload = TokenUpload(
                token: token, nonce1: Array(1...8), clientRecipientID: [9], asksForSignInfo: false,
                asksForECDHInfo: false, asksForDHCredentials: false)
            return try client.ask(manager, client.uploadMessage(upload))
        }
        // A token for the same key, by name alone or in full; it need not say whose it is.
        let id = try #require(client.material).id
        let tokens = [
            try fixture.token(for: client, "n1", [("g7", 4)]) { $0.confirmation = .keyID(id) },
            try fixture.token(for: client, "n1", [("g7", 4)]),
            try fixture.token(for: client, "n1", [("g7", 4)]) {
                $0.confirmation = .keyID(id)
                $0.subject = nil
            },
        ]
        for token in tokens {
            let answer = try update(token)
            #expect(answer.code == .created)
            #expect(answer.payload == [] && answer.options.contentFormat == nil)
            let after = try #require(manager.store.clients.values.first)
            #expect(after.scope == Fixture.content([("g7", 4)]))
            #expect(after.recipientID == before.recipientID && after.kdcChallenge == before.kdcChallenge)
            #expect(after.masterSalt == before.masterSalt && after.tokenID != before.tokenID)
        }
        #expect(try client.join(manager, group: "g7", roles: .requester, nonce: [9]).code == .forbidden)
        // Another key, another client, a token that is none: the old rights stay.
        let stays = try #require(manager.store.clients.values.first).scope
        let refused: [([UInt8], Code)] = [
            (try fixture.token(for: client, "n1", [("g7", 6)]) { $0.confirmation = .keyID([1]) }, .unauthorized),
            (try fixture.token(for: client, "n2", [("g7", 6)]) { $0.confirmation = .keyID(id) }, .unauthorized),
            (try fixture.token(for: client, "n1", [("g7", 6)]) { $0.expiration = 1 }, .unauthorized),
            (try fixture.token(for: client, "n1", [("g7", 6)]) { $0.audiences = ["x"] }, .forbidden),
            ([1, 2, 3], .badRequest),
        ]
        for (token, code) in refused {
            #expect(try update(token).code == code)
            #expect(manager.store.clients.values.first?.scope == stays)
        }
        let other = TestClient.message(.post, "authz-info", [0xa0], format: .cbor)
        #expect(try client.ask(manager, other).code == .unsupportedContentFormat)
    }

    @Test(.requirement("GM-0039", "GM-0044"))
    func aNewUploadReplacesTheAssociationOnceItIsUsed() throws {
        let client = try fixture.client("n1", [("g7", 6)])
        #expect(try client.join(manager, group: "g7", roles: .requester).code == .created)
        let old = try client.link()
        let observation = TestClient.message(.get, "ace-group/g7/active") { $0.observe = 0 }
        #expect(try client.ask(manager, observation).options.observe != nil)
        client.token = try fixture.token(for: client, "n1", [("g7", 4)])
        try client.upload(manager)
        // As long as nobody has shown to have the keys, all is as before.
        #expect(try old.ask(manager, TestClient.message(.get, "ace-group/g7/num")).code == .content)
        #expect(manager.store.clients.count == 1)
        let first = try client.link().protect(TestClient.message(.get, "ace-group/g7/num"))
        let sent = manager.deliver(first, from: client.address)
        // The answer, and the end of the observation.
        try #require(sent.count == 2)
        #expect(try old.openOwn(sent).map(\.code) == [.unauthorized])
        #expect(try client.link().openOwn(sent).map(\.code) == [.content])
        let refused = try TestAssociation.outer(
            manager.deliver(old.protect(TestClient.message(.get, "ace-group/g7/num")), from: client.address))
        #expect(refused.code == .unauthorized && refused.options.oscore == nil)
        #expect(manager.store.clients.count == 1)
        // The membership is the client's; the rights are those of the newer token.
        #expect(try client.join(manager, group: "g7", roles: .requester, nonce: [7]).code == .forbidden)
        #expect(try client.join(manager, group: "g7", roles: .responder, nonce: [7]).code == .changed)
    }

    @Test(.requirement("GM-0040", "GM-0155"))
    func whenTheTokenEndsSoDoesTheAssociation() throws {
        let client = try fixture.member("n1")
        _ = manager.pass(.seconds(3_599))
        #expect(try client.ask(manager, .get, "ace-group/g7").code == .content)
        _ = manager.pass(.seconds(1))
        // GM-0349: and so does the membership.
        #expect(manager.member("n1") == nil)
        let before = manager.store
        for _ in 0..<2 {
            let association = try client.link()
            let refused = try TestAssociation.outer(
                manager.deliver(association.protect(TestClient.message(.get, "ace-group/g7")), from: client.address))
            #expect(refused.code == .unauthorized && refused.options.oscore == nil)
            #expect(manager.events.last == .rejected(from: client.address, reason: .tokenExpired))
            try manager.restart()
        }
        #expect(manager.store == before)
        #expect(try fixture.upload(client.token, as: client).code == .unauthorized)
        // With another token it may join again.
        client.token = try fixture.token(for: client, "n1", [("g7", 6)])
        try client.upload(manager)
        #expect(try client.ask(manager, .get, "ace-group/g7").problem == 0)
    }

    @Test(.requirement("GM-0027"))
    func whenTheTokenEndsObserversAreTold() throws {
        let client = try fixture.member("n1")
        for path in ["ace-group/g7", "ace-group/g7/active", "ace-group/g7/nodes/n1"] {
            #expect(try client.ask(manager, .get, path, change: { $0.observe = 0 }).options.observe != nil)
        }
        let other = try fixture.client("n2", [("g7", 8)])
        #expect(try other.join(manager, group: "g7", roles: .monitor).code == .created)
        #expect(manager.pass(.seconds(3_000)) == [])
        let later = try fixture.member("n3", .monitor)
        #expect(try later.ask(manager, .get, "ace-group/g7", change: { $0.observe = 0 }).options.observe != nil)
        let sent = manager.pass(.seconds(600))
        let association = try client.link()
        // Nobody acknowledges them here, so each comes several times.
        let ends = try association.openOwn(Array(Set(sent)))
        #expect(ends.map(\.code) == [.unauthorized, .unauthorized, .unauthorized])
        #expect(ends.allSatisfy { $0.options.observe == nil })
        #expect(manager.engine.status.observers == 1)
    }

    /// A newer token may end sooner than the one before.
    @Test(.requirement("GM-0027"))
    func aTokenThatEndsSoonerEndsObservationsSooner() throws {
        let client = try fixture.member("n1")
        #expect(try client.ask(manager, .get, "ace-group/g7", change: { $0.observe = 0 }).options.observe != nil)
        let end = manager.wallClock.seconds + 60
        let token = try fixture.token(for: client, "n1", [("g7", 6)]) { $0.expiration = end }
        let upload = TokenUpload(
            token: token, nonce1: nil, clientRecipientID: nil, asksForSignInfo: false, asksForECDHInfo: false,
            asksForDHCredentials: false)
        #expect(try client.ask(manager, client.uploadMessage(upload)).code == .created)
        let sent = manager.pass(.seconds(60))
        #expect(try sent.map { try client.link().open($0.bytes).code } == [.unauthorized])
    }

    @Test(.requirement("GM-0026"))
    func aRevokedTokenIsVoidAtOnce() throws {
        let client = try fixture.member("n1")
        let other = try fixture.member("n2")
        #expect(try client.ask(manager, .get, "ace-group/g7", change: { $0.observe = 0 }).options.observe != nil)
        let tokenID = try #require(manager.store.clients.values.first { $0.client.text.hasSuffix("n1") }).tokenID
        let answer = try manager.ask(.post, "gosc/revocations", RevokeTokenRequest(tokenID: tokenID).encoded())
        #expect(answer.code == .created)
        let association = try client.link()
        for _ in 0..<2 {
            let refused = try TestAssociation.outer(
                manager.deliver(association.protect(TestClient.message(.get, "ace-group/g7")), from: client.address))
            #expect(refused.code == .unauthorized && refused.options.oscore == nil)
            #expect(try fixture.upload(client.token, as: client).code == .unauthorized)
            try manager.restart()
        }
        #expect(try other.ask(manager, .get, "ace-group/g7").code == .content)
        // A token that was not uploaded yet can be revoked, too.
        let next = try fixture.stranger("n3")
        next.token = try fixture.token(for: next, "n3", [("g7", 6)]) { $0.tokenID = [1, 2, 3] }
        try next.upload(manager)
        _ = try manager.ask(.post, "gosc/revocations", RevokeTokenRequest(tokenID: [1, 2, 3]).encoded())
        #expect(try next.ask(manager, .get, "ace-group/g7").code == .unauthorized)
    }

    @Test(.requirement("GM-0046"))
    func whereNoncesAreDemandedAFreshOneMustBeInTheToken() throws {
        let fixture = try Fixture(seed: 33) { $0.demandsClientNonce = true }
        let manager = fixture.manager
        let client = try fixture.stranger("n1")
        func hints() throws -> CreationHints {
            let refused = try client.open.askOpenly(manager, TestClient.message(.get, "ace-group/g7"))
            #expect(refused.code == .unauthorized && refused.options.contentFormat == .ace)
            let payload = refused.payload
            return try CreationHints(decoding: payload.span)
        }
        func upload(_ nonce: [UInt8]?) throws -> Code {
            let token = try fixture.token(for: client, "n1", [("g7", 6)]) { $0.clientNonce = nonce }
            return try fixture.upload(token, as: client).code
        }
        let nonce = try #require(try hints().clientNonce)
        #expect(try upload(nil) == .unauthorized)
        #expect(try upload([]) == .unauthorized)
        #expect(try upload([1, 2, 3, 4, 5, 6, 7, 8]) == .unauthorized)
        #expect(try upload(nonce) == .created)
        #expect(manager.pass(.seconds(121)) == [])
        let second = try #require(try hints().clientNonce)
        #expect(second != nonce)
        #expect(try upload(nonce) == .created)
        #expect(manager.pass(.seconds(121)) == [])
        #expect(try upload(nonce) == .unauthorized)
        #expect(try upload(second) == .created)
        // Behind a long pause nothing of before is fresh.
        let third = try #require(try hints().clientNonce)
        manager.now = manager.now.advanced(by: .seconds(300))
        #expect(try upload(third) == .unauthorized)
        // Without the demand a claim does no harm.
        let free = try Fixture(seed: 34)
        let other = try free.stranger("n1")
        let token = try free.token(for: other, "n1", [("g7", 6)]) { $0.clientNonce = [1] }
        #expect(try free.upload(token, as: other).code == .created)
    }

    @Test(.requirement("GM-0017", "GM-0082", "GM-0157"))
    func hintsSayWhereToGetAToken() throws {
        let client = try fixture.stranger("n1")
        let answer = try client.open.askOpenly(manager, TestClient.message(.post, "ace-group/g7"))
        #expect(answer.code == .unauthorized && answer.options.contentFormat == .ace)
        let map = try answer.map
        #expect(map.labels.allSatisfy { [1, 2, 5, 9, 39].contains($0) })
        #expect(map[1] == "coap://as.example/token")
        #expect(map[5] == "gosc")
        // A scope in hints is never tagged.
        if let scope = map[9] { #expect(scope.byteString != nil) }
    }
}

/// N_S: the nonce for proofs of possession.
struct ChallengeTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 41)
        manager = fixture.manager
    }

    @Test(.requirement("GM-0062", "GM-0064", "GM-0065", "GM-0493"))
    func theChallengeLivesAsLongAsTheAssociation() throws {
        let client = try fixture.client("n1", [("g7", 6), ("sg", 6)])
        #expect(try client.join(manager, group: "g7", roles: .requester).code == .created)
        #expect(manager.store.clients.values.first?.kdcChallenge == client.kdcChallenge)
        try manager.restart()
        // Again for the same group, for another, and for a new credential.
        #expect(try client.join(manager, group: "g7", roles: .responder, nonce: [1]).code == .changed)
        #expect(try client.join(manager, group: "sg", roles: .responder, nonce: [2]).code == .created)
        let tokenID = try #require(manager.store.clients.values.first?.tokenID)
        _ = try manager.ask(.post, "gosc/revocations", RevokeTokenRequest(tokenID: tokenID).encoded())
        #expect(manager.store.clients.isEmpty)
    }

    /// What a crash loses it loses whole: a client that was not stored is asked to come again.
    @Test(.requirement("GM-0062"))
    func anUploadThatACrashLosesIsAskedForAgain() throws {
        let client = try fixture.client("n1", [("g7", 6)])
        try manager.restart()
        let answer = try client.ask(manager, .get, "ace-group/g7")
        #expect(answer.code == .unauthorized && answer.options.contentFormat == .ace)
        try client.upload(manager)
        #expect(try client.join(manager, group: "g7", roles: .requester).code == .created)
    }

    @Test(.requirement("GM-0066", "GM-0067", "GM-0069", "GM-0100"))
    func aLostChallengeIsReplacedByTheOneInTheRefusal() throws {
        let client = try fixture.client("n1", [("g7", 6)])
        #expect(try client.ask(manager, .get, "ace-group/g7").problem == 0)
        let old = client.kdcChallenge
        try manager.change { $0.clients[0].kdcChallenge = [] }
        let refused = try client.join(manager, group: "g7", roles: .requester)
        #expect(refused.code == .badRequest && refused.options.contentFormat == .aceGroupcomm)
        #expect(try refused.map.labels == [29, 30, 31])
        let challenge = try #require(try refused.map[30]?.byteString)
        #expect(challenge.count >= 8)
        #expect(manager.store.clients.values.first?.kdcChallenge == challenge)
        // The proof over the old one is no proof any more.
        let stale = try client.join(manager, group: "g7", roles: .requester)
        #expect(stale.code == .badRequest && stale.problem == 3)
        #expect(client.kdcChallenge == old)
        client.kdcChallenge = challenge
        try manager.restart()
        #expect(try client.join(manager, group: "g7", roles: .requester).code == .created)
    }

    @Test(.requirement("GM-0199"))
    func aLostChallengeIsReplacedForANewCredential() throws {
        let client = try fixture.member("n1")
        try manager.change { $0.clients[0].kdcChallenge = [] }
        func update() throws -> Message {
            let scope = ScopeEntry(groupName: "g7", roles: [.requester, .responder]).encoded()
            let nonce = client.bytes(8)
            let update = CredentialUpdate(
                credential: client.credential.bytes, clientNonce: nonce,
                evidence: try client.evidence(scope: scope, nonce: nonce))
            return try client.ask(
                manager, .post, "ace-group/g7/nodes/n1/cred", update.encoded(), format: .aceGroupcomm)
        }
        let refused = try update()
        #expect(refused.code == .badRequest && refused.options.contentFormat == .aceGroupcomm)
        client.kdcChallenge = try #require(try refused.map[30]?.byteString)
        #expect(manager.store.clients.values.first?.kdcChallenge == client.kdcChallenge)
        #expect(try update().code == .changed)
    }

    @Test(.requirement("GM-0069"))
    func theLatestUploadDecides() throws {
        let client = try fixture.client("n1", [("g7", 6)])
        let first = client.kdcChallenge
        try client.upload(manager)
        let second = client.kdcChallenge
        client.kdcChallenge = first
        #expect(try client.join(manager, group: "g7", roles: .requester).problem == 3)
        client.kdcChallenge = second
        #expect(try client.join(manager, group: "g7", roles: .requester).code == .created)
    }
}

/// Two associations of one client at the same time.
struct ReplacementTests {
    /// Both have proven to have the keys, in one turn: the later one stays.
    @Test(.requirement("GM-0039"))
    func inOneTurnTheLaterAssociationStays() throws {
        let fixture = try Fixture(seed: 351)
        let manager = fixture.manager
        let client = try fixture.member("a")
        let first = try client.link()
        try client.upload(manager)
        let second = try client.link()
        try client.upload(manager)
        let third = try client.link()
        let read = TestClient.message(.get, "ace-group/g7/num")
        let sent = manager.deliver(
            try [first, second, third, first, second].map { (try $0.protect(read), from: client.address) })
        #expect(sent.count == 5)
        #expect(manager.store.clients.count == 1)
        // Who has lost his association in the same turn is told so in the open.
        #expect(try third.openOwn(sent).map(\.code) == [.content])
        for lost in [first, second] {
            for answer in try lost.openOwn(sent) {
                #expect(answer.code == .unauthorized && answer.options.oscore == nil)
            }
            let refused = try TestAssociation.outer(manager.deliver(lost.protect(read), from: client.address))
            #expect(refused.code == .unauthorized && refused.options.oscore == nil)
        }
        #expect(try third.ask(manager, read).code == .content)
        try manager.restart()
        #expect(try third.ask(manager, read).code == .content)
    }

    /// What a failed commit takes back is the old association, and both are as they were.
    @Test(.requirement("GM-0039", "GM-0369"))
    func aFailedReplacementLeavesTheOldOne() throws {
        let fixture = try Fixture(seed: 352)
        let manager = fixture.manager
        let client = try fixture.member("a")
        let first = try client.link()
        try client.upload(manager)
        let second = try client.link()
        let read = TestClient.message(.get, "ace-group/g7/num")
        manager.failsNextCommit = true
        #expect(try second.ask(manager, read).code == .serviceUnavailable)
        #expect(try first.ask(manager, read).code == .content)
        #expect(try second.ask(manager, read).code == .content)
        let refused = try TestAssociation.outer(manager.deliver(first.protect(read), from: client.address))
        #expect(refused.code == .unauthorized && refused.options.oscore == nil)
    }
}
