import Foundation
import GroupManager
import TestSupport
import Testing

@testable import Persistence

/// The file that says who is out.
struct DepartureJournalTests {
    private let folder: TemporaryFolder
    private let path: String
    private let entries: [DepartureEntry] = [
        .evicted(ManagerSamples.eviction()),
        .departed(groupName: "g\"7", name: "läm\np", client: ClientIdentity(stored: "as\nsub:a/b"), at: .max),
        .invitationRevoked(groupName: "g7", name: "lamp", clientSenderID: [0, 1, 255], at: 0),
        .tokenRevoked(ManagerSamples.revocation()),
    ]

    init() throws {
        folder = try TemporaryFolder()
        path = "\(folder.path)/journal"
    }

    private func text() throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    @Test(.requirement("GM-0396"))
    func whatWasWrittenIsRead() throws {
        for entry in entries { try DepartureJournal(path: path).append([entry]) }
        try DepartureJournal(path: path).append(entries)
        try DepartureJournal(path: path).append([])
        #expect(try DepartureJournal.entries(in: path) == entries + entries)
        #expect(try text().split(separator: "\n").count == 8)
        #expect(
            try text().hasPrefix(
                #"{"client":"gosc\nsub:06020304050607","event":"evicted","group":"vents","name":"lamp-6","#))
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    /// Two managers on one journal would take each other's lines for halves of their own.
    @Test func aJournalBelongsToOneProcess() throws {
        do {
            let journal = try DepartureJournal(path: path)
            #expect(throws: StoreError.busy(path: path)) { _ = try DepartureJournal(path: path) }
            try journal.append([entries[0]])
            // Nor is it read while somebody may add to it.
            #expect(throws: StoreError.busy(path: path)) { _ = try DepartureJournal.entries(in: path) }
            withExtendedLifetime(journal) {}
        }
        try DepartureJournal(path: path).append([entries[1]])
        #expect(try DepartureJournal.entries(in: path) == Array(entries.prefix(2)))
    }

    /// Nothing of half a line counts, because the departure was not made before the line was whole.
    @Test func halfALineAtTheEndIsPassedOver() throws {
        try DepartureJournal(path: path).append(entries)
        let whole = try Data(contentsOf: URL(filePath: path))
        let first = try #require(whole.firstIndex(of: 10)) + 1
        for count in 0..<whole.count {
            try whole.prefix(count).write(to: URL(filePath: path))
            let read = try DepartureJournal.entries(in: path)
            #expect(read == Array(entries.prefix(read.count)) && read.isEmpty == (count < first), "\(count)")
        }
        // And is gone before the next one.
        try whole.prefix(first + 5).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        try DepartureJournal(path: path).append([entries[3]])
        #expect(try DepartureJournal.entries(in: path) == [entries[0], entries[3]])
    }

    @Test(arguments: [
        "{}", "", "evicted", #"{"event":"evicted","time":1,"group":"g","name":"n"}"#,
        #"{"event":"promoted","time":1,"group":"g","name":"n","client":"c"}"#,
        #"{"event":"departed","time":-1,"group":"g","name":"n","client":"c"}"#,
        #"{"event":"token-revoked","time":1,"token":"xy"}"#,
        #"{"event":"invitation-revoked","time":1,"group":"g","name":"n","invitation":"0"}"#,
    ])
    func aLineThatIsNoneIsNotPassedOver(line: String) throws {
        try DepartureJournal(path: path).append(entries)
        let text = try text()
        try Data((text + line + "\n" + text).utf8).write(to: URL(filePath: path))
        #expect(throws: StoreError.damaged(path: path, part: "line 5")) {
            _ = try DepartureJournal.entries(in: path)
        }
    }

    @Test func aFileThatCannotBeWrittenIsAnError() throws {
        #expect(throws: StoreError.missing(path: path)) { _ = try DepartureJournal.entries(in: path) }
        #expect(throws: StoreError.self) { _ = try DepartureJournal(path: "\(folder.path)/no/journal") }
        try Data().write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        #expect(throws: StoreError.exposed(path: path)) { _ = try DepartureJournal(path: path) }
        #expect(throws: StoreError.damaged(path: "/dev/null", part: "no regular file")) {
            _ = try DepartureJournal(path: "/dev/null")
        }
    }

    /// A file that was named by mistake is neither emptied nor written to.
    @Test(arguments: [
        (#"{"half"#, 1), (#"{"client":7}"#, 1), (#"{"event":"login","user":"x"}"#, 1), ("hello", 1), ("hello\n", 1),
        ("\n", 1), ("{}\n", 1), ("LINE\nhello", 2), ("LINE\nhello\nLINE\n", 2), ("LINE\n\nLINE", 2),
    ])
    func anotherFileIsRefusedAndLeftAsItIs(text: String, line: Int) throws {
        try DepartureJournal(path: path).append([entries[0]])
        let bytes = Data(text.replacing("LINE", with: try self.text().dropLast()).utf8)
        try bytes.write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        let damaged = StoreError.damaged(path: path, part: "line \(line)")
        #expect(throws: damaged) { _ = try DepartureJournal(path: path) }
        #expect(throws: damaged) { _ = try DepartureJournal.entries(in: path) }
        #expect(try Data(contentsOf: URL(filePath: path)) == bytes)
    }

    /// No departure without its line; a line without its departure may be.
    @Test(.requirement("GM-0396"))
    func theJournalComesFirst() throws {
        let store = InMemoryGroupStore()
        try store.apply(ManagerChangeSet(id: CommitID(1), writes: ManagerSamples.writes))
        let removal = ManagerChangeSet(
            id: CommitID(2), writes: [.removeMember(ManagerSamples.member().key)], departures: [entries[0]])
        let full = JournaledGroupStore(store) { _ throws(StoreError) in throw .unusable(path: "x", code: ENOSPC) }
        #expect(throws: GroupStoreFailure.storage(.unusable(path: "x", code: ENOSPC))) { try full.apply(removal) }
        #expect(try store.load().sorted == ManagerSamples.snapshot.sorted)
        let failing = FailingGroupStore(store, failingAt: [1])
        // Opened each time, since nobody reads one that is open.
        let journaled = JournaledGroupStore(failing) { [path] entries throws(StoreError) in
            try DepartureJournal(path: path).append(entries)
        }
        #expect(throws: GroupStoreFailure.self) { try journaled.apply(removal) }
        #expect(try DepartureJournal.entries(in: path) == [entries[0]])
        #expect(try store.load().sorted == ManagerSamples.snapshot.sorted)
        try journaled.apply(removal)
        #expect(try DepartureJournal.entries(in: path) == [entries[0], entries[0]])
        #expect(try journaled.load().members.count == ManagerSamples.snapshot.members.count - 1)
    }
}
