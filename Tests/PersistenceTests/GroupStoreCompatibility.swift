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

    // GM-0491: random workloads, opened again at random moments, against the engine's own state.
    @Test(.requirement("GM-0491", "GM-0395"), arguments: StoreKind.allCases, [1, 2, 3] as [UInt64])
    func randomWritesLeadToTheStateOfTheModel(kind: StoreKind, seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let bench = try StoreBench(kind)
        var store = try bench.openGroupStore()
        var model = ManagerState()
        try store.apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes))
        try model.apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes))
        var refusals = 0
        for step in 0..<150 {
            let writes = (0..<Int.random(in: 1...3, using: &random)).map { _ in Self.randomWrite(&random) }
            let changes = ManagerChangeSet(id: CommitID(UInt64(step)), writes: writes)
            var expected: ManagerWriteError?
            do { try model.apply(changes) } catch { expected = error }
            var seen: GroupStoreFailure?
            do { try store.apply(changes) } catch { seen = error }
            try #require(seen == expected.map(GroupStoreFailure.guardFailed), "seed \(seed), step \(step)")
            if expected != nil { refusals += 1 }
            if Int.random(in: 0..<20, using: &random) == 0 { store = try bench.openGroupStore() }
            try #require(try store.load().sorted == model.snapshot.sorted, "seed \(seed), step \(step)")
        }
        #expect(refusals > 20 && refusals < 140, "seed \(seed)")
    }

    private static func randomWrite(_ random: inout SeededGenerator) -> ManagerWrite {
        let id = UInt8.random(in: 1...6, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return .insertInvitation(ManagerSamples.invitation(id))
        case 1: return .consumeInvitation(ManagerSamples.key(id, context: id))
        case 2: return .insertMember(ManagerSamples.member(id))
        case 3: return .assignSenderID(ManagerSamples.assigned(UInt8.random(in: 1...40, using: &random)))
        case 4: return .insertGroup(ManagerSamples.group("g\(id)", groupID: [id, 0, 0]))
        default:
            // Of the invitations that are there from the beginning: an association without one has no keys.
            return .putAssociation(
                ManagerSamples.association(
                    UInt8.random(in: 1...2, using: &random), highest: .random(in: 1...300, using: &random),
                    end: .random(in: 0...600, using: &random)))
        }
    }
}

/// A write that a store with the samples in it must refuse, and how.
struct RefusedManagerWrite: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let write: ManagerWrite
    let error: ManagerWriteError

    static let all = [
        Self("second identity", .insertIdentity(ManagerSamples.identity), .identityExists),
        Self("group name taken", .insertGroup(ManagerSamples.group(groupID: [7, 7, 7])), .groupExists),
        Self("Gid taken", .insertGroup(ManagerSamples.group("new")), .groupExists),
        Self("client Sender ID taken", .insertInvitation(ManagerSamples.invitation()), .invitationExists),
        Self("invitation unknown", .consumeInvitation(ManagerSamples.key(200)), .invitationUnknown),
        Self("invitation used", .consumeInvitation(ManagerSamples.key(1, context: 99)), .invitationUsed),
        Self("invitation used by the same", .consumeInvitation(ManagerSamples.key()), .invitationUsed),
        Self("member name taken", .insertMember(ManagerSamples.member()), .memberExists),
        Self("Sender ID handed out before", .assignSenderID(ManagerSamples.assigned()), .senderIDTaken),
        Self(
            "window goes back", .putAssociation(ManagerSamples.association(highest: 40)), .associationWentBack),
        Self("window forgets", .putAssociation(ManagerSamples.association(highest: nil)), .associationWentBack),
        Self("reservation goes back", .putAssociation(ManagerSamples.association(end: 255)), .associationWentBack),
    ]

    private init(_ testDescription: String, _ write: ManagerWrite, _ error: ManagerWriteError) {
        self.testDescription = testDescription
        self.write = write
        self.error = error
    }
}

extension ManagerSnapshot {
    /// The same in the order of the keys.
    var sorted: ManagerSnapshot {
        ManagerSnapshot(
            identity: identity, groups: groups.sorted { $0.name < $1.name },
            members: members.sorted { ($0.groupName, $0.name) < ($1.groupName, $1.name) },
            invitations: invitations.sorted { $0.clientSenderID.lexicographicallyPrecedes($1.clientSenderID) },
            associations: associations.sorted {
                ($0.key.clientSenderID + $0.key.idContext)
                    .lexicographicallyPrecedes($1.key.clientSenderID + $1.key.idContext)
            },
            assignedSenderIDs: assignedSenderIDs.sorted {
                (Array($0.groupName.utf8) + $0.groupID + $0.senderID)
                    .lexicographicallyPrecedes(Array($1.groupName.utf8) + $1.groupID + $1.senderID)
            })
    }
}
