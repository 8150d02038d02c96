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
            "UPDATE invitation SET revoked_at = NULL WHERE revoked_at IS NOT NULL",
            "UPDATE invitation SET revoked_at = 1 WHERE revoked_at IS NOT NULL",
            "UPDATE client SET reserved_end = reserved_end - 1",
            "UPDATE client SET reserved_end = 1099511627777",
            "UPDATE client SET window_highest = window_highest - 1 WHERE window_highest IS NOT NULL",
            "UPDATE client SET window_highest = NULL WHERE window_highest IS NOT NULL",
            "UPDATE client SET client = 'as' || char(10) || 'sub:other'",
            "UPDATE client SET recipient_id = x'aa' WHERE recipient_id = x'01'",
            "UPDATE client SET master_salt = x'00'",
            """
            INSERT INTO client SELECT x'aa', sender_id, client, input_material_id, sealed_master_secret, master_salt,
            id_context, algorithm, hkdf, token_id, scope, expiry, kdc_challenge, window_size, window_highest,
            window_words, window_is_valid, reserved_end, address, port, interface FROM client
            """,
            """
            INSERT INTO client SELECT x'aa', sender_id, 'x', input_material_id, sealed_master_secret, master_salt,
            id_context, algorithm, hkdf, token_id, scope, expiry, kdc_challenge, window_size, window_highest,
            window_words, window_is_valid, reserved_end, address, port, interface FROM client
            """,
            "UPDATE client SET address = x'00'", "UPDATE client SET port = 0", "UPDATE client SET interface = -1",
            "UPDATE revocation SET revoked_at = 0",
            "DELETE FROM revocation",
            "UPDATE node_name SET client = 'x'",
            "DELETE FROM node_name",
            "INSERT INTO node_name SELECT group_name, node_name, 'x' FROM node_name",
            "INSERT INTO token_keys SELECT 2, sealed_shared_key, sealed_agreement_key FROM token_keys",
            "UPDATE member SET client = 'x'",
            "UPDATE member SET node_name = 'x'",
            "INSERT INTO stale_sender_id VALUES ('nowhere', 1, x'01')",
            "DELETE FROM security_group",
            "DELETE FROM invitation",
            "UPDATE audit_record SET record = x'00'",
            "UPDATE audit_record SET confidential = NULL",
            "DELETE FROM audit_record",
            "DELETE FROM audit_record WHERE sequence = 2",
            "INSERT INTO audit_record SELECT * FROM audit_record",
            "INSERT INTO audit_record SELECT 3, record, confidential, x'00' FROM audit_record WHERE sequence = 1",
            "INSERT INTO audit_record SELECT 0, record, confidential, hash FROM audit_record WHERE sequence = 1",
            "UPDATE audit_checkpoint SET time = 0",
            "DELETE FROM audit_checkpoint",
            "INSERT INTO audit_checkpoint SELECT 3, hash, time, signature FROM audit_checkpoint",
            "UPDATE invitation SET barred_at = NULL WHERE barred_at IS NOT NULL",
            "UPDATE invitation SET barred_at = 1 WHERE barred_at IS NOT NULL",
            """
            INSERT INTO association SELECT client_sender_id, x'01', 32, NULL, x'', 1, 0 FROM invitation
            WHERE barred_at IS NOT NULL
            """,
            "UPDATE store SET canary = x'00'",
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
            "UPDATE membership SET reserved_end = -1, sender_id = x'07'",
            "UPDATE membership SET reserved_end = 0, version = 8",
            "INSERT INTO token SELECT 2, x'', x'', x'', NULL, NULL, 1, 1, x'', NULL",
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
        for (write, error) in [
            (.insertMember(ManagerSamples.member()), .groupUnknown),
            (.insertInvitation(ManagerSamples.invitation()), .groupUnknown),
            (.putAssociation(ManagerSamples.association()), .invitationUnknown),
        ] as [(ManagerWrite, ManagerWriteError)] {
            #expect(throws: GroupStoreFailure.guardFailed(error)) { try store.apply(ManagerChangeSet(write)) }
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
        let stale = ManagerSamples.stale(version: .max)
        try store.apply(ManagerChangeSet(.addStaleSenderID(stale)))
        #expect(try store.load().staleSenderIDs == [stale])
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
