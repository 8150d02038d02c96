import Foundation
import GroupManager
import MemberNode
import TestSupport
import Testing

@testable import Persistence

/// Databases that earlier versions wrote. They are never written again: each new step of a schema adds a pair.
struct FixtureTests {
    static let managers = ["manager-1", "manager-2", "manager-3", "manager-4", "manager-5", "manager-6", "manager-7"]
    static let nodes = ["node-1", "node-2", "node-3", "node-4"]

    @Test(arguments: managers)
    func databaseOfAnEarlierManagerLoads(name: String) throws {
        let folder = try Self.place(name)
        let store = try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: false)
        let expected = [
            "manager-1": ManagerSamples.firstSnapshot, "manager-2": ManagerSamples.secondSnapshot,
            "manager-3": ManagerSamples.thirdSnapshot, "manager-4": ManagerSamples.fourthSnapshot,
            "manager-5": ManagerSamples.fifthSnapshot, "manager-6": ManagerSamples.sixthSnapshot,
        ]
        #expect(try store.loadAnyway() == expected[name] ?? ManagerSamples.snapshot)
        // A checkout is a copy.
        #expect(throws: StoreError.copied(path: folder.database, role: .manager)) { _ = try store.load() }
        try store.apply(ManagerChangeSet(.assignSenderID(ManagerSamples.assigned(77))))
        #expect(throws: GroupStoreFailure.guardFailed(.senderIDTaken)) {
            try store.apply(ManagerChangeSet(.assignSenderID(ManagerSamples.assigned())))
        }
    }

    @Test(arguments: nodes)
    func databaseOfAnEarlierNodeLoads(name: String) throws {
        let folder = try Self.place(name)
        let store = try SQLiteNodeStore(directory: folder.path, key: testKey(), mayCreate: false)
        let expected = [
            "node-1": NodeSamples.firstState, "node-2": NodeSamples.secondState, "node-3": NodeSamples.thirdState,
        ]
        #expect(try store.loadAnyway() == expected[name] ?? NodeSamples.state)
        // A checkout is a copy.
        #expect(throws: StoreError.copied(path: folder.database, role: .node)) { _ = try store.load() }
        try store.apply(NodeChangeSet(.reserveAssociation(end: 1024)))
    }

    /// Writes the fixtures of the present schema; with `GOSC_WRITE_FIXTURES=<folder>` they stay there. The present version
    /// has its pair already, so a schema that has gained a step without one is noticed here.
    @Test func writeFixtures() throws {
        let scratch = try TemporaryFolder()
        let target = ProcessInfo.processInfo.environment["GOSC_WRITE_FIXTURES"] ?? scratch.path
        let folder = try TemporaryFolder()
        try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: true)
            .apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes))
        let other = try TemporaryFolder()
        try SQLiteNodeStore(directory: other.path, key: testKey(), mayCreate: true)
            .apply(NodeStoreCompatibility.samples)
        let manager = "manager-\(Schema.manager.steps.count)"
        let node = "node-\(Schema.node.steps.count)"
        for (source, name) in [(folder, manager), (other, node)] {
            // Never over an old one.
            try FileManager.default.copyItem(atPath: source.database, toPath: "\(target)/\(name).sqlite")
        }
        #expect(Self.managers.last == manager)
        #expect(Self.nodes.last == node)
    }

    /// A fixture in a folder of its own, as `gosc.sqlite`.
    static func place(_ name: String) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let source = try #require(Bundle.module.path(forResource: "Fixtures/\(name)", ofType: "sqlite"))
        try Data(contentsOf: URL(filePath: source)).write(to: URL(filePath: folder.database))
        return folder
    }
}
