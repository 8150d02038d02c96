import GRDB
import Glibc
import GroupManager
import MemberNode
import OSCORE
import TestSupport
import Testing

@testable import Persistence

/// What survives when a process ends without a word.
struct DurabilityTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test(.requirement("GM-0495"))
    func appliedChangesAreInTheFilesAtOnce() throws {
        let store = try SQLiteNodeStore(directory: folder.path, key: testKey(), mayCreate: true)
        try store.apply(NodeStoreCompatibility.samples)
        for end in [513, 600, 700] as [UInt64] {
            try store.apply(NodeChangeSet(.reserveAssociation(end: end)))
            // The files as a crash would leave them now.
            let crashed = try folder.copy()
            let state = try SQLiteNodeStore(directory: crashed.path, key: testKey(), mayCreate: false).loadAnyway()
            #expect(state.association?.reservedEnd == end)
        }
    }

    @Test func failingStoreFailsAtTheChosenCommitsOnly() throws {
        let store = FailingNodeStore(InMemoryNodeStore(), failingAt: [2])
        try store.apply(NodeStoreCompatibility.samples)
        let change = NodeChangeSet(.reserveAssociation(end: 1024))
        #expect(throws: NodeCommitFailure.storage) { try store.apply(change) }
        #expect(try store.load() == NodeSamples.state)
        try store.apply(change)
        #expect(try store.load().association?.reservedEnd == 1024)

        let groups = FailingGroupStore(InMemoryGroupStore(), failingAt: [1])
        let samples = ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes)
        #expect(throws: GroupStoreFailure.storage(.unusable(path: "the failing store", code: EIO))) {
            try groups.apply(samples)
        }
        #expect(try groups.load() == ManagerSnapshot())
        try groups.apply(samples)
        #expect(try groups.load().sorted == ManagerSamples.snapshot.sorted)
    }

    @Test func fullDiskChangesNothing() throws {
        let store = try SQLiteNodeStore(directory: folder.path, key: testKey(), mayCreate: true)
        try store.apply(NodeStoreCompatibility.samples)
        try store.file.write { try $0.execute(sql: "PRAGMA max_page_count = 1") }
        let many = (0..<200).map { NodeSamples.peer(UInt8($0)) }
        #expect(throws: NodeCommitFailure.storage) {
            try store.apply(NodeChangeSet(.reserveAssociation(end: 1024), .savePeers(many)))
        }
        #expect(try store.load() == NodeSamples.state)
    }

    /// Not a number of SQLite's, which would be read as another reason.
    @Test func aManagerIsToldThatItsDiskIsFull() throws {
        let store = try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: true)
        try store.apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes))
        try store.file.write { try $0.execute(sql: "PRAGMA max_page_count = 1") }
        let many = (50...255).map { ManagerWrite.assignSenderID(ManagerSamples.assigned($0)) }
        let failure = #expect(throws: GroupStoreFailure.self) {
            try store.apply(ManagerChangeSet(id: CommitID(2), writes: many))
        }
        #expect(failure == .storage(.unusable(path: folder.database, code: ENOSPC)))
        guard case .storage(let error) = failure else { return }
        #expect(error.reason == "No space left on device" && error.description.contains("No space left on device"))
    }

    #if GOSC_TEST_GUARDS
        @Test func withoutTheGuardOfTheDemoNumbersAndWindowsAreNotKept() async {
            // In a process of its own: a guard stays off for the rest of a process.
            await #expect(processExitsWith: .success) {
                let folder = try TemporaryFolder()
                let store = try SQLiteNodeStore(directory: folder.path, key: testKey(), mayCreate: true)
                TestGuards.switchOff(.durability)
                try store.apply(NodeStoreCompatibility.samples)
                var forgetful = NodeSamples.state
                forgetful.association?.reservedEnd = NodeSamples.association().reservedEnd
                forgetful.membership?.reservedEnd = NodeSamples.membership().reservedEnd
                forgetful.windows = []
                try #require(try store.load() == forgetful)
            }
        }
    #endif
}
