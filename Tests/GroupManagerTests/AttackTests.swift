import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CoAPEngine
import TestSupport
import Testing

@testable import GroupManager

/// What an attacker tries, and what must not come of it.
struct AttackTests {
    /// The two sides of an association that many ID Contexts make of one invitation.
    private func association(_ invitation: Invitation, _ number: UInt64) throws -> TestAssociation {
        try TestAssociation(
            secret: invitation.masterSecret,
            idContext: (0..<16).map { UInt8(truncatingIfNeeded: number >> (8 * ($0 % 8))) },
            senderID: invitation.clientSenderID, recipientID: invitation.managerSenderID,
            address: SocketAddress(.loopback, port: UInt16(20_000 + number % 20_000)), firstMessageID: 1)
    }

    @Test(.requirement("GM-0493"))
    func oneInvitationCostsFewContextsWhateverIsAsked() throws {
        let manager = try TestManager(seed: 1)
        try manager.createGroup()
        let invitation = try manager.invite("n1")
        // Nothing is there: the manager decides nothing, and writes nothing.
        for number in 0..<2_000 {
            let other = try association(invitation, UInt64(number))
            _ = manager.deliver(try other.protect(TestClient.message(.get, "nothing")), from: other.address)
        }
        #expect(manager.engine.liveAssociationCount <= 8)
    }

    @Test(.requirement("GM-0493"))
    func contextsOfOneInvitationAreCountedWithinABatch() throws {
        let manager = try TestManager(seed: 2) { $0.contextsPerInvitation = 4 }
        try manager.createGroup()
        let invitation = try manager.invite("n1")
        let datagrams = try (0..<32).map { number in
            let other = try association(invitation, UInt64(number))
            return (try other.protect(TestNode.tokenMessage()), from: other.address)
        }
        _ = manager.deliver(datagrams)
        #expect(manager.store.snapshot.associations.count <= 4)
    }

    /// A token without `cti` is named by its hash; whoever holds it can write it in other bytes.
    @Test(.requirement("GM-0026"))
    func aRevokedTokenStaysRevokedInOtherBytes() throws {
        let fixture = try Fixture(seed: 3)
        let client = try fixture.stranger("c")
        let token = try fixture.token(for: client, "c", [("g7", 2)]) { $0.tokenID = nil }
        try #require(try fixture.upload(token, as: client).code == .created)
        let name = try AccessToken.name(of: token.span)
        _ = try fixture.manager.ask(.post, "gosc/revocations", RevokeTokenRequest(tokenID: name).encoded())
        #expect(try fixture.upload(token, as: client).code == .unauthorized)
        guard case .tagged(let tag, .array(var items)) = try CBORValue(decoding: token.span) else {
            throw TestAssociation.Stale()
        }
        var unprotected = try #require(items[1].mapValue)
        unprotected[99] = .bool(true)
        items[1] = .map(unprotected)
        let disguised = CBORValue.tagged(tag, .array(items)).encoded()
        #expect(try fixture.upload(disguised, as: client).code == .unauthorized)
        #expect(try fixture.upload(CBORValue.array(items).encoded(), as: client).code == .unauthorized)
    }

    /// Whoever is no member yet has as many attempts as anybody else: each of them has the manager read a credential and
    /// check a proof.
    @Test(.requirement("GM-0351"))
    func joinsThatAreRefusedAreLimitedToo() throws {
        let fixture = try Fixture(seed: 7) { $0.clientRate = ManagerSettings().clientRate }
        let client = try fixture.client("a", [("g7", 6)])
        var request = try client.joinRequest("g7", [.requester, .responder], nonce: [1])
        request.clientEvidence = [UInt8](repeating: 1, count: 64)
        let message = TestClient.joinMessage(request.encoded(), path: ["ace-group", "g7"])
        var codes: [Code: Int] = [:]
        for _ in 0..<100 { codes[try client.ask(fixture.manager, message).code, default: 0] += 1 }
        #expect(codes == [.badRequest: 10, .tooManyRequests: 90])
        // It gets on as soon as it comes more slowly, and others are served.
        _ = try fixture.member("b")
        #expect(fixture.manager.pass(.seconds(1)) == [])
        #expect(try client.join(fixture.manager, group: "g7", roles: [.requester, .responder]).code == .created)
    }

    /// Each key in a chain or bag costs a check, also those that nobody asks for.
    @Test(.requirement("GM-0140", "GOSC-0060"), arguments: [(8, Code.created), (9, .badRequest)])
    func aContainerHasFewCredentials(count: Int, code: Code) throws {
        let fixture = try Fixture(seed: 8)
        let client = try fixture.client("a", [("g7", 6)])
        let own = client.credential.bytes
        let names = (0..<count).map { CBORValue.text("authority \($0)") }
        let chain = try names.indices.map { index in
            var claims = try #require(try CBORValue(decoding: own.span).mapValue)
            claims[2] = names[index]
            claims[1] = index + 1 < count ? names[index + 1] : names[index]
            return CBORValue.map(claims)
        }
        #expect(try client.join(fixture.manager, "g7", with: CBORValue.array(chain).encoded()).code == code)
        #expect((fixture.manager.member("a") != nil) == (code == .created))
    }

    /// A member asks for a few members in thousands of words.
    @Test(.requirement("GM-0184"))
    func noRosterIsDearToChoose() throws {
        let fixture = try Fixture(seed: 5)
        var group = try #require(fixture.manager.store.groups["g7"])
        for number in 0..<1_000 {
            let id = [UInt8(number >> 8), UInt8(number & 255)]
            group.setMember(
                MemberRecord(
                    groupName: "g7", name: "n\(number)", nodeName: "n\(number)",
                    client: ClientIdentity(invitation: id), roles: Roles.responder.rawValue, senderID: id,
                    credential: [1], scope: [], clientNonce: [], controlURI: nil, joinedAt: 0))
        }
        func time(_ roles: [Roles], _ senderIDs: [[UInt8]]) throws -> Duration {
            let filter = CredentialFilter.matching(including: true, roles: roles, senderIDs: senderIDs)
            let clock = ContinuousClock()
            return (0..<3).map { _ in
                let start = clock.now
                _ = group.peers(matching: filter, askedWith: .requester)
                return start.duration(to: clock.now)
            }.min() ?? .zero
        }
        let cheap = try time([.requester], [[9, 9]])
        let dear = try time(
            Array(repeating: .requester, count: 2_000), (0..<2_000).map { [8, UInt8($0 & 255), UInt8($0 >> 8)] })
        #expect(dear < cheap * 10)
    }

    /// Whoever has an invitation asks for a scope that is dear to read.
    @Test(.requirement("GM-0010"))
    func noScopeIsDearToRead() throws {
        func time(_ pattern: String) throws -> Duration {
            let entry = CBORValue.array([.tagged(21065, .text(pattern)), .unsigned(1)])
            let scope = CBORValue.array(Array(repeating: entry, count: 250)).encoded()
            let clock = ContinuousClock()
            return try (0..<5).map { _ in
                let start = clock.now
                _ = try AuthorizationScope(decoding: scope.span)
                return start.duration(to: clock.now)
            }.min() ?? .zero
        }
        // Both have 11 characters; one of them stands for 3,750.
        let (cheap, dear) = (try time("abcdefghijk"), try time("(a{250}){15}"))
        #expect(dear < cheap * 5)
    }
}

/// Uploads of one client that crowd out those of others.
struct CrowdingTests {
    @Test(.requirement("GM-0037"))
    func whoeverProvesKeysAndNoMoreDoesNotKeepOthersOut() throws {
        let fixture = try Fixture(seed: 6) {
            $0.candidateLimit = 8
            $0.candidatesPerToken = 4
        }
        let manager = fixture.manager
        // A client with two tokens uploads each again and again, proves its keys, and asks for nothing.
        for _ in 0..<2 {
            let greedy = try fixture.stranger("greedy")
            greedy.token = try fixture.token(for: greedy, "greedy", [("g7", 2)])
            for _ in 0..<4 {
                try greedy.upload(manager)
                #expect(try greedy.ask(manager, .get, "nothing").code == .notFound)
            }
        }
        // Others come at the same time.
        let clients = try (0..<4).map { try fixture.client("n\($0)", [("g7", 2)]) }
        for client in clients {
            #expect(try client.join(manager, group: "g7", roles: .requester).code == .created)
        }
    }
}

/// The first request of a candidate, while it is being made durable.
struct CandidateNonceTests {
    /// Datagrams to a client that has not been promoted, by what they protect.
    @Test(.requirement("OSC-0069", "GM-0495"))
    func noNonceIsUsedTwiceWhereACandidateBecomesDurable() throws {
        let fixture = try Fixture(seed: 4) {
            $0.serverLimits.calls = ShareLimits(entries: 2, entriesPerPeer: 1, bytes: 1 << 16, bytesPerPeer: 1 << 16)
        }
        let manager = fixture.manager
        let client = try fixture.client("c", [("g7", 2)])
        let association = try #require(client.association)
        manager.holdsCommits = true
        // The first request is what the candidate becomes durable with.
        let first = try association.protect(TestClient.message(.get, "ace-group/g7/num"))
        #expect(manager.deliver(first, from: client.address).isEmpty)
        // The second is refused at once: the client has too much under way.
        let second = try association.protect(TestClient.message(.get, "ace-group/g7/num"))
        let refused = manager.deliver(second, from: client.address)
        let before = try TestAssociation.outer(refused)
        manager.holdsCommits = false
        _ = manager.finishCommit()
        // The power goes; somebody sends the second request again, which the store does not know.
        try manager.restart()
        let after = try TestAssociation.outer(manager.deliver(try association.reframe(second), from: client.address))
        #expect(
            before.options.oscore == nil || after.options.oscore == nil || before.options.oscore != after.options.oscore
        )
        #expect(before.options.oscore != [] || after.options.oscore != [], "two answers under the nonce of one request")
    }
}
