import Foundation
import GRDB
import GroupManager
import MemberNode
import TestSupport
import Testing

@testable import Persistence

/// Backups of a manager, and what becomes of them.
struct ManagerRestorationTests {
    private let folder: TemporaryFolder
    private let backup: String

    init() throws {
        folder = try TemporaryFolder()
        backup = "\(folder.path)/backup"
        try open(folder, mayCreate: true).apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes))
    }

    private func open(_ folder: TemporaryFolder, mayCreate: Bool = false) throws -> SQLiteGroupStore {
        try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: mayCreate)
    }

    private func restore(
        _ folder: TemporaryFolder, from backup: String?, replaces: Bool = false, isDecided: Bool,
        observe: @escaping (ManagerRestoration.Step) -> Void = { _ in }
    ) throws -> String? {
        let restoration = try ManagerRestoration(
            directory: folder.path, backup: backup, replaces: replaces, key: testKey(), observe: observe)
        let writes: [ManagerWrite] = [.restore(RestoreRecord(since: 1_900_000_000))]
        return try restoration.finish(writes + (isDecided ? [.completeRestore] : []), at: "T")
    }

    private static let restored: ManagerSnapshot = {
        var snapshot = ManagerSamples.snapshot
        (snapshot.clients, snapshot.associations, snapshot.staleSenderIDs) = ([], [], [])
        for index in snapshot.invitations.indices where snapshot.invitations[index].barredAt == nil {
            snapshot.invitations[index].barredAt = 1_900_000_000
        }
        return snapshot
    }()

    /// While somebody writes, and the latest of it lies in the log.
    @Test(.requirement("GM-0396"))
    func aBackupHasWhatWasCommittedAndNothingThatIsReadable() throws {
        let running = try open(folder)
        try running.apply(ManagerChangeSet(.assignSenderID(ManagerSamples.assigned(77))))
        try ManagerBackup.write(from: folder.path, to: backup)
        try running.apply(ManagerChangeSet(.assignSenderID(ManagerSamples.assigned(78))))
        let mode = try FileManager.default.attributesOfItem(atPath: backup)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let bytes = try Data(contentsOf: URL(filePath: backup))
        for secret in ManagerSamples.secrets { #expect(!bytes.contains(Data(secret))) }
        let other = try TemporaryFolder()
        #expect(try restore(other, from: backup, isDecided: true) == nil)
        let assigned = try open(other).load().assignedSenderIDs.map(\.senderID)
        #expect(assigned.contains([77]) && !assigned.contains([78]))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy {
                $0 == "backup" || $0.hasPrefix("gosc.sqlite")
            })
    }

    @Test func aBackupIsNeverWrittenOverAFile() throws {
        try Data([1]).write(to: URL(filePath: backup))
        #expect(throws: StoreError.exists(path: backup)) { try ManagerBackup.write(from: folder.path, to: backup) }
        #expect(try Data(contentsOf: URL(filePath: backup)) == Data([1]))
        let empty = try TemporaryFolder()
        #expect(throws: StoreError.missing(path: empty.database)) {
            try ManagerBackup.write(from: empty.path, to: "\(empty.path)/b")
        }
        let node = try TemporaryFolder()
        try SQLiteNodeStore(directory: node.path, key: testKey(), mayCreate: true)
            .apply(NodeStoreCompatibility.samples)
        #expect(throws: StoreError.wrongRole(path: node.database, found: "node", expected: .manager)) {
            try ManagerBackup.write(from: node.path, to: "\(node.path)/b")
        }
        #expect(try !FileManager.default.contentsOfDirectory(atPath: node.path).contains { $0.hasPrefix("b") })
    }

    /// A copy in place: it is refused, then pending, then loads, and its own copies are copies.
    @Test(.requirement("GM-0396"))
    func aCopyBecomesTheOriginal() throws {
        let copy = try folder.copy()
        #expect(throws: StoreError.copied(path: copy.database, role: .manager)) { _ = try open(copy).load() }
        _ = try restore(copy, from: nil, isDecided: false)
        #expect(throws: StoreError.restorePending(path: copy.database)) { _ = try open(copy).load() }
        let second = try ManagerRestoration(directory: copy.path, backup: nil, replaces: false, key: testKey())
        #expect(second.isBegun)
        _ = try second.finish([.completeRestore], at: "T")
        #expect(try open(copy).load().sorted == Self.restored.sorted)
        let again = try copy.copy()
        #expect(throws: StoreError.copied(path: again.database, role: .manager)) { _ = try open(again).load() }
        #expect(try !ManagerRestoration(directory: again.path, backup: nil, replaces: false, key: testKey()).isBegun)
    }

    /// A healthy database must not be restored by mistake.
    @Test func oneSeesWhatWentBack() throws {
        func showsIt(_ folder: TemporaryFolder, _ backup: String? = nil) throws -> Bool {
            let restoration = try ManagerRestoration(
                directory: folder.path, backup: backup, replaces: true, key: testKey())
            defer { restoration.abandon() }
            return restoration.showsIt
        }
        #expect(try !showsIt(folder))
        try ManagerBackup.write(from: folder.path, to: backup)
        #expect(try showsIt(folder, backup) && !showsIt(folder))
        #expect(try showsIt(try folder.copy()))
        _ = try restore(folder, from: nil, isDecided: false)
        #expect(try showsIt(folder))
        _ = try ManagerRestoration(directory: folder.path, backup: nil, replaces: false, key: testKey())
            .finish([.completeRestore], at: "T")
        #expect(try !showsIt(folder))
    }

    /// Errors name the files that the operator has named, not those that the work is done in.
    @Test func errorsNameTheBackup() throws {
        #expect(throws: StoreError.unusable(path: "/nonexistent/b", code: ENOENT)) {
            try ManagerBackup.write(from: folder.path, to: "/nonexistent/b")
        }
        try ManagerBackup.write(from: folder.path, to: backup)
        let other = try TemporaryFolder()
        #expect(throws: StoreError.wrongSealingKey(path: backup)) {
            _ = try ManagerRestoration(directory: other.path, backup: backup, replaces: false, key: testKey(2))
        }
        let bytes = try Data(contentsOf: URL(filePath: backup))
        try bytes.prefix(bytes.count / 2).write(to: URL(filePath: backup))
        #expect(throws: StoreError.damaged(path: backup, part: "pages")) {
            _ = try restore(other, from: backup, isDecided: true)
        }
        let node = try TemporaryFolder()
        try SQLiteNodeStore(directory: node.path, key: testKey(), mayCreate: true)
            .apply(NodeStoreCompatibility.samples)
        #expect(throws: StoreError.wrongRole(path: node.database, found: "node", expected: .manager)) {
            _ = try restore(other, from: node.database, isDecided: true)
        }
    }

    @Test func nothingTakesThePlaceOfADatabaseUnasked() throws {
        try ManagerBackup.write(from: folder.path, to: backup)
        #expect(throws: StoreError.exists(path: folder.database)) {
            _ = try restore(folder, from: backup, isDecided: true)
        }
        #expect(try open(folder).load().sorted == ManagerSamples.snapshot.sorted)
        let aside = try restore(folder, from: backup, replaces: true, isDecided: true)
        #expect(aside == "\(folder.database).replaced-T")
        #expect(try open(folder).load().sorted == Self.restored.sorted)
        // And once more, at the same moment.
        #expect(try restore(folder, from: backup, replaces: true, isDecided: true) == "\(folder.database).replaced-T-2")
        let node = try TemporaryFolder()
        try SQLiteNodeStore(directory: node.path, key: testKey(), mayCreate: true)
            .apply(NodeStoreCompatibility.samples)
        #expect(throws: StoreError.wrongRole(path: node.database, found: "node", expected: .manager)) {
            _ = try restore(node, from: backup, replaces: true, isDecided: true)
        }
    }

    @Test func whatCannotBeUsedLeavesNothingBehind() throws {
        try ManagerBackup.write(from: folder.path, to: backup)
        let other = try TemporaryFolder()
        #expect(throws: StoreError.self) {
            _ = try ManagerRestoration(directory: other.path, backup: backup, replaces: false, key: testKey(2))
        }
        let garbage = "\(folder.path)/garbage"
        try Data(repeating: 7, count: 9_000).write(to: URL(filePath: garbage))
        #expect(throws: StoreError.foreign(path: garbage)) { _ = try restore(other, from: garbage, isDecided: true) }
        #expect(throws: StoreError.missing(path: "/nowhere")) {
            _ = try restore(other, from: "/nowhere", isDecided: true)
        }
        var bytes = try Data(contentsOf: URL(filePath: backup))
        bytes.replaceSubrange(4_096..<12_288, with: Data(repeating: 0xff, count: 8_192))
        try bytes.write(to: URL(filePath: garbage))
        #expect(throws: StoreError.self) { _ = try restore(other, from: garbage, isDecided: true) }
        let abandoned = try ManagerRestoration(
            directory: other.path, backup: backup, replaces: false, key: testKey())
        abandoned.abandon()
        #expect(try FileManager.default.contentsOfDirectory(atPath: other.path) == [])
    }

    /// What a manager finds that starts behind a crash at any step: the state from before, none, or the restored one. Never that
    /// of the backup.
    @Test(.requirement("GM-0396"), arguments: [false, true], [false, true])
    func aCrashAtNoStepMakesAnOldManagerServe(isDecided: Bool, isRunning: Bool) throws {
        try ManagerBackup.write(from: folder.path, to: backup)
        // The former one has gone on, and may have left a log behind.
        var former: SQLiteGroupStore? = try open(folder)
        try former?.apply(ManagerChangeSet(.assignSenderID(ManagerSamples.assigned(77))))
        let place = isRunning ? try folder.copy() : folder
        former = nil
        let now = try open(place).loadAnyway()
        var steps: [ManagerRestoration.Step] = []
        _ = try restore(place, from: backup, replaces: true, isDecided: isDecided) { step in
            steps.append(step)
            // As it would be found behind a crash here.
            let found = Result { try open(place).loadAnyway() }
            switch step {
            case .copied, .changed: #expect((try? found.get()) == now, "\(step)")
            case .formerSetAside, .formerLogSetAside: #expect(throws: StoreError.self) { _ = try found.get() }
            case .inPlace: #expect((try? found.get())?.pendingRestore != nil || isDecided)
            }
        }
        #expect(steps == ManagerRestoration.Step.allCases)
        if isDecided {
            #expect(try open(place).load().sorted == Self.restored.sorted)
        } else {
            #expect(throws: StoreError.restorePending(path: place.database)) { _ = try open(place).load() }
        }
        // The former one is whole, with its log.
        let aside = try TemporaryFolder()
        for (name, bytes) in try place.files() where name.hasPrefix("gosc.sqlite.replaced-T") {
            let name = name.replacing("gosc.sqlite.replaced-T", with: "gosc.sqlite")
            try bytes.write(to: URL(filePath: "\(aside.path)/\(name)"))
        }
        #expect(try open(aside).loadAnyway() == now)
    }

    /// A crash between the steps, and then the command again.
    @Test func anAttemptThatWasBrokenOffIsNoObstacle() throws {
        try ManagerBackup.write(from: folder.path, to: backup)
        let other = try TemporaryFolder()
        try Data([1, 2, 3]).write(to: URL(filePath: "\(other.database).restoring"))
        try Data([1, 2, 3]).write(to: URL(filePath: "\(other.database).restoring-wal"))
        try Data([1, 2, 3]).write(to: URL(filePath: "\(other.database)-wal"))
        #expect(throws: StoreError.damaged(path: other.database, part: "log without database")) {
            _ = try open(other, mayCreate: true)
        }
        _ = try restore(other, from: backup, isDecided: true)
        #expect(try open(other).load().sorted == Self.restored.sorted)
    }

    @Test func withoutARestoreACopyStaysOne() throws {
        let copy = try folder.copy()
        let restoration = try ManagerRestoration(directory: copy.path, backup: nil, replaces: false, key: testKey())
        _ = try restoration.finish([], at: "T")
        #expect(throws: StoreError.copied(path: copy.database, role: .manager)) { _ = try open(copy).load() }
    }
}
