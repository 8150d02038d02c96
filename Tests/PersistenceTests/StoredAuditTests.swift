import Bytes
import Foundation
import GRDB
import TestSupport
import Testing

@testable import GroupManager
@testable import Persistence

/// The audit record in a database: read by whoever may read the file, and verified against whoever may write it.
struct StoredAuditTests {
    private let folder: TemporaryFolder
    private let credential: [UInt8]

    /// A manager with ten records, of which eight are signed.
    init() throws {
        folder = try TemporaryFolder()
        let store = try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: true)
        var random = SeededGenerator(seed: 921)
        let identity = try ManagerIdentityRecord.generate(name: "manager", random: &random)
        credential = identity.credential
        var state = ManagerState()
        let steps: [[ManagerWrite]] = [
            [.insertIdentity(identity), .insertTokenKeys(ManagerSamples.tokenKeys)],
            [.insertGroup(ManagerSamples.group()), .insertGroupCredential(ManagerSamples.groupCredential())],
            [.insertInvitation(ManagerSamples.invitation()), .consumeInvitation(ManagerSamples.key())],
            [.insertMember(ManagerSamples.member()), .insertMember(ManagerSamples.monitor())],
            [.removeMember(ManagerSamples.member().key), .revokeToken(ManagerSamples.revocation())],
        ]
        for (index, writes) in steps.enumerated() {
            var all = try state.applyAudited(writes, at: 1_800_000_000 + UInt64(index), random: &random).writes
            if index == 3, let checkpoint = state.checkpoint(at: 1_800_000_010) {
                _ = try state.apply(checkpoint)
                all.append(checkpoint)
            }
            try store.apply(ManagerChangeSet(id: CommitID(UInt64(index)), writes: all))
        }
    }

    private func verify(_ directory: String, kept: [AuditCheckpoint] = []) throws -> AuditVerdict {
        let audit = try StoredAudit(directory: directory)
        let credential = try #require(try audit.managerCredential())
        var verifier = try AuditVerifier(credential: credential, checkpoints: audit.checkpoints(), kept: kept)
        for row in try audit.records(from: 0, limit: 1_000) {
            try verifier.take(row.record, number: row.sequence, hash: row.hash)
        }
        return try verifier.finish()
    }

    /// A copy that somebody has changed, triggers or not.
    private func damaged(_ sql: String) throws -> TemporaryFolder {
        let copy = try folder.copy()
        let queue = try DatabaseQueue(path: copy.database)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA foreign_keys = OFF")
            let names = try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'trigger'")
            for name in names where name.hasPrefix("audit") { try db.execute(sql: "DROP TRIGGER \(name)") }
            try db.execute(sql: sql)
        }
        try queue.close()
        return copy
    }

    @Test func whatWasAppendedIsRead() throws {
        let audit = try StoredAudit(directory: folder.path)
        #expect(try audit.managerCredential() == credential)
        #expect(try audit.lastSequence() == 10)
        #expect(try audit.records(from: 9, limit: 100).map(\.sequence) == [9, 10])
        #expect(try audit.records(from: 0, limit: 3).map(\.sequence) == [1, 2, 3])
        #expect(try audit.checkpoints().map(\.sequence) == [8])
        let verdict = try verify(folder.path)
        #expect(verdict.records == 10 && verdict.signed?.sequence == 8)
    }

    /// While the manager has the database open, and again and again.
    @Test func theRecordIsReadWhileTheManagerWrites() throws {
        let store = try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: false)
        let audit = try StoredAudit(directory: folder.path)
        var state = try ManagerState(loading: store.load())
        var random = SeededGenerator(seed: 922)
        for number in 11...14 as ClosedRange<UInt64> {
            let writes = try state.applyAudited(
                [.revokeToken(ManagerSamples.revocation(UInt8(number)))], at: 1, random: &random
            ).writes
            try store.apply(ManagerChangeSet(id: CommitID(number), writes: writes))
            #expect(try audit.lastSequence() == number)
            #expect(try verify(folder.path).records == number)
        }
    }

    @Test func readingChangesNothing() throws {
        let before = try Data(contentsOf: URL(filePath: folder.database))
        _ = try verify(folder.path)
        #expect(try Data(contentsOf: URL(filePath: folder.database)) == before)
        // Nor does it keep the manager from its state.
        let store = try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: false)
        #expect(try store.load().audit.sequence == 10)
    }

    @Test(
        arguments: [
            "UPDATE audit_record SET hash = zeroblob(32) WHERE sequence = 3",
            "UPDATE audit_record SET record = (SELECT record FROM audit_record WHERE sequence = 5) WHERE sequence = 4",
            """
            UPDATE audit_record SET confidential = (SELECT confidential FROM audit_record WHERE sequence = 7)
            WHERE sequence = 5
            """,
            "UPDATE audit_record SET confidential = NULL",
            "UPDATE audit_record SET record = x'80' WHERE sequence = 2",
            "UPDATE audit_record SET sequence = 11 WHERE sequence = 1",
            "UPDATE audit_record SET sequence = sequence + 100 WHERE sequence > 4",
            "DELETE FROM audit_record WHERE sequence = 1", "DELETE FROM audit_record WHERE sequence = 9",
            "DELETE FROM audit_record WHERE sequence > 7",
            "INSERT INTO audit_record SELECT 12, record, confidential, hash FROM audit_record WHERE sequence = 10",
            "INSERT INTO audit_record SELECT 11, record, confidential, hash FROM audit_record WHERE sequence = 10",
            "UPDATE audit_checkpoint SET sequence = 7", "UPDATE audit_checkpoint SET time = time + 1",
            "UPDATE audit_checkpoint SET hash = (SELECT hash FROM audit_record WHERE sequence = 9)",
            "UPDATE audit_checkpoint SET signature = zeroblob(64)",
            "UPDATE identity SET credential = x'a0'",
        ])
    func everyChangeOfTheDatabaseIsFound(sql: String) throws {
        let copy = try damaged(sql)
        #expect(throws: AuditFault.self) { try verify(copy.path) }
    }

    /// One bit in any column of any row.
    @Test func everyByteOfEveryColumnCounts() throws {
        let columns = [
            ("audit_record", "record"), ("audit_record", "confidential"), ("audit_record", "hash"),
            ("audit_checkpoint", "hash"), ("audit_checkpoint", "signature"),
        ]
        let copy = try damaged("SELECT 1")
        let queue = try DatabaseQueue(path: copy.database)
        var count = 0
        for (table, column) in columns {
            let rows = try queue.read { db in
                try Row.fetchAll(db, sql: "SELECT sequence, \(column) FROM \(table) WHERE \(column) IS NOT NULL")
                    .map { (row: Row) -> (Int64, Data) in (row[0], row[1]) }
            }
            for (sequence, bytes) in rows {
                for offset in stride(from: 0, to: bytes.count, by: 11) {
                    var changed = [UInt8](bytes)
                    changed[offset] ^= 0x01
                    let update = "UPDATE \(table) SET \(column) = ? WHERE sequence = ?"
                    try queue.write { try $0.execute(sql: update, arguments: [Data(changed), sequence]) }
                    #expect(throws: AuditFault.self, "\(table) \(sequence), \(column), byte \(offset)") {
                        try verify(copy.path)
                    }
                    try queue.write { try $0.execute(sql: update, arguments: [bytes, sequence]) }
                    count += 1
                }
            }
        }
        #expect(count > 100)
        #expect(try verify(copy.path).records == 10)
    }

    @Test func anEndThatWasCutOffIsFoundWithACheckpointKeptElsewhere() throws {
        let kept = try StoredAudit(directory: folder.path).checkpoints()
        let copy = try damaged("DELETE FROM audit_record WHERE sequence > 5; DELETE FROM audit_checkpoint")
        let verdict = try verify(copy.path)
        #expect(verdict.records == 5 && verdict.signed == nil && verdict.kept == nil)
        #expect(throws: AuditFault.cutOff(after: 5, signed: 8)) { try verify(copy.path, kept: kept) }
    }

    @Test(arguments: ["manager-1", "manager-2", "manager-3"])
    func aDatabaseFromBeforeTheRecordHasNone(name: String) throws {
        let old = try FixtureTests.place(name)
        let audit = try StoredAudit(directory: old.path)
        #expect(try audit.lastSequence() == 0)
        #expect(try audit.records(from: 0, limit: 10).isEmpty)
        #expect(try audit.checkpoints().isEmpty)
        #expect(try audit.managerCredential() == ManagerSamples.identity.credential)
    }

    @Test func whatIsNoStateOfAManagerIsRefused() throws {
        let empty = try TemporaryFolder()
        #expect(throws: StoreError.missing(path: empty.database)) { _ = try StoredAudit(directory: empty.path) }
        _ = try SQLiteNodeStore(directory: empty.path, key: testKey(), mayCreate: true)
        #expect(throws: StoreError.wrongRole(path: empty.database, found: "node", expected: .manager)) {
            _ = try StoredAudit(directory: empty.path)
        }
        let foreign = try TemporaryFolder()
        try Data("no database at all, but long enough to be one".utf8).write(to: URL(filePath: foreign.database))
        #expect(throws: StoreError.self) { _ = try StoredAudit(directory: foreign.path) }
    }

    @Test(.requirement("GM-0487", "GM-0498"))
    func noSecretIsInTheTablesOfTheRecord() throws {
        let queue = try DatabaseQueue(path: folder.database)
        let dump = try queue.read { db in
            try ["audit_record", "audit_checkpoint"].flatMap { table in
                try Row.fetchAll(db, sql: "SELECT * FROM \(table)").flatMap { row in
                    row.databaseValues.flatMap { value -> [UInt8] in
                        if case .blob(let data) = value.storage { [UInt8](data) } else { [] }
                    }
                }
            }
        }
        let text = Hex.encode(dump) + String(decoding: dump, as: UTF8.self)
        #expect(text.contains("lights"), "the search finds nothing")
        for secret in ManagerSamples.secrets { #expect(!text.contains(Hex.encode(secret.prefix(6)))) }
    }
}
