import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// Every bad input of a join, in the order in which it is checked.
struct JoinRefusalTests {
    private let manager: TestManager

    init() throws {
        manager = try TestManager(seed: 31)
        try manager.createGroup()
        try manager.createGroup("g8")
    }

    @Test(.requirement("GM-0077", "GM-0082", "GM-0364", "COAP-0272", "COAP-0273"))
    func strangersAreRefusedWithoutProtection() throws {
        let node = try TestNode(try manager.invite("switch"), seed: 32)
        let before = manager.store
        let plain = node.joinMessage(try node.joinRequest().encoded())
        try expectRejection(.notProtected, .unauthorized, node.frame(plain), from: node)
        // An invitation that this manager never made.
        var foreign = node.invitation
        foreign.clientSenderID[0] ^= 1
        let stranger = try TestNode(foreign, seed: 33)
        try expectRejection(.unknownContext, .unauthorized, stranger.protect(plain), from: stranger)
        // The right identifiers and the wrong secret.
        foreign = node.invitation
        foreign.masterSecret[0] ^= 1
        let forger = try TestNode(foreign, seed: 34)
        try expectRejection(.decryption, .badRequest, forger.protect(plain), from: forger)
        // An option value with reserved bits.
        var broken = plain
        broken.options.oscore = [0xff]
        try expectRejection(.malformed, .badOption, node.frame(broken), from: node)
        #expect(manager.store == before)
    }

    @Test(.requirement("GM-0082"))
    func invitationIsForOneNodeOnce() throws {
        let invitation = try manager.invite("switch")
        let first = try TestNode(invitation, seed: 35)
        #expect(try first.join(manager).code == .created)
        // The same invitation in another state directory.
        for seed in UInt64(36)...38 {
            try expectRefusal(.invitationUsed, .forbidden, from: TestNode(invitation, seed: seed)) {
                try $0.joinMessage($0.joinRequest().encoded())
            }
        }
        // Four directories have tried it: a fifth costs nothing any more.
        let fifth = try TestNode(invitation, seed: 39)
        try expectRejection(
            .tooManyContexts, .unauthorized, fifth.protect(fifth.joinMessage(fifth.joinRequest().encoded())),
            from: fifth)
        #expect(manager.store.snapshot.associations.count == 4)
    }

    @Test func invitationExpires() throws {
        let node = try TestNode(try manager.invite("switch", lifetime: 60), seed: 40)
        manager.wallClock = UnixTime(seconds: manager.wallClock.seconds + 60)
        try expectRefusal(.invitationExpired, .forbidden, from: node) { try $0.joinMessage($0.joinRequest().encoded()) }
        // A second invitation for the same name, used; then the clock goes back.
        let second = try TestNode(try manager.invite("switch"), seed: 41)
        #expect(try second.join(manager).code == .created)
        manager.wallClock = UnixTime(seconds: manager.wallClock.seconds - 60)
        try expectRefusal(.invitationUsed, .forbidden, from: node) { try $0.joinMessage($0.joinRequest().encoded()) }
    }

    @Test(.requirement("GM-0080", "GM-0158"))
    func otherGroupsLookAlikeWhetherTheyExistOrNot() throws {
        let node = try TestNode(try manager.invite("switch"), seed: 42)
        var answers: [Message] = []
        for group in ["g8", "nothing"] {
            answers.append(
                try expectRefusal(.wrongGroup, .forbidden, from: node) {
                    try $0.joinMessage($0.joinRequest(group: group).encoded(), path: ["ace-group", group])
                })
        }
        #expect(answers[0] == answers[1])
    }

    @Test(.requirement("GM-0098", "GM-0367"))
    func inactiveGroupTakesNobody() throws {
        try manager.createGroup("idle", active: false)
        let node = try TestNode(try manager.invite("switch", to: "idle"), seed: 43)
        let answer = try expectRefusal(.groupInactive, .serviceUnavailable, from: node) {
            try $0.joinMessage($0.joinRequest().encoded())
        }
        #expect(try ProblemDetails(decoding: answer.payload.span).error == .groupInactive)
    }

    @Test(.requirement("GM-0076", "GM-0078", "GM-0083", "GM-0084", "GM-0100", "GM-0101"))
    func badFormGetsTheInformationThatHelps() throws {
        let node = try TestNode(try manager.invite("switch"), seed: 44)
        try expectRefusal(.contentFormat, .unsupportedContentFormat, from: node) {
            try $0.joinMessage($0.joinRequest().encoded(), format: .cbor)
        }
        let refusals: [(JoinRefusal, Message)] = [
            (.empty, node.joinMessage([], format: nil)),
            (.malformed(.malformed(.truncated)), node.joinMessage([0xa1])),
            (.malformed(.missing(3)), node.joinMessage([0xa0])),
            (.malformed(.missing(6)), node.joinMessage(try changed(node, 6, nil))),
            (.scopeMismatch, node.joinMessage(try node.joinRequest(group: "g8").encoded())),
            (.rolesNotPossible, node.joinMessage(try node.joinRequest(roles: [.monitor, .requester]).encoded())),
            (.rolesNotPossible, node.joinMessage(try node.joinRequest(roles: .verifier).encoded())),
            (.rolesNotPossible, node.joinMessage(try node.joinRequest(roles: []).encoded())),
            (.controlURI, node.joinMessage(try node.joinRequest(controlURI: "coap://[::1]/ace-group/g7").encoded())),
            (.controlURI, node.joinMessage(try node.joinRequest(controlURI: "no uri").encoded())),
            (.credentialMissing, node.joinMessage(try changed(node, 5, nil))),
            (.credentialMissing, node.joinMessage(try changed(node, 24, nil))),
            (.credentialMissing, node.joinMessage(try changed(node, 5, .bytes([])))),
        ]
        for (reason, message) in refusals {
            let answer = try expectRefusal(reason, .badRequest, from: node) { _ in message }
            #expect(answer.options.contentFormat == .aceGroupcomm)
            let information = try JoinErrorInformation(decoding: answer.payload.span)
            #expect(information.signature?.algorithm == -8)
            #expect(information.signature?.groupNames == ["g7"])
            #expect(information.keyAgreement == nil)
        }
    }

    @Test(.requirement("GM-0081"))
    func rolesBeyondTheInvitationAreRefused() throws {
        let node = try TestNode(try manager.invite("lamp", roles: .responder), seed: 45)
        for roles in [[.requester, .responder], .requester, .monitor] as [Roles] {
            try expectRefusal(.rolesNotGranted, .forbidden, from: node) {
                try $0.joinMessage($0.joinRequest(roles: roles).encoded())
            }
        }
    }

    @Test(.requirement("GM-0099", "GM-0141", "GM-0240"))
    func withoutSenderIDsOnlyMonitorsJoin() throws {
        // A nonce of 7 bytes leaves room for one byte of Sender ID.
        try manager.createGroup("short") { configuration in
            configuration.groupMode = GroupKeyMap.GroupMode(
                encryption: GroupEncryptionAlgorithm(rawValue: 12), signature: .edDSA, signatureParameters: .ed25519)
        }
        var snapshot = manager.store.snapshot
        let gid = try #require(manager.store.groups["short"]).record.groupID
        snapshot.assignedSenderIDs += (0...255).map {
            AssignedSenderIDRecord(groupName: "short", groupID: gid, senderID: [$0])
        }
        try manager.restart(with: snapshot)
        let node = try TestNode(try manager.invite("late", to: "short"), seed: 47)
        // Even a bad credential is told about the Sender IDs first.
        let answer = try expectRefusal(.noSenderID, .serviceUnavailable, from: node) {
            try $0.joinMessage($0.joinRequest().encoded())
        }
        #expect(try ProblemDetails(decoding: answer.payload.span).error == .noIndividualKeyingMaterial)
        let monitor = try TestNode(try manager.invite("ears", to: "short", roles: .monitor), seed: 48)
        #expect(try monitor.join(manager).code == .created)
    }

    @Test(.requirement("GM-0140"))
    func credentialThatDoesNotFitIsError2() throws {
        let node = try TestNode(try manager.invite("switch"), seed: 49)
        // Truncated, and with a point of small order as public key.
        let small = Array(node.credential.bytes.dropLast(32)) + [1] + [UInt8](repeating: 0, count: 31)
        let long = Array(node.credential.bytes) + [UInt8](repeating: 0, count: 500)
        let expected: [([UInt8], CredentialRefusal)] = [
            (Array(node.credential.bytes.dropLast()), .unreadable(.malformed(.truncated))),
            (small, .unreadable(.invalidKey)), ([0xa0], .unreadable(.notAClaimsSet)), (long, .tooLong),
        ]
        for (credential, reason) in expected {
            let payload = try changed(node, 5, .bytes(credential))
            let answer = try expectRefusal(.credentialIncompatible(reason), .badRequest, from: node) {
                $0.joinMessage(payload)
            }
            let problem = try ProblemDetails(decoding: answer.payload.span)
            #expect(problem.error == .incompatibleCredential)
            #expect(problem.detail?.hasSuffix(reason.explanation) == true)
        }
    }

    /// Whether nodes may join with a credential that has expired is the operator's choice.
    @Test(arguments: [false, true])
    func anExpiredCredentialIsRefusedUnlessTheOperatorAcceptsIt(accepts: Bool) throws {
        let settings = ManagerSettings(authority: "[::1]:5683", acceptsExpiredCredentials: accepts)
        let manager = try TestManager(seed: 53, settings: settings)
        try manager.createGroup()
        let node = try TestNode(try manager.invite("switch"), seed: 54)
        let bytes = node.credential.bytes
        var claims = try CBORValue(decoding: bytes.span).mapValue ?? CBORMap()
        claims[4] = 1_000_000
        let credential = CBORValue.map(claims).encoded()
        var join = try node.joinRequest()
        join.clientCredential = credential
        let answer = try node.join(manager, join)
        #expect(answer.code == (accepts ? .created : .badRequest))
        guard !accepts else { return }
        #expect(try ProblemDetails(decoding: answer.payload.span).detail?.hasSuffix("has expired") == true)
    }

    /// They are keys, but not of the group's signature algorithm.
    @Test(.requirement("GOSC-0054", "GM-0140"), arguments: [KeyKind.x25519, .p256, .p384, .p521])
    func keyOfAnotherKindIsError2(kind: KeyKind) throws {
        let node = try TestNode(try manager.invite("switch"), seed: 52)
        let secret = [0] + [UInt8](repeating: 1, count: kind.secretLength - 1)
        let publicKey = try PrivateKey(kind, secret: secret.span).publicKey
        let credential = AuthenticationCredential.ccs(subject: "switch", publicKey: publicKey)
        let payload = try changed(node, 5, .bytes(credential.bytes))
        let refusal = JoinRefusal.credentialIncompatible(.misfit(.signature(kind, .edDSA)))
        let answer = try expectRefusal(refusal, .badRequest, from: node) { $0.joinMessage(payload) }
        let problem = try ProblemDetails(decoding: answer.payload.span)
        #expect(problem.error == .incompatibleCredential)
        #expect(
            problem.detail?.contains("has a key of kind \(kind.name), which cannot sign with the group's EdDSA") == true
        )
    }

    @Test(.requirement("GM-0132", "GM-0136", "GM-0137", "GM-0138", "GM-0148", "GM-0149", "GOSC-0294"))
    func proofThatDoesNotVerifyIsError3() throws {
        let node = try TestNode(try manager.invite("switch"), seed: 50)
        let good = try node.joinRequest()
        var flipped = try #require(good.clientEvidence)
        flipped[0] ^= 1
        let stranger = try TestNode(node.invitation, seed: 51)
        let payloads = [
            try changed(node, 24, .bytes(flipped)), try changed(node, 24, .bytes([])),
            try changed(node, 24, .bytes(Array(flipped.prefix(8)))),
            // Somebody else's credential, another nonce, another spelling of the scope.
            try changed(node, 5, .bytes(stranger.credential.bytes)), try changed(node, 6, .bytes([9])),
            try changed(node, 3, .bytes(ScopeEntry(groupName: "g7", roles: .requester).encoded())),
            // The proof of another state directory: another N_S.
            try stranger.joinRequest().encoded(),
        ]
        for payload in payloads {
            let answer = try expectRefusal(.evidenceInvalid, .badRequest, from: node) { $0.joinMessage(payload) }
            #expect(answer.options.contentFormat == .problemDetails)
            #expect(try ProblemDetails(decoding: answer.payload.span).error == .invalidEvidence)
        }
        #expect(try node.join(manager, good).code == .created)
    }

    @Test(.requirement("GM-0364", "GM-0365"))
    func otherResourcesAndMethodsAreNotThere() throws {
        let node = try TestNode(try manager.invite("switch"), seed: 52)
        var message = Message(code: .patch)
        message.options.uriPath = ["ace-group", "g7"]
        #expect(try node.ask(manager, message).code == .methodNotAllowed)
        message.code = .get
        message.options.uriPath = ["ace-group", "g7", "foo"]
        #expect(try node.ask(manager, message).code == .notFound)
        message.options.uriPath = []
        #expect(try node.ask(manager, message).code == .notFound)
        message = node.joinMessage(try node.joinRequest().encoded())
        message.options.accept = .cbor
        #expect(try node.ask(manager, message).code == .notAcceptable)
        message.options.accept = .aceGroupcomm
        message.options.append(.ifMatch, [1])
        #expect(try node.ask(manager, message).code == .badOption)
    }

    /// A Join Request of the node with one parameter changed.
    private func changed(_ node: TestNode, _ label: Int64, _ value: CBORValue?) throws -> [UInt8] {
        let request = try node.joinRequest().encoded()
        var map = try #require(try CBORValue(decoding: request.span).mapValue)
        map[label] = value
        return CBORValue.map(map).encoded()
    }

    /// Sends a request that is verified and refused: only the association's window may change.
    @discardableResult
    private func expectRefusal(
        _ reason: JoinRefusal, _ code: Code, from node: TestNode, _ message: (TestNode) throws -> Message,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Message {
        var before = manager.store.snapshot
        let answer = try node.ask(manager, message(node))
        var after = manager.store.snapshot
        #expect(answer.code == code, "\(reason)", sourceLocation: sourceLocation)
        #expect(manager.lastRefusal == reason, sourceLocation: sourceLocation)
        before.associations = []
        after.associations = []
        #expect(Set(before.members) == Set(after.members), sourceLocation: sourceLocation)
        #expect(Set(before.invitations) == Set(after.invitations), sourceLocation: sourceLocation)
        #expect(Set(before.assignedSenderIDs) == Set(after.assignedSenderIDs), sourceLocation: sourceLocation)
        return answer
    }

    /// Sends a datagram that is not verified: nothing at all may change.
    private func expectRejection(
        _ reason: RequestRejection, _ code: Code, _ datagram: [UInt8], from node: TestNode,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let before = manager.store
        let answer = try TestNode.outer(manager.deliver(datagram, from: node.address))
        #expect(answer.code == code, sourceLocation: sourceLocation)
        #expect(answer.options.oscore == nil, sourceLocation: sourceLocation)
        // Whoever forged his address has nothing amplified: a Code, and neither options nor payload.
        #expect(answer.body.isEmpty, sourceLocation: sourceLocation)
        #expect(manager.events.last == .rejected(from: node.address, reason: reason), sourceLocation: sourceLocation)
        #expect(manager.store == before, sourceLocation: sourceLocation)
    }
}

extension TestManager {
    /// Why the last join was refused, if the last event was that.
    var lastRefusal: JoinRefusal? {
        if case .joinRefused(_, _, let reason) = events.last { reason } else { nil }
    }
}
