import Foundation
import GRDB
import GroupManager
import MemberNode
import TestSupport
import Testing

@testable import Persistence

/// A database of the first schema in the hands of a later version.
struct MigrationTests {
    @Test(.requirement("GM-0491", "GM-0492", "GM-0493"))
    func householdIsTakenOver() throws {
        let folder = try FixtureTests.place("manager-1-household")
        var expected = ManagerState()
        try expected.apply(ManagerChangeSet(id: CommitID(1), writes: Household.writes))
        // The second time there is nothing left to do.
        for _ in 0..<2 {
            let store = try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: false)
            let snapshot = try store.loadAnyway()
            #expect(snapshot.sorted == expected.snapshot.sorted)
            #expect(try ManagerState(loading: snapshot) == expected)
        }
        // An old member is the client of its invitation.
        let lights = try #require(expected.groups["lights"])
        #expect(lights.member(ClientIdentity(invitation: Household.clientSenderID(0xab)))?.name == "lamp-171")
    }

    @Test(arguments: FixtureTests.managers)
    func stateThatLoadsIsWhatWasInIt(name: String) throws {
        let folder = try FixtureTests.place(name)
        var expected = ManagerState()
        let writes = [
            "manager-1": ManagerSamples.firstWrites, "manager-2": ManagerSamples.secondWrites,
            "manager-3": ManagerSamples.thirdWrites, "manager-4": ManagerSamples.fourthWrites,
            "manager-5": ManagerSamples.fifthWrites, "manager-6": ManagerSamples.sixthWrites,
        ]
        try expected.apply(ManagerChangeSet(id: CommitID(1), writes: writes[name] ?? ManagerSamples.writes))
        let store = try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: false)
        #expect(try ManagerState(loading: store.loadAnyway()) == expected)
    }

    @Test(.requirement("GM-0395", "GM-0214"))
    func whatWasTakenOverIsGuarded() throws {
        let folder = try FixtureTests.place("manager-1-household")
        let store = try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: false)
        let other = ClientIdentity(invitation: [9])
        for (write, error) in [
            (.assignSenderID(ManagerSamples.assigned(2)), .senderIDTaken),
            (
                .assignNodeName(NodeNameRecord(groupName: "lights", nodeName: "lamp-171", client: other)),
                .nodeNameTaken
            ),
        ] as [(ManagerWrite, ManagerWriteError)] {
            #expect(throws: GroupStoreFailure.guardFailed(error)) { try store.apply(ManagerChangeSet(write)) }
        }
        for sql in ["UPDATE node_name SET client = 'x'", "DELETE FROM node_name", "DELETE FROM assigned_sender_id"] {
            #expect(throws: DatabaseError.self) { try store.file.write { try $0.execute(sql: sql) } }
        }
        // Foreign keys are checked again behind the step.
        #expect(throws: DatabaseError.self) {
            try store.file.write { try $0.execute(sql: "UPDATE member SET group_name = 'nowhere'") }
        }
    }

    @Test(.requirement("GM-0498"))
    func oldAnswersLeaveTheFile() throws {
        let folder = try FixtureTests.place("manager-1-household")
        let queue = try DatabaseQueue(path: folder.database)
        let answers = try queue.read { try Data.fetchAll($0, sql: "SELECT sealed_join_answer FROM member") }
        try queue.close()
        let before = try Data(contentsOf: URL(filePath: folder.database))
        #expect(answers.count == 3 && answers.allSatisfy { before.contains($0) })
        do {
            _ = try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: false)
        }
        let files = try folder.files().values
        for answer in answers {
            #expect(!files.contains { $0.contains(answer.prefix(16)) })
            #expect(!files.contains { $0.contains(answer.suffix(16)) })
        }
    }

    @Test func stepThatFailsChangesNothing() throws {
        let folder = try FixtureTests.place("manager-1-household")
        // The same client twice in one group: no manager has written that.
        let queue = try DatabaseQueue(path: folder.database)
        try queue.write { db in
            try db.execute(sql: "UPDATE member SET client_sender_id = x'01'")
        }
        #expect(throws: StoreError.damaged(path: folder.database, part: "schema")) {
            _ = try SQLiteGroupStore(directory: folder.path, key: testKey(), mayCreate: false)
        }
        let counts = try queue.read { db in
            try ["grdb_migrations", "member WHERE sealed_join_answer IS NOT NULL"].map {
                try Int.fetchOne(db, sql: "SELECT count(*) FROM \($0)")
            }
        }
        #expect(counts == [2, 3])
    }

    @Test(arguments: [Schema.manager, .node])
    func versionOfTheFirstSchemaRefusesALaterDatabase(schema: Schema) throws {
        let folder = try TemporaryFolder()
        do {
            _ = try StoreFile(directory: folder.path, schema: schema, key: testKey(), mayCreate: true)
        }
        let before = try folder.files()
        let first = Schema(role: schema.role, steps: Array(schema.steps.prefix(1)))
        #expect(throws: StoreError.newerVersion(path: folder.database)) {
            _ = try StoreFile(directory: folder.path, schema: first, key: testKey(), mayCreate: false)
        }
        #expect(try folder.files() == before)
    }

    @Test func reservationOfAnOldMembershipBelongsToItsSenderID() throws {
        let folder = try FixtureTests.place("node-1")
        let store = try SQLiteNodeStore(directory: folder.path, key: testKey(), mayCreate: false)
        #expect(throws: DatabaseError.self) {
            try store.file.write { try $0.execute(sql: "UPDATE membership SET reserved_end = 255") }
        }
        try store.apply(
            NodeChangeSet(.saveToken(NodeSamples.token()), .saveSenderID(groupID: [1, 2, 3], senderID: [7])))
        var expected = NodeSamples.secondState
        expected.membership?.senderID = [7]
        expected.membership?.reservedEnd = 0
        expected.usedSenderIDs.append(NodeSamples.used(7))
        #expect(try store.loadAnyway() == expected)
    }
}
