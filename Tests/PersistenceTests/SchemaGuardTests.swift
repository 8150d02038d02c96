import GRDB
import GroupManager
import TestSupport
import Testing

@testable import Persistence

/// What the schema itself refuses, whoever writes.
struct SchemaGuardTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test(
        .requirement("GM-0395"),
        arguments: [
            "UPDATE assigned_sender_id SET sender_id = x'02'",
            "DELETE FROM assigned_sender_id",
            "INSERT INTO assigned_sender_id SELECT * FROM assigned_sender_id",
            "UPDATE invitation SET consumed_by = NULL WHERE consumed_by IS NOT NULL",
            "UPDATE invitation SET consumed_by = x'00' WHERE consumed_by IS NOT NULL",
            "UPDATE association SET reserved_end = reserved_end - 1",
            "UPDATE association SET reserved_end = 1099511627777",
            "UPDATE association SET window_highest = window_highest - 1",
            "UPDATE association SET window_highest = NULL",
            "DELETE FROM security_group",
            "DELETE FROM invitation",
            "UPDATE store SET role = 'node'",
            "DELETE FROM store",
            "INSERT INTO identity SELECT 2, name, sealed_signing_seed, credential, global_id FROM identity",
        ])
    func managerSchemaRefuses(sql: String) throws {
        let store = try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: true)
        try store.apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes))
        expectConstraint { try store.file.write { try $0.execute(sql: sql) } }
        #expect(try store.load().sorted == ManagerSamples.snapshot.sorted)
    }

    @Test(
        arguments: [
            "UPDATE association SET reserved_end = reserved_end - 1",
            "UPDATE membership SET reserved_end = reserved_end - 1",
            "UPDATE membership SET reserved_end = -1",
            "UPDATE replay_window SET highest = highest - 1 WHERE highest IS NOT NULL",
            "UPDATE replay_window SET highest = NULL WHERE highest IS NOT NULL",
            "DELETE FROM peer",
            "UPDATE store SET canary = x'00'",
        ])
    func nodeSchemaRefuses(sql: String) throws {
        let store = try SQLiteNodeStore(directory: folder.path, key: testKey(), mayCreate: true)
        try store.apply(NodeStoreCompatibility.samples)
        expectConstraint { try store.file.write { try $0.execute(sql: sql) } }
        #expect(try store.load() == NodeSamples.state)
    }

    @Test func recordsThatHangInTheAirAreRefused() throws {
        let store = try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: true)
        for write: ManagerWrite in [
            .insertMember(ManagerSamples.member()), .insertInvitation(ManagerSamples.invitation()),
            .putAssociation(ManagerSamples.association()),
        ] {
            #expect(throws: GroupStoreFailure.guardFailed(.invalidRecord)) {
                try store.apply(ManagerChangeSet(write))
            }
        }
        #expect(try store.load() == ManagerSnapshot())
    }

    @Test(.requirement("GM-0493"))
    func windowThatSawOnlyZeroDoesNotForget() throws {
        let store = try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: true)
        try store.apply(
            ManagerChangeSet(
                .insertGroup(ManagerSamples.group()), .insertInvitation(ManagerSamples.invitation()),
                .putAssociation(ManagerSamples.association(highest: 0))))
        #expect(throws: GroupStoreFailure.guardFailed(.associationWentBack)) {
            try store.apply(ManagerChangeSet(.putAssociation(ManagerSamples.association(highest: nil))))
        }
    }

    @Test func numbersKeepAllTheirBits() throws {
        let store = try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: true)
        var group = ManagerSamples.group()
        group.version = .max
        group.expiration = 1 << 63
        group.linkRate = .max
        try store.apply(ManagerChangeSet(.insertGroup(group)))
        #expect(try store.load().groups == [group])
        var association = ManagerSamples.association()
        association.reservedSequenceEnd = .max
        #expect(throws: GroupStoreFailure.guardFailed(.invalidRecord)) {
            try store.apply(
                ManagerChangeSet(.insertInvitation(ManagerSamples.invitation()), .putAssociation(association)))
        }
    }

    private func expectConstraint(_ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) {
        let error = #expect(throws: DatabaseError.self, sourceLocation: sourceLocation) { try body() }
        #expect(error?.resultCode == .SQLITE_CONSTRAINT, sourceLocation: sourceLocation)
    }
}
