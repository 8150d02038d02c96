import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

struct JoinTests {
    /// The manager's own credential is of the format that its groups have.
    @Test(.requirement("GOSC-0052"))
    func theManagersCredentialIsOfTheFormatOfItsGroups() throws {
        let manager = try TestManager(seed: 12)
        try manager.createGroup()
        let node = try TestNode(try manager.invite("switch"), seed: 13)
        let payload = try node.join(manager).payload
        let answer = try JoinResponse(decoding: payload.span)
        let bytes = answer.kdcCredential
        let credential = try AuthenticationCredential(parsing: bytes.span, format: answer.key.credentialFormat)
        #expect(credential.bytes == bytes)
        #expect(answer.key.credentialFormat == .ccs)
    }

    @Test(
        .requirement(
            "GM-0077", "GM-0102", "GM-0103", "GM-0104", "GM-0108", "GM-0109", "GM-0111", "GM-0116", "GM-0117",
            "GM-0118",
            "GM-0123", "GM-0145", "GM-0150"))
    func invitedNodeBecomesAMember() throws {
        let manager = try TestManager(seed: 1)
        try manager.createGroup()
        let node = try TestNode(try manager.invite("switch"), seed: 2)
        let answer = try node.join(manager)
        #expect(answer.code == .created)
        #expect(answer.options.contentFormat == .aceGroupcomm)
        #expect(answer.options.locationPath == ["ace-group", "g7", "nodes", "switch"])
        let response = try JoinResponse(decoding: answer.payload.span)
        let group = try #require(manager.engine.state.groups["g7"]).record
        #expect(response.key.masterSecret == [UInt8](copying: group.masterSecret.bytes))
        #expect(response.key.groupID == group.groupID)
        #expect(response.key.senderID?.count == 1)
        #expect(response.version == 0)
        #expect(response.expiration == group.expiration)
        #expect(response.expiresIn == group.expiration - manager.wallClock.seconds)
        #expect(response.policies == GroupPolicies())
        #expect(response.peers == [])
        #expect(response.network?.groupAddress == group.address)
        #expect(response.network?.memberName == "switch")
        #expect(response.network?.applicationGroups == ["lights"])
        // The manager proves that it is the one that the invitation names.
        #expect(SHA256.hash(response.kdcCredential.span) == node.invitation.managerCredentialHash)
        let managerKey = try AuthenticationCredential(parsing: response.kdcCredential.span, format: .ccs).publicKey
        let input = ProofOfPossession.managerInput(
            clientNonce: Array<UInt8>(1...8).span, kdcNonce: response.kdcNonce.span)
        let isProven = managerKey.isValidSignature(response.kdcEvidence.span, for: input.span)
        #expect(isProven)
        let member = try #require(manager.store.snapshot.members.first)
        #expect(member.credential == node.credential.bytes)
        #expect(member.senderID == response.key.senderID)
        #expect(manager.store.snapshot.invitations.first?.consumedBy == node.idContext)
    }

    @Test(.requirement("GM-0092", "GM-0095", "GM-0119"))
    func joinerGetsTheRosterThatMattersToItsRoles() throws {
        let manager = try TestManager(seed: 3)
        try manager.createGroup()
        let roles: [(String, Roles)] = [
            ("r", .requester), ("s", .responder), ("rs", [.requester, .responder]), ("m", .monitor),
        ]
        for (index, (name, role)) in roles.enumerated() {
            let node = try TestNode(try manager.invite(name, roles: role), seed: UInt64(index) + 10)
            #expect(try node.join(manager).code == .created)
        }
        let expectations: [(String, Roles, CredentialFilter?, [String]?)] = [
            ("a", .requester, .relevant, ["rs", "s"]),
            ("b", .responder, .relevant, ["a", "r", "rs"]),
            ("c", .monitor, .relevant, ["a", "r", "rs"]),
            ("d", .requester, nil, nil),
            ("e", .requester, .matching(including: true, roles: [[.requester, .responder]], senderIDs: []), ["rs"]),
        ]
        for (index, (name, role, filter, expected)) in expectations.enumerated() {
            let node = try TestNode(try manager.invite(name, roles: role), seed: UInt64(index) + 20)
            let answer = try node.join(manager, node.joinRequest(manager, getCreds: filter))
            let response = try JoinResponse(decoding: answer.payload.span)
            #expect(response.peers?.compactMap(\.name) == expected, "\(name)")
            #expect((response.key.senderID == nil) == (role == .monitor))
        }
    }

    @Test(.requirement("GM-0129"))
    func sameJoinAgainGetsTheSameAnswerAndTakesNothing() throws {
        let manager = try TestManager(seed: 4)
        try manager.createGroup()
        let node = try TestNode(try manager.invite("switch"), seed: 5)
        let request = try node.joinRequest(manager)
        let first = try node.join(manager, request)
        let assigned = manager.store.snapshot.assignedSenderIDs
        manager.wallClock = UnixTime(seconds: manager.wallClock.seconds + 100_000)
        try manager.restart()
        let second = try node.join(manager, request)
        #expect(second == first)
        #expect(manager.store.snapshot.assignedSenderIDs == assigned)
        #expect(manager.store.snapshot.members.count == 1)
        #expect(manager.events.contains(.joinRepeated(group: "g7", node: "switch")))
        // A retransmission of the same datagram never gets further than the message layer or the replay window.
        let other = try node.join(manager, node.joinRequest(manager, nonce: [9]))
        #expect(other.code == .badRequest)
        #expect(manager.events.last == .joinRefused(group: "g7", node: "switch", reason: .alreadyJoined))
    }

    @Test(.requirement("GM-0129", "GM-0493"))
    func sameDatagramAgainIsAnsweredFromMemoryOrIsAReplay() throws {
        let manager = try TestManager(seed: 6)
        try manager.createGroup()
        let node = try TestNode(try manager.invite("switch"), seed: 7)
        let datagram = try node.protect(node.joinMessage(node.joinRequest(manager).encoded()))
        let first = manager.deliver(datagram, from: node.address)
        let state = manager.store
        #expect(manager.deliver(datagram, from: node.address) == first)
        // In a frame of its own it reaches the replay window, also after a restart.
        for restarts in [false, true] {
            if restarts { try manager.restart() }
            let answer = try TestNode.outer(manager.deliver(node.reframe(datagram), from: node.address))
            #expect(answer.code == .unauthorized)
            #expect(answer.options.oscore == nil)
            #expect(manager.events.last == .rejected(from: node.address, reason: .replay))
            #expect(manager.store == state)
        }
    }

    @Test(.requirement("GM-0130", "GM-0495"))
    func nothingLeavesBeforeTheCommit() throws {
        let manager = try TestManager(seed: 8)
        try manager.createGroup()
        let node = try TestNode(try manager.invite("switch"), seed: 9)
        manager.holdsCommits = true
        let before = manager.engine.state
        let datagram = try node.protect(node.joinMessage(node.joinRequest(manager).encoded()))
        #expect(manager.deliver(datagram, from: node.address) == [])
        #expect(manager.engine.state == before)
        #expect(manager.heldCommit?.writes.count == 4)
        // A crash now: the manager has never heard of the node, and the node joins as if for the first time.
        let crashed = try manager.copy()
        try crashed.restart()
        crashed.holdsCommits = false
        #expect(try node.join(crashed).code == .created)
        manager.holdsCommits = false
        let late = manager.finishCommit()
        #expect(late.count == 1)
        #expect(manager.store.snapshot.members.count == 1)
    }

    @Test(.requirement("GM-0369", "GM-0130"))
    func failedCommitLeavesEverythingAsItWas() throws {
        let manager = try TestManager(seed: 10)
        try manager.createGroup()
        let node = try TestNode(try manager.invite("switch"), seed: 11)
        let before = manager.engine.state
        manager.failsNextCommit = true
        let request = try node.joinRequest(manager)
        let failed = try node.join(manager, request)
        #expect(failed.code == .internalServerError)
        // No nonce of the association was used: the same request may still be answered.
        #expect(failed.options.oscore == nil)
        #expect(manager.engine.state == before)
        #expect(manager.store == before)
        #expect(!manager.events.contains { if case .joined = $0 { true } else { false } })
        #expect(try node.join(manager, request).code == .created)
        manager.failsNextCommit = true
        let answer = manager.administer(
            .post, "gosc/groups",
            CreateGroupRequest(
                configuration: GroupConfiguration(groupName: "g8")
            ).encoded())
        #expect(answer?.code == .internalServerError)
        #expect(manager.store.groups["g8"] == nil)
    }

    @Test(.requirement("GM-0096", "GM-0097"))
    func controlURIIsKeptOnlyIfItIsTheJoinersOwn() throws {
        let manager = try TestManager(seed: 12)
        try manager.createGroup()
        let address = try #require(IPv6Address("2001:db8::17"))
        let uris: [(String, String?)] = [
            ("coap://[2001:db8::17]/ace-group/g7/node", "coap://[2001:db8::17]/ace-group/g7/node"),
            ("coap://[2001:db8::18]/ace-group/g7/node", nil), ("coap://victim.example/x", nil),
        ]
        for (index, (uri, kept)) in uris.enumerated() {
            let node = try TestNode(
                try manager.invite("n\(index)"), seed: UInt64(index) + 13,
                address: SocketAddress(address, port: 40_000))
            #expect(try node.join(manager, node.joinRequest(manager, controlURI: uri)).code == .created)
            let member = manager.store.snapshot.members.first { $0.name == "n\(index)" }
            #expect(member?.controlURI == kept)
        }
    }
}
