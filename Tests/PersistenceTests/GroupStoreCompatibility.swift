import Bytes
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
        #expect(try bench.openGroupStore().load().assignedSenderIDs.count == 3)
    }

    @Test(.requirement("GM-0493"), arguments: StoreKind.allCases)
    func clientMovesForward(kind: StoreKind) throws {
        let bench = try StoreBench(kind)
        let store = try bench.openGroupStore()
        try store.apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes))
        var expected = ManagerSamples.clientRecord()
        expected.address = ManagerSamples.address
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
        expected.address = SocketAddress(.loopback, port: 1)
        try store.apply(ManagerChangeSet(.locateClient(recipientID: [1], SocketAddress(.loopback, port: 1))))
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
        #expect(
            try bench.openGroupStore().load().sorted.members == [record, ManagerSamples.monitor(), ManagerSamples.born])
        try store.apply(ManagerChangeSet(.removeMember(record.key)))
        let left = try bench.openGroupStore().load().sorted
        #expect(left.members == [ManagerSamples.monitor(), ManagerSamples.born])
        // What it had stays its own.
        #expect(left.nodeNames == ManagerSamples.snapshot.nodeNames)
        #expect(left.assignedSenderIDs == ManagerSamples.snapshot.assignedSenderIDs)
        try store.apply(ManagerChangeSet(.insertMember(record)))
    }

    /// Nothing of an association is left, and nothing else is lost.
    @Test(.requirement("GM-0396"), arguments: StoreKind.allCases)
    func restoreIsPendingUntilItIsDecided(kind: StoreKind) throws {
        let bench = try StoreBench(kind)
        let store = try bench.openGroupStore()
        try store.apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes))
        try store.apply(ManagerChangeSet(.restore(RestoreRecord(since: 1_800_000_020))))
        var expected = ManagerSamples.snapshot
        (expected.clients, expected.associations, expected.staleSenderIDs) = ([], [], [])
        for index in expected.invitations.indices where expected.invitations[index].barredAt == nil {
            expected.invitations[index].barredAt = 1_800_000_020
        }
        expected.pendingRestore = RestoreRecord(since: 1_800_000_020)
        #expect(try bench.snapshot(of: store).sorted == expected.sorted)
        #expect(throws: GroupStoreFailure.guardFailed(.restorePending)) {
            try store.apply(ManagerChangeSet(.restore(RestoreRecord(since: 1_800_000_019))))
        }
        try store.apply(ManagerChangeSet(.completeRestore))
        expected.pendingRestore = nil
        #expect(try bench.openGroupStore().load().sorted == expected.sorted)
        #expect(throws: GroupStoreFailure.guardFailed(.noRestorePending)) {
            try store.apply(ManagerChangeSet(.completeRestore))
        }
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
        for step in 0..<1_200 {
            let count = [1, 1, 1, 2, 3].randomElement(using: &random) ?? 1
            let writes = (0..<count).map { _ in RandomManagerWrite.next(&random, audit: model.audit) }
            let changes = ManagerChangeSet(id: CommitID(UInt64(step)), writes: writes)
            var expected: ManagerWriteError?
            do { try model.apply(changes) } catch { expected = error }
            var seen: GroupStoreFailure?
            do { try store.apply(changes) } catch { seen = error }
            try #require(seen == expected.map(GroupStoreFailure.guardFailed), "seed \(seed), step \(step): \(writes)")
            if expected == nil { accepted.formUnion(writes.map(RandomManagerWrite.name)) }
            if expected != nil, writes.count == 1 { refused.insert(RandomManagerWrite.name(writes[0])) }
            if Int.random(in: 0..<20, using: &random) == 0 { store = try bench.openGroupStore() }
            if step.isMultiple(of: 8) || step > 1_190 {
                try #require(
                    try bench.snapshot(of: store).sorted == model.snapshot.sorted, "seed \(seed), step \(step)")
            }
        }
        #expect(try ManagerState(loading: bench.snapshot(of: store)) == model)
        // Each was seen to be accepted and to be refused.
        #expect(RandomManagerWrite.names.subtracting(accepted) == [], "seed \(seed)")
        #expect(RandomManagerWrite.names.subtracting(refused).subtracting(["restore"]) == [], "seed \(seed)")
    }
}
