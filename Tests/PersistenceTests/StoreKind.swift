import Foundation
import GroupManager

@testable import Persistence

/// The stores that the compatibility suites run against. A further store is a further case.
enum StoreKind: CaseIterable, Sendable {
    case sqlite
    case inMemory
}

/// A folder of a test, private and removed behind it.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "gosc-\(UUID().uuidString)").path()
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The database in it.
    var database: String { "\(path)/gosc.sqlite" }

    /// The bytes of every file but the index of the log, which has nothing of its own.
    func files() throws -> [String: Data] {
        var result: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: path) where !name.hasSuffix("-shm") {
            result[name] = try Data(contentsOf: URL(filePath: "\(path)/\(name)"))
        }
        return result
    }

    /// Copies all files into another folder, as they are at this moment.
    func copy() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for (name, bytes) in try files() { try bytes.write(to: URL(filePath: "\(folder.path)/\(name)")) }
        return folder
    }
}

/// A place for one store, which can be opened again and again.
final class StoreBench {
    private let kind: StoreKind
    private let folder: TemporaryFolder
    private let groupStore = InMemoryGroupStore()
    private let nodeStore = InMemoryNodeStore()

    init(_ kind: StoreKind) throws {
        self.kind = kind
        self.folder = try TemporaryFolder()
    }

    func openGroupStore() throws -> any GroupStore {
        switch kind {
        case .sqlite: try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: true)
        case .inMemory: groupStore
        }
    }

    /// What a store holds, also while a restore is pending.
    func snapshot(of store: any GroupStore) throws -> ManagerSnapshot {
        if let store = store as? SQLiteGroupStore { try store.loadAnyway() } else { try store.load() }
    }

    func openNodeStore() throws -> any NodeStore {
        switch kind {
        case .sqlite: try SQLiteNodeStore(directory: folder.path, key: testKey(), mayCreate: true)
        case .inMemory: nodeStore
        }
    }
}
