import GroupManager
import Persistence
import TestSupport
import Testing

/// What every ``GroupStore`` must do.
@Suite(.serialized)
struct GroupStoreCompatibility {
    @Test(arguments: StoreKind.allCases)
    func newStoreIsEmpty(kind: StoreKind) throws {
        #expect(try StoreBench(kind).openGroupStore().load() == ManagerSnapshot())
    }

    @Test(.requirement("GM-0491", "GM-0492", "GM-0493"), arguments: StoreKind.allCases)
    func whatWasAppliedIsLoadedByTheNextRun(kind: StoreKind) throws {
        let bench = try StoreBench(kind)
        try bench.openGroupStore().apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes))
        #expect(try bench.openGroupStore().load().sorted == ManagerSamples.snapshot.sorted)
    }

    @Test(arguments: StoreKind.allCases)
    func windowAndReservationMoveForward(kind: StoreKind) throws {
        let bench = try StoreBench(kind)
        let store = try bench.openGroupStore()
        try store.apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes))
        for (highest, end) in [(41, 256), (42, 256), (42, 512), (1000, 1024)] as [(UInt64, UInt64)] {
            let record = ManagerSamples.association(highest: highest, end: end)
            try store.apply(ManagerChangeSet(.putAssociation(record)))
            #expect(try bench.openGroupStore().load().associations == [record])
        }
    }

    @Test(
        .requirement("GM-0395", "GM-0130"), arguments: StoreKind.allCases, RefusedManagerWrite.all)
    func brokenGuardRefusesTheWholeChangeSet(kind: StoreKind, refused: RefusedManagerWrite) throws {
        let bench = try StoreBench(kind)
        let store = try bench.openGroupStore()
        try store.apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes))
        let good = ManagerWrite.assignSenderID(ManagerSamples.assigned(77))
        #expect(throws: GroupStoreFailure.guardFailed(refused.error)) {
            try store.apply(ManagerChangeSet(good, refused.write))
        }
        #expect(throws: GroupStoreFailure.guardFailed(refused.error)) {
            try store.apply(ManagerChangeSet(refused.write, good))
        }
        #expect(try store.load().sorted == ManagerSamples.snapshot.sorted)
        #expect(try bench.openGroupStore().load().sorted == ManagerSamples.snapshot.sorted)
        // The store goes on.
        try store.apply(ManagerChangeSet(good))
        #expect(try bench.openGroupStore().load().assignedSenderIDs.count == 2)
    }

    @Test(.requirement("GM-0493"), arguments: StoreKind.allCases)
    func clientMovesForward(kind: StoreKind) throws {
        let bench = try StoreBench(kind)
        let store = try bench.openGroupStore()
        try store.apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes))
        var expected = ManagerSamples.clientRecord()
        for progress in [
            ManagerSamples.progress(words: [3]), ManagerSamples.progress(highest: 42, words: [], end: 512),
            ManagerSamples.progress(highest: 1 << 40 - 1, end: 1 << 40),
        ] {
            try store.apply(ManagerChangeSet(.advanceClient(recipientID: [1], progress)))
            expected.progress = progress
            #expect(try bench.openGroupStore().load().sorted.clients == [ManagerSamples.sparseClient, expected])
        }
        try store.apply(ManagerChangeSet(.reauthorizeClient(recipientID: [1], tokenID: [1], scope: [2], expiry: 3)))
        try store.apply(ManagerChangeSet(.challengeClient(recipientID: [1], kdcChallenge: [4])))
        (expected.tokenID, expected.scope, expected.expiry, expected.kdcChallenge) = ([1], [2], 3, [4])
        #expect(try bench.openGroupStore().load().sorted.clients == [ManagerSamples.sparseClient, expected])
        try store.apply(ManagerChangeSet(.removeClient(recipientID: [])))
        #expect(try bench.openGroupStore().load().clients == [expected])
    }

    @Test(.requirement("GM-0493"), arguments: StoreKind.allCases)
    func clientHasOneAssociation(kind: StoreKind) throws {
        let bench = try StoreBench(kind)
        let store = try bench.openGroupStore()
        try store.apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes))
        let next = ManagerSamples.clientRecord(9, client: 1)
        try store.apply(ManagerChangeSet(.insertClient(next)))
        #expect(try bench.openGroupStore().load().sorted.clients == [ManagerSamples.sparseClient, next])
    }

    @Test(.requirement("GM-0492", "GM-0214"), arguments: StoreKind.allCases)
    func memberIsReplacedAndRemoved(kind: StoreKind) throws {
        let bench = try StoreBench(kind)
        let store = try bench.openGroupStore()
        try store.apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes))
        var record = ManagerSamples.member()
        (record.roles, record.senderID, record.credential, record.controlURI) = (8, nil, nil, nil)
        (record.scope, record.clientNonce, record.joinedAt) = ([1], [2], 3)
        try store.apply(ManagerChangeSet(.replaceMember(record)))
        #expect(try bench.openGroupStore().load().sorted.members == [record, ManagerSamples.monitor()])
        try store.apply(ManagerChangeSet(.removeMember(record.key)))
        let left = try bench.openGroupStore().load().sorted
        #expect(left.members == [ManagerSamples.monitor()])
        // What it had stays its own.
        #expect(left.nodeNames == ManagerSamples.snapshot.nodeNames)
        #expect(left.assignedSenderIDs == ManagerSamples.snapshot.assignedSenderIDs)
        try store.apply(ManagerChangeSet(.insertMember(record)))
    }

    // GM-0491: random workloads, opened again at random moments, against the engine's own state.
    @Test(.requirement("GM-0491", "GM-0395"), arguments: StoreKind.allCases, [1, 2, 3] as [UInt64])
    func randomWritesLeadToTheStateOfTheModel(kind: StoreKind, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let bench = try StoreBench(kind)
        var store = try bench.openGroupStore()
        var model = ManagerState()
        var accepted: Set<String> = []
        var refused: Set<String> = []
        for step in 0..<800 {
            let count = [1, 1, 1, 2, 3].randomElement(using: &random) ?? 1
            let writes = (0..<count).map { _ in RandomManagerWrite.next(&random) }
            let changes = ManagerChangeSet(id: CommitID(UInt64(step)), writes: writes)
            var expected: ManagerWriteError?
            do { try model.apply(changes) } catch { expected = error }
            var seen: GroupStoreFailure?
            do { try store.apply(changes) } catch { seen = error }
            try #require(seen == expected.map(GroupStoreFailure.guardFailed), "seed \(seed), step \(step): \(writes)")
            if expected == nil { accepted.formUnion(writes.map(RandomManagerWrite.name)) }
            if expected != nil, writes.count == 1 { refused.insert(RandomManagerWrite.name(writes[0])) }
            if Int.random(in: 0..<20, using: &random) == 0 { store = try bench.openGroupStore() }
            if step.isMultiple(of: 8) || step > 790 {
                try #require(try store.load().sorted == model.snapshot.sorted, "seed \(seed), step \(step)")
            }
        }
        #expect(try ManagerState(loading: store.load()) == model)
        // Each was seen to be accepted and to be refused.
        #expect(RandomManagerWrite.names.subtracting(accepted) == [], "seed \(seed)")
        #expect(RandomManagerWrite.names.subtracting(refused) == [], "seed \(seed)")
    }
}

/// A write that a store with the samples in it must refuse, and how.
struct RefusedManagerWrite: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let write: ManagerWrite
    let error: ManagerWriteError

    static let all = first + ofClients + ofMembers

    private static let first = [
        Self("second identity", .insertIdentity(ManagerSamples.identity), .identityExists),
        Self("second token keys", .insertTokenKeys(ManagerSamples.tokenKeys), .tokenKeysExist),
        Self("group name taken", .insertGroup(ManagerSamples.group(groupID: [7, 7, 7])), .groupExists),
        Self("Gid taken", .insertGroup(ManagerSamples.group("new")), .groupExists),
        Self("group of another name", .insertGroup(RandomManagerWrite.misnamedGroup), .invalidRecord),
        Self("second credential", .insertGroupCredential(ManagerSamples.groupCredential()), .groupCredentialExists),
        Self(
            "credential without group", .insertGroupCredential(ManagerSamples.groupCredential("nowhere")),
            .groupUnknown),
        Self("client Sender ID taken", .insertInvitation(ManagerSamples.invitation()), .invitationExists),
        Self(
            "invitation without group", .insertInvitation(ManagerSamples.invitation(1, group: "nowhere")),
            .groupUnknown),
        Self("invitation unknown", .consumeInvitation(ManagerSamples.key(200)), .invitationUnknown),
        Self("invitation used", .consumeInvitation(ManagerSamples.key(1, context: 99)), .invitationUsed),
        Self("invitation used by the same", .consumeInvitation(ManagerSamples.key()), .invitationUsed),
        Self(
            "unknown invitation revoked",
            .revokeInvitation(clientSenderID: ManagerSamples.key(200).clientSenderID, at: 1), .invitationUnknown),
        Self(
            "invitation revoked again", .revokeInvitation(clientSenderID: ManagerSamples.key(2).clientSenderID, at: 1),
            .invitationRevoked),
        Self(
            "association without invitation", .putAssociation(ManagerSamples.association(200)), .invitationUnknown),
        Self(
            "window goes back", .putAssociation(ManagerSamples.association(highest: 40)), .associationWentBack),
        Self("window forgets", .putAssociation(ManagerSamples.association(highest: nil)), .associationWentBack),
        Self("reservation goes back", .putAssociation(ManagerSamples.association(end: 255)), .associationWentBack),
    ]

    private static let ofClients = [
        Self("Recipient ID taken", .insertClient(ManagerSamples.clientRecord(1, client: 9)), .clientExists),
        Self("Recipient ID taken by itself", .insertClient(ManagerSamples.clientRecord()), .clientExists),
        Self("client unknown", .advanceClient(recipientID: [9], ManagerSamples.progress()), .clientUnknown),
        Self(
            "window of a client goes back", .advanceClient(recipientID: [1], ManagerSamples.progress(highest: 40)),
            .associationWentBack),
        Self(
            "window of a client forgets", .advanceClient(recipientID: [1], ManagerSamples.progress(highest: nil)),
            .associationWentBack),
        Self(
            "reservation for a client goes back", .advanceClient(recipientID: [1], ManagerSamples.progress(end: 255)),
            .associationWentBack),
        Self(
            "token of an unknown client", .reauthorizeClient(recipientID: [9], tokenID: [], scope: [], expiry: 0),
            .clientUnknown),
        Self("challenge of an unknown client", .challengeClient(recipientID: [9], kdcChallenge: []), .clientUnknown),
        Self("unknown client removed", .removeClient(recipientID: [9]), .clientUnknown),
        Self("token revoked again", .revokeToken(ManagerSamples.revocation()), .tokenRevoked),
    ]

    private static let ofMembers = [
        Self("member name taken", .insertMember(RandomManagerWrite.member(1, node: 9, client: 9)), .memberExists),
        Self("NODENAME of a member", .insertMember(RandomManagerWrite.member(9, node: 1, client: 9)), .memberExists),
        Self("client is a member", .insertMember(RandomManagerWrite.member(9, node: 9, client: 1)), .memberExists),
        Self("member without group", .insertMember(ManagerSamples.member(group: "nowhere")), .groupUnknown),
        Self("member unknown", .replaceMember(ManagerSamples.member(9)), .memberUnknown),
        Self("member of another group", .replaceMember(ManagerSamples.member(group: "blinds")), .memberUnknown),
        Self(
            "other NODENAME", .replaceMember(RandomManagerWrite.member(1, node: 9, client: 1)), .memberUnknown),
        Self("other client", .replaceMember(RandomManagerWrite.member(1, node: 1, client: 9)), .memberUnknown),
        Self("unknown member removed", .removeMember(ManagerSamples.member(9).key), .memberUnknown),
        Self("NODENAME given away", .assignNodeName(ManagerSamples.nodeName(1, client: 9)), .nodeNameTaken),
        Self("NODENAME given again", .assignNodeName(ManagerSamples.nodeName()), .nodeNameTaken),
        Self("NODENAME without group", .assignNodeName(ManagerSamples.nodeName(group: "nowhere")), .groupUnknown),
        Self("Sender ID handed out before", .assignSenderID(ManagerSamples.assigned()), .senderIDTaken),
        Self("Sender ID without group", .assignSenderID(ManagerSamples.assigned(group: "nowhere")), .groupUnknown),
        Self("Sender ID stale already", .addStaleSenderID(ManagerSamples.stale()), .senderIDStale),
        Self("stale without group", .addStaleSenderID(ManagerSamples.stale(group: "nowhere")), .groupUnknown),
    ]

    private init(_ testDescription: String, _ write: ManagerWrite, _ error: ManagerWriteError) {
        self.testDescription = testDescription
        self.write = write
        self.error = error
    }
}
