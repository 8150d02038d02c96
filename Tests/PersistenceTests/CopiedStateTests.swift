import Foundation
import GroupManager
import MemberNode
import TestSupport
import Testing

@testable import Persistence

/// Architecture §4.2: a node uses copied state neither for sending nor for accepting.
struct CopiedStateTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try SQLiteNodeStore(directory: folder.path, key: testKey(), mayCreate: true)
            .apply(NodeStoreCompatibility.samples)
    }

    @Test func copyIsNotLoaded() throws {
        let copy = try folder.copy()
        let store = try SQLiteNodeStore(directory: copy.path, key: testKey(), mayCreate: false)
        #expect(throws: StoreError.copied(path: copy.database, role: .node)) { _ = try store.load() }
        // It stays one, and the original is none.
        #expect(throws: StoreError.copied(path: copy.database, role: .node)) {
            _ = try SQLiteNodeStore(directory: copy.path, key: testKey(), mayCreate: false).load()
        }
        #expect(try original().load() == NodeSamples.state)
    }

    @Test func copyOfARunningNodeIsNotLoaded() throws {
        let running = try original()
        try running.apply(NodeChangeSet(.reserveAssociation(end: 1024)))
        let copy = try folder.copy()
        let store = try SQLiteNodeStore(directory: copy.path, key: testKey(), mayCreate: false)
        #expect(throws: StoreError.copied(path: copy.database, role: .node)) { _ = try store.load() }
    }

    @Test func copyThatWasPutBackIsNotLoaded() throws {
        let backup = try folder.copy()
        try original().apply(NodeChangeSet(.reserveAssociation(end: 1024)))
        try FileManager.default.removeItem(atPath: folder.database)
        try FileManager.default.copyItem(atPath: backup.database, toPath: folder.database)
        #expect(throws: StoreError.copied(path: folder.database, role: .node)) { _ = try original().load() }
    }

    @Test func movedFolderIsLoaded() throws {
        let place = try TemporaryFolder()
        let target = "\(place.path)/moved"
        try FileManager.default.moveItem(atPath: folder.path, toPath: target)
        let store = try SQLiteNodeStore(directory: target, key: testKey(), mayCreate: false)
        #expect(try store.load() == NodeSamples.state)
    }

    @Test func copiedManagerIsRefused() throws {
        let place = try TemporaryFolder()
        try SQLiteGroupStore(directory: place.path, key: testKey(), mayCreate: true)
            .apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes))
        let copy = try place.copy()
        let store = try SQLiteGroupStore(directory: copy.path, key: testKey(), mayCreate: false)
        #expect(throws: StoreError.copied(path: copy.database, role: .manager)) { _ = try store.load() }
        #expect(try store.loadAnyway() == ManagerSamples.snapshot)
    }

    @Test func fileIsKnownByInodeAndBirth() {
        let birth = FileIdentity.Birth(seconds: -1, nanoseconds: 999_999_999)
        let file = FileIdentity(inode: 7, birth: birth, device: 1)
        #expect(file.isSameFile(as: FileIdentity(inode: 7, birth: birth, device: 2)))
        #expect(!file.isSameFile(as: FileIdentity(inode: 8, birth: birth, device: 1)))
        let reborn = FileIdentity.Birth(seconds: 0, nanoseconds: 0)
        #expect(!file.isSameFile(as: FileIdentity(inode: 7, birth: reborn, device: 1)))
        let ageless = FileIdentity(inode: 7, birth: nil, device: 1)
        #expect(ageless.isSameFile(as: file))
        #expect(!ageless.isSameFile(as: FileIdentity(inode: 7, birth: nil, device: 2)))
        for identity in [file, ageless, FileIdentity(inode: .max, birth: reborn, device: .max)] {
            #expect(FileIdentity(decoding: identity.encoded.span) == identity)
            for count in 0..<identity.encoded.count {
                #expect(FileIdentity(decoding: identity.encoded.span.extracting(first: count)) == nil)
            }
        }
    }

    private func original() throws -> SQLiteNodeStore {
        try SQLiteNodeStore(directory: folder.path, key: testKey(), mayCreate: false)
    }
}
