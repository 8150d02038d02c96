import Bytes
import Foundation
import GRDB
import MemberNode
import TestSupport
import Testing

@testable import Persistence

/// The state of nodes without a manager.
struct UnmanagedStoreTests {
    private static let record = UnmanagedRecord(
        senderID: [0x25], description: SecretField(copying: Array("a context with its keys".utf8).span))

    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func open(mayCreate: Bool = false) throws -> SQLiteUnmanagedStore {
        try SQLiteUnmanagedStore(directory: folder.path, key: testKey(), mayCreate: mayCreate)
    }

    private func filled() throws {
        try open(mayCreate: true).save(Self.record)
    }

    @Test func whatWasSavedIsLoadedOnceAndForAll() throws {
        let store = try open(mayCreate: true)
        #expect(try store.load() == nil)
        try store.save(Self.record)
        #expect(try open().load() == Self.record)
        var other = Self.record
        other.senderID = [0x52]
        #expect(throws: StoreError.self) { try open().save(other) }
        #expect(try open().load() == Self.record)
    }

    @Test(.requirement("OSC-0075"))
    func reservationsAreThereAfterEveryStartAndNeverGoBack() throws {
        try filled()
        let store = try open()
        for end in [256, 512, 1 << 40] as [UInt64] {
            try store.reserve(below: end)
            #expect(try open().load()?.reservedEnd == end)
        }
        // What was reserved already is somebody else's: two endpoints of one description would use the same numbers.
        for end in [1, 511, (1 << 40) - 1, 1 << 40, (1 << 40) + 1, .max] as [UInt64] {
            #expect(throws: StoreError.self) { try store.reserve(below: end) }
            #expect(try open().load()?.reservedEnd == 1 << 40)
        }
    }

    @Test func nothingIsReservedWhereNothingWasSaved() throws {
        let store = try open(mayCreate: true)
        #expect(throws: StoreError.self) { try store.reserve(below: 256) }
    }

    @Test func copiesAreNotLoaded() throws {
        try filled()
        let copy = try folder.copy()
        let store = try SQLiteUnmanagedStore(directory: copy.path, key: testKey(), mayCreate: false)
        #expect(throws: StoreError.copied(path: copy.database, role: .unmanagedNode)) { _ = try store.load() }
        #expect(try store.loadAnyway() == Self.record)
        #expect(try open().load() == Self.record)
    }

    @Test func noFileHoldsTheContext() throws {
        try filled()
        let files = try folder.files().values
        #expect(!files.isEmpty)
        #expect(!files.contains { $0.contains(Data("context with".utf8)) })
    }

    /// One kind of node is never opened as the other, and the file tells which it is without its key.
    @Test func theRoleStaysWhatItIs() throws {
        #expect(try StoreRole.found(in: folder.path) == nil)
        try filled()
        #expect(try StoreRole.found(in: folder.path) == .unmanagedNode)
        let before = try folder.files()
        #expect(
            throws: StoreError.wrongRole(path: folder.database, found: "unmanaged node", expected: .node)
        ) { _ = try SQLiteNodeStore(directory: folder.path, key: testKey(), mayCreate: true) }
        #expect(try folder.files() == before)
        let other = try TemporaryFolder()
        _ = try SQLiteNodeStore(directory: other.path, key: testKey(), mayCreate: true)
        #expect(try StoreRole.found(in: other.path) == .node)
        #expect(
            throws: StoreError.wrongRole(path: other.database, found: "node", expected: .unmanagedNode)
        ) { _ = try SQLiteUnmanagedStore(directory: other.path, key: testKey(), mayCreate: true) }
        #expect(throws: StoreError.wrongSealingKey(path: folder.database)) {
            _ = try SQLiteUnmanagedStore(directory: folder.path, key: testKey(2), mayCreate: false)
        }
    }

    @Test(arguments: [
        "UPDATE context SET sender_id = x'52'", "DELETE FROM context", "DELETE FROM reservation",
        "UPDATE reservation SET reserved_end = 0", "INSERT INTO reservation VALUES (2, 0)",
    ])
    func theSchemaItselfHoldsTheRules(sql: String) throws {
        try filled()
        try open().reserve(below: 256)
        let queue = try DatabaseQueue(path: folder.database)
        #expect(throws: DatabaseError.self) { try queue.write { try $0.execute(sql: sql) } }
        try queue.close()
        #expect(try open().load()?.reservedEnd == 256)
    }

    /// A database that the first version wrote loads for ever.
    @Test func databaseOfAnEarlierVersionLoads() throws {
        let place = try TemporaryFolder()
        let source = try #require(Bundle.module.path(forResource: "Fixtures/unmanaged-1", ofType: "sqlite"))
        try Data(contentsOf: URL(filePath: source)).write(to: URL(filePath: place.database))
        let store = try SQLiteUnmanagedStore(directory: place.path, key: testKey(), mayCreate: false)
        var expected = Self.record
        expected.reservedEnd = 256
        #expect(try store.loadAnyway() == expected)
        // A checkout is a copy.
        #expect(throws: StoreError.copied(path: place.database, role: .unmanagedNode)) { _ = try store.load() }
        #expect(Schema.unmanagedNode.steps.count == 1, "the new version needs its fixture")
    }

    /// Writes that fixture; with `GOSC_WRITE_FIXTURES=<folder>` it stays there, never over an old one.
    @Test func writeFixture() throws {
        let scratch = try TemporaryFolder()
        let target = ProcessInfo.processInfo.environment["GOSC_WRITE_FIXTURES"] ?? scratch.path
        try filled()
        try open().reserve(below: 256)
        try FileManager.default.copyItem(
            atPath: folder.database, toPath: "\(target)/unmanaged-\(Schema.unmanagedNode.steps.count).sqlite")
    }
}
