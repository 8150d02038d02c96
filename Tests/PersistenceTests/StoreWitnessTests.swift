import Foundation
import GroupManager
import Synchronization
import TestSupport
import Testing

@testable import Persistence

/// What is written down beside the sealing key.
struct StoreWitnessTests {
    private let folder: TemporaryFolder
    private let witness: StoreWitness
    private let first = AuditPosition(sequence: 7, hash: pattern(1, count: 32))
    private let second = AuditPosition(sequence: .max, hash: pattern(2, count: 32))

    init() throws {
        folder = try TemporaryFolder()
        witness = StoreWitness(beside: "\(folder.path)/manager.key", managerCredential: [1, 2, 3])
    }

    @Test(.requirement("GM-0396"))
    func whatWasWrittenLastIsRead() throws {
        #expect(try witness.read() == nil)
        for position in [first, second] {
            try witness.write(position)
            #expect(try witness.read() == position)
        }
        let mode = try FileManager.default.attributesOfItem(atPath: witness.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        // No draft is left.
        #expect(try folder.files().count == 1)
        // One key may serve several managers.
        let other = StoreWitness(beside: "\(folder.path)/manager.key", managerCredential: [1, 2, 4])
        #expect(try other.read() == nil)
    }

    /// Never taken for a place in the record, and so never for an earlier one.
    @Test(arguments: [0, 1, 20, 80, 200])
    func whatIsDamagedIsRefused(count: Int) throws {
        try witness.write(first)
        var bytes = try Data(contentsOf: URL(filePath: witness.path))
        bytes = count < bytes.count ? bytes.prefix(count) : bytes + Data(repeating: 0x30, count: count - bytes.count)
        try bytes.write(to: URL(filePath: witness.path))
        #expect(throws: StoreError.damaged(path: witness.path, part: "the line in it")) { try witness.read() }
    }

    @Test func whereThereIsNoPlaceThatIsSaid() throws {
        let nowhere = StoreWitness(beside: "\(folder.path)/nowhere/manager.key", managerCredential: [])
        #expect(throws: StoreError.unusable(path: nowhere.path, code: ENOENT)) { try nowhere.write(first) }
        #expect(try nowhere.read() == nil)
    }

    /// Only what is durable, and only where it matters: a request costs no second sync.
    @Test(.requirement("GM-0396"))
    func itIsKeptBehindNewKeysAndAtTheEnd() throws {
        let kept = Kept()
        let store = InMemoryGroupStore()
        let witnessed = WitnessedGroupStore(store) { kept.add($0) }
        let records = ManagerSamples.auditRecords
        witnessed.keepLatest()
        try witnessed.apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.fourthWrites))
        #expect(kept.positions.isEmpty)
        try witnessed.apply(ManagerChangeSet(.appendAudit(records[0])))
        #expect(kept.positions.isEmpty)
        // What the store refuses is not kept.
        #expect(throws: GroupStoreFailure.self) {
            try witnessed.apply(
                ManagerChangeSet(.rekeyGroup(ManagerSamples.rekeying(version: 7)), .appendAudit(records[1])))
        }
        #expect(kept.positions.isEmpty)
        try witnessed.apply(
            ManagerChangeSet(.rekeyGroup(ManagerSamples.rekeying()), .appendAudit(records[1])))
        #expect(kept.positions == [AuditPosition(sequence: 2, hash: records[1].hash)])
        witnessed.keepLatest()
        #expect(kept.positions.count == 2 && kept.positions[0] == kept.positions[1])
        #expect(try witnessed.load().sorted == store.load().sorted)
    }

    private final class Kept: Sendable {
        private let list = Mutex<[AuditPosition]>([])
        var positions: [AuditPosition] { list.withLock(\.self) }
        func add(_ position: AuditPosition) { list.withLock { $0.append(position) } }
    }
}
