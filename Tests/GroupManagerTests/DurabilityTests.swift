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

/// What a store holds, and under which guards.
struct DurabilityTests {
    @Test(.requirement("GM-0491", "GM-0492", "GM-0493", "GM-0496"))
    func theStateComesBackFromItsSnapshotAndDamageIsRefused() throws {
        let fixture = try Fixture(seed: 361)
        let manager = fixture.manager
        let client = try fixture.member("a")
        _ = try fixture.member("p", in: "pw")
        let node = try TestNode(try manager.invite("switch"), seed: 362)
        #expect(try node.join(manager).code == .created)
        #expect(try client.ask(manager, .post, "ace-group/g7/nodes/a").code == .content)
        _ = try manager.ask(.post, "gosc/revocations", RevokeTokenRequest(tokenID: [1]).encoded())
        let snapshot = manager.store.snapshot
        #expect(try ManagerState(loading: snapshot) == manager.store)
        let damages: [(ManagerWriteError, (inout ManagerSnapshot) -> Void)] = [
            (.senderIDTaken, { $0.assignedSenderIDs += $0.assignedSenderIDs }),
            (.senderIDStale, { $0.staleSenderIDs += $0.staleSenderIDs }),
            (.nodeNameTaken, { $0.nodeNames += $0.nodeNames }),
            (.memberExists, { $0.members += $0.members }),
            (.clientExists, { $0.clients += $0.clients }),
            (.invitationExists, { $0.invitations += $0.invitations }),
            (.groupExists, { $0.groups += $0.groups }),
            (.groupCredentialExists, { $0.groupCredentials += $0.groupCredentials }),
            (.tokenRevoked, { $0.revocations += $0.revocations }),
            (.groupUnknown, { $0.groups = [] }),
            (.invalidRecord, { $0.groups[0].configuration.removeLast() }),
            (.invitationUnknown, { $0.invitations = [] }),
        ]
        for (error, damage) in damages {
            var damaged = snapshot
            damage(&damaged)
            #expect(throws: error) { try ManagerState(loading: damaged) }
            #expect(throws: error) {
                _ = try ManagerEngine(loading: damaged, settings: manager.engine.settings, layer: MessageLayer())
            }
        }
    }

    @Test(.requirement("GM-0492", "GM-0493"))
    func everyFieldOfAMemberAndItsClientSurvives() throws {
        let fixture = try Fixture(seed: 363)
        let manager = fixture.manager
        let client = try fixture.client("a", [("g7", 6)])
        let request = try client.joinRequest(
            "g7", .requester, nonce: [5, 6], controlURI: "coap://[::1]:6000/ace-group/g7/node")
        #expect(
            try client.ask(manager, TestClient.joinMessage(request.encoded(), path: ["ace-group", "g7"])).code
                == .created)
        let before = try #require(manager.member("a"))
        let record = try #require(manager.store.clients.values.first)
        try manager.restart()
        let after = try #require(manager.engine.state.groups["g7"]?.members["a"])
        #expect(after == before)
        #expect(after.credential == client.credential.bytes && after.scope == request.scope)
        #expect(after.clientNonce == [5, 6] && after.controlURI == "coap://[::1]:6000/ace-group/g7/node")
        #expect(after.senderID == [0] && after.roles == 2 && after.nodeName == "a")
        #expect(manager.engine.state.clients.values.first == record)
        #expect(record.kdcChallenge == client.kdcChallenge && record.scope == Fixture.content([("g7", 6)]))
        #expect(record.expiry == manager.wallClock.seconds + 3_600)
        #expect(record.inputMaterialID == client.material?.id)
        #expect(try client.ask(manager, .get, "ace-group/g7/nodes/a").code == .content)
    }

    /// What is not kept is not missed.
    @Test(.requirement("GM-0494"))
    func observationsEndWithARestart() throws {
        let fixture = try Fixture(seed: 364)
        let manager = fixture.manager
        let client = try fixture.member("a")
        #expect(try client.ask(manager, .get, "ace-group/g7", change: { $0.observe = 0 }).options.observe != nil)
        try manager.restart()
        #expect(manager.pass(.seconds(3_000)) == [])
        client.token = try fixture.token(for: client, "a", [("g7", 6)])
        try client.upload(manager)
        #expect(try client.ask(manager, .get, "ace-group/g7/num").payload == [0])
    }
}

struct GuardTests {
    @Test(.requirement("GM-0395", "GM-0495"))
    func guardsRefuseTheWholeChangeSet() throws {
        let fixture = try Fixture(seed: 371)
        let manager = fixture.manager
        let first = try fixture.member("a")
        _ = try fixture.member("b")
        _ = try fixture.member("p", in: "pw")
        let node = try TestNode(try manager.invite("switch"), seed: 372)
        _ = try node.join(manager)
        _ = try manager.invite("lamp")
        #expect(try first.ask(manager, .post, "ace-group/g7/nodes/a").code == .content)
        _ = try manager.ask(.post, "gosc/revocations", RevokeTokenRequest(tokenID: [1]).encoded())
        let snapshot = manager.store.snapshot
        let association = snapshot.associations[0]
        let client = try #require(snapshot.clients.first { $0.client.text.hasSuffix("a") })
        let other = try #require(snapshot.clients.first { $0.client.text.hasSuffix("b") })
        let member = try #require(manager.member("a"))
        var back = client.progress
        back.reservedSequenceEnd -= 1
        var unseen = client.progress
        unseen.replayWindow.highest = nil
        var stolen = client
        stolen.recipientID = [9]
        stolen.inputMaterialID = other.inputMaterialID
        var renamed = member
        renamed.name = "c"
        var same = member
        same.client = other.client
        var foreign = member
        foreign.nodeName = "z"
        var lost = try #require(snapshot.invitations.first)
        lost.clientSenderID = [1]
        lost.groupName = "nothing"
        var nowhere = member
        nowhere.groupName = "nothing"
        let violations: [(ManagerWrite, ManagerWriteError)] = [
            (.insertIdentity(try #require(snapshot.identity)), .identityExists),
            (.insertTokenKeys(try #require(snapshot.tokenKeys)), .tokenKeysExist),
            (.insertGroup(snapshot.groups[0]), .groupExists),
            (.insertGroupCredential(snapshot.groupCredentials[0]), .groupCredentialExists),
            (.insertInvitation(snapshot.invitations[0]), .invitationExists),
            (.insertInvitation(lost), .groupUnknown),
            (.consumeInvitation(association.key), .invitationUsed),
            (.consumeInvitation(AssociationKey(clientSenderID: [], idContext: [])), .invitationUnknown),
            (.revokeInvitation(clientSenderID: [], at: 1), .invitationUnknown),
            (.insertClient(client), .clientExists), (.insertClient(stolen), .clientExists),
            (.advanceClient(recipientID: client.recipientID, back), .associationWentBack),
            (.advanceClient(recipientID: client.recipientID, unseen), .associationWentBack),
            (.advanceClient(recipientID: [9], client.progress), .clientUnknown),
            (.reauthorizeClient(recipientID: [9], tokenID: [], scope: [], expiry: 1), .clientUnknown),
            (.challengeClient(recipientID: [9], kdcChallenge: []), .clientUnknown),
            (.locateClient(recipientID: [9], SocketAddress(.loopback, port: 1)), .clientUnknown),
            (.removeClient(recipientID: [9]), .clientUnknown),
            (.revokeToken(snapshot.revocations[0]), .tokenRevoked),
            (.insertMember(member), .memberExists), (.insertMember(renamed), .memberExists),
            (.insertMember(nowhere), .groupUnknown),
            (.replaceMember(renamed), .memberUnknown), (.replaceMember(same), .memberUnknown),
            (.replaceMember(foreign), .memberUnknown),
            (.removeMember(MemberKey(groupName: "g7", name: "c")), .memberUnknown),
            (.assignNodeName(snapshot.nodeNames[0]), .nodeNameTaken),
            (.assignSenderID(snapshot.assignedSenderIDs[0]), .senderIDTaken),
            (.addStaleSenderID(snapshot.staleSenderIDs[0]), .senderIDStale),
            (
                .assignSenderID(AssignedSenderIDRecord(groupName: "nothing", groupID: [1], senderID: [1])),
                .groupUnknown
            ),
        ]
        let harmless = ManagerWrite.challengeClient(recipientID: client.recipientID, kdcChallenge: [1, 2])
        for (write, error) in violations {
            var state = manager.store
            let changes = ManagerChangeSet(id: CommitID(1), writes: [harmless, write])
            #expect(throws: error, "\(write)") { try state.apply(changes) }
            #expect(state == manager.store, "\(error)")
        }
        // A window that goes back would accept a request twice.
        var state = manager.store
        var advanced = association
        advanced.replayWindow.highest = 1_000
        try state.apply(ManagerChangeSet(id: CommitID(1), writes: [.putAssociation(advanced)]))
        #expect(throws: ManagerWriteError.associationWentBack) {
            try state.apply(ManagerChangeSet(id: CommitID(2), writes: [.putAssociation(association)]))
        }
    }

    /// Each write can be taken back, alone and with others.
    @Test(.requirement("GM-0130", "GM-0369"))
    func everyWriteIsTakenBack() throws {
        let (manager, journey) = try TestManager.withJourney(seed: 373)
        var state = ManagerState()
        var sets: [[ManagerWrite]] = []
        for step in Journey.Step.allCases { try journey.perform(step, manager) }
        _ = try manager.ask(.post, "gosc/revocations", RevokeTokenRequest(tokenID: [1]).encoded())
        for case .commit(let changes) in manager.history { sets.append(changes.writes) }
        // From the store as it was before the first commit.
        var snapshot = ManagerSnapshot(identity: manager.store.identity)
        snapshot.tokenKeys = manager.store.tokenKeys
        state = try ManagerState(loading: snapshot)
        var undo: [(ManagerState, [ManagerUndo])] = []
        for writes in sets {
            let before = state
            let steps = try state.apply(writes)
            var other = state
            other.undo(steps)
            #expect(other == before)
            undo.append((before, steps))
        }
        #expect(state == manager.store)
        for (before, steps) in undo.reversed() {
            state.undo(steps)
            #expect(state == before)
        }
    }
}
