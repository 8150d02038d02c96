import CryptoPrimitives
import Foundation
import GRDB
import GroupManager
import MemberNode
import TestSupport
import Testing

@testable import Persistence

/// How a database is opened, and what is refused before a byte of it changes.
struct OpeningTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func synchronousReadsBackFull() throws {
        let store = try openNode()
        try store.apply(NodeStoreCompatibility.samples)
        let values = try store.file.read { db in
            try ["synchronous", "foreign_keys", "temp_store"].map {
                try Int.fetchOne(db, sql: "PRAGMA \($0)")
            }
        }
        #expect(values == [2, 1, 2])
        #expect(try store.file.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
    }

    @Test func checkCatchesWhatGRDBLeavesBehind() throws {
        // Just what StoreFile opens, without its own step.
        let queue = try DatabaseQueue(path: folder.database, configuration: StoreFile.configuration())
        try queue.inDatabase { db in
            #expect(try Int.fetchOne(db, sql: "PRAGMA synchronous") == 1, "GRDB has changed: look at Durability again")
            #expect(throws: StoreError.notDurable(path: "x")) { try Durability.requireFull(db, path: "x") }
            try Durability.demandFull(db)
            try Durability.requireFull(db, path: "x")
        }
    }

    @Test(arguments: ["synchronous = NORMAL", "synchronous = OFF", "foreign_keys = OFF", "journal_mode = DELETE"])
    func checkCatches(setting: String) throws {
        let queue = try DatabaseQueue(path: folder.database, configuration: StoreFile.configuration())
        try queue.inDatabase { db in
            try Durability.demandFull(db)
            try db.execute(sql: "PRAGMA \(setting)")
            #expect(throws: StoreError.notDurable(path: "x")) { try Durability.requireFull(db, path: "x") }
        }
    }

    @Test(arguments: [false, true])
    func wrongKeyChangesNothing(logIsLeft: Bool) throws {
        var store: SQLiteNodeStore? = try openNode()
        try store?.apply(NodeStoreCompatibility.samples)
        // With the store open, the folder is what a crash leaves: most of the state is in the log.
        let crashed = try folder.copy()
        store = nil
        let place = logIsLeft ? crashed : folder
        let before = try place.files()
        #expect(before.keys.contains("gosc.sqlite-wal") == logIsLeft)
        #expect(throws: StoreError.wrongSealingKey(path: place.database)) {
            _ = try SQLiteNodeStore(directory: place.path, key: testKey(2), mayCreate: true)
        }
        #expect(try place.files() == before)
        #expect(
            try SQLiteNodeStore(directory: place.path, key: testKey(), mayCreate: false).loadAnyway()
                == NodeSamples.state)
    }

    @Test func databaseOfTheOtherRoleIsRefused() throws {
        _ = try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: true)
        let before = try folder.files()
        #expect(throws: StoreError.wrongRole(path: folder.database, found: "manager", expected: .node)) {
            _ = try SQLiteNodeStore(directory: folder.path, key: testKey(), mayCreate: true)
        }
        #expect(try folder.files() == before)
        let other = try TemporaryFolder()
        _ = try SQLiteNodeStore(directory: other.path, key: testKey(), mayCreate: true)
        #expect(throws: StoreError.wrongRole(path: other.database, found: "node", expected: .manager)) {
            _ = try SQLiteGroupStore(directory: other.path, key: testKey(), mayCreate: true)
        }
    }

    @Test func newerDatabaseIsRefused() throws {
        _ = try openNode()
        try change("INSERT INTO grdb_migrations (identifier) VALUES ('node 999')")
        let before = try folder.files()
        #expect(throws: StoreError.newerVersion(path: folder.database)) { _ = try openNode() }
        #expect(try folder.files() == before)
    }

    @Test func foreignFilesAreRefused() throws {
        try Data("Dear diary, today I was not a database at all.".utf8).write(to: URL(filePath: folder.database))
        #expect(throws: StoreError.foreign(path: folder.database)) { _ = try openNode() }
        let other = try TemporaryFolder()
        let queue = try DatabaseQueue(path: other.database)
        try queue.write { try $0.execute(sql: "CREATE TABLE diary (day TEXT)") }
        try queue.close()
        let before = try other.files()
        #expect(throws: StoreError.foreign(path: other.database)) {
            _ = try SQLiteNodeStore(directory: other.path, key: testKey(), mayCreate: true)
        }
        #expect(try other.files() == before)
    }

    @Test func missingDatabaseIsMadeOnlyIfAskedFor() throws {
        #expect(throws: StoreError.missing(path: folder.database)) {
            _ = try SQLiteNodeStore(directory: folder.path, key: testKey(), mayCreate: false)
        }
        #expect(try folder.files().isEmpty)
        _ = try openNode()
        _ = try SQLiteNodeStore(directory: folder.path, key: testKey(), mayCreate: false)
    }

    @Test func creationThatWasInterruptedGoesOn() throws {
        // Before SQLite wrote anything, and before the first step of the schema.
        try Data().write(to: URL(filePath: folder.database))
        #expect(try openNode().load().identity == nil)
        let other = try TemporaryFolder()
        let queue = try DatabaseQueue(path: other.database, configuration: StoreFile.configuration())
        try queue.write { try $0.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)") }
        try queue.close()
        let store = try SQLiteNodeStore(directory: other.path, key: testKey(), mayCreate: true)
        try store.apply(NodeStoreCompatibility.samples)
        #expect(try store.load() == NodeSamples.state)
    }

    @Test func logWithoutItsDatabaseIsNoNewDatabase() throws {
        let store = try openNode()
        try store.apply(NodeStoreCompatibility.samples)
        let crashed = try folder.copy()
        try FileManager.default.removeItem(atPath: crashed.database)
        #expect(throws: StoreError.damaged(path: crashed.database, part: "log without database")) {
            _ = try SQLiteNodeStore(directory: crashed.path, key: testKey(), mayCreate: true)
        }
    }

    @Test(.requirement("GM-0498"))
    func allFilesArePrivate() throws {
        let store = try openNode()
        try store.apply(NodeStoreCompatibility.samples)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.contains("gosc.sqlite-wal"))
        for name in names {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/\(name)")
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(name)")
        }
    }

    @Test func databaseThatAnotherProcessHoldsIsBusy() throws {
        let other = try DatabaseQueue(path: folder.database)
        try other.inTransaction(.immediate) { _ in
            #expect(throws: StoreError.busy(path: folder.database)) {
                _ = try StoreFile(directory: folder.path, schema: .node, key: testKey(), mayCreate: true, patience: 0)
            }
            return .rollback
        }
        // Afterwards it goes on as if nothing had been.
        try openNode().apply(NodeStoreCompatibility.samples)
    }

    @Test func pathMayHaveAnyLetters() throws {
        let path = "\(folder.path)/a b?c#d%20é"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        try SQLiteNodeStore(directory: path, key: testKey(), mayCreate: true).apply(NodeStoreCompatibility.samples)
        let store = try SQLiteNodeStore(directory: path, key: testKey(), mayCreate: false)
        #expect(try store.load() == NodeSamples.state)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a b?c#d%20é"])
    }

    @Test func missingFolderIsAnError() throws {
        #expect(throws: StoreError.unusable(path: "/nonexistent/gosc.sqlite", code: 2)) {
            _ = try SQLiteNodeStore(directory: "/nonexistent", key: testKey(), mayCreate: true)
        }
    }

    @Test func everyErrorNamesTheFileAndWhatToDo() {
        let errors: [StoreError] = [
            .missing(path: "/p/x"), .wrongSealingKey(path: "/p/x"),
            .wrongRole(path: "/p/x", found: "node", expected: .manager), .newerVersion(path: "/p/x"),
            .foreign(path: "/p/x"), .damaged(path: "/p/x", part: "t.c"), .copied(path: "/p/x", role: .node),
            .copied(path: "/p/x", role: .manager), .restorePending(path: "/p/x"), .exists(path: "/p/x"),
            .notDurable(path: "/p/x"), .busy(path: "/p/x"), .exposed(path: "/p/x"),
            .unusable(path: "/p/x", code: EACCES),
        ]
        for error in errors {
            #expect(error.description.contains("/p/x"))
            #expect(!error.description.contains("\n"))
            #expect(error.at("/other").description == error.description.replacing("/p/x", with: "/other"))
        }
        #expect(errors.last?.description.contains("Permission denied") == true)
        #expect(Set(errors.map(\.description)).count == errors.count)
    }

    private func openNode() throws -> SQLiteNodeStore {
        try SQLiteNodeStore(directory: folder.path, key: testKey(), mayCreate: true)
    }

    private func change(_ sql: String) throws {
        let queue = try DatabaseQueue(path: folder.database)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }
}
