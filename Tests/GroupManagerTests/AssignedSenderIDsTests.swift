import ACEGroupcomm
import Bytes
import GroupManager
import TestSupport
import Testing

/// What a manager keeps of the Sender IDs that it handed out, beside a table of the plain records.
struct AssignedSenderIDsTests {
    /// Records as no manager would write them, too: without owner or time, with times out of range, with identifiers of any
    /// length, from clocks that go back; inserted, taken back in another order than they came, loaded in any order.
    @Test(.requirement("GM-0233", "GM-0241", "GM-0495"), arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func theyAreExactlyWhatWasInserted(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let manager = try TestManager(seed: seed)
        try manager.createGroup()
        let empty = manager.store
        var state = empty
        var model: [[UInt8]: (record: AssignedSenderIDRecord, undo: [ManagerUndo])] = [:]
        for step in 0..<2_000 {
            if Int.random(in: 0..<3, using: &random) == 0, let (senderID, known) = model.randomElement(using: &random) {
                state.undo(known.undo)
                model[senderID] = nil
            } else {
                let record = Self.record(groupID: Fixture.groupID, using: &random)
                if model[record.senderID] == nil {
                    model[record.senderID] = (record, try state.apply([.assignSenderID(record)]))
                } else {
                    let before = state
                    #expect(throws: ManagerWriteError.senderIDTaken) { try state.apply([.assignSenderID(record)]) }
                    let isUnchanged = state == before
                    #expect(isUnchanged)
                }
            }
            guard step % 100 == 0 else { continue }
            let records = model.values.map(\.record)
            #expect(Set(state.snapshot.assignedSenderIDs) == Set(records))
            #expect(state.snapshot.assignedSenderIDs.count == records.count)
            var snapshot = empty.snapshot
            snapshot.assignedSenderIDs = records.shuffled(using: &random)
            let isSame = try ManagerState(loading: snapshot) == state
            #expect(isSame, "seed \(seed), step \(step)")
        }
        #expect(model.count > 100)
        for known in model.values { state.undo(known.undo) }
        let isEmpty = state == empty
        #expect(isEmpty)
    }

    /// The lowest identifier that is not there, whatever else is, and whoever has it.
    @Test(.requirement("GM-0241", "GM-0243"), arguments: [1, 2, 3] as [UInt64])
    func theLowestFreeOneIsNext(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let fixture = try Fixture(seed: 400 + seed)
        try fixture.manager.change { snapshot in
            var taken: Set<[UInt8]> = []
            for _ in 0..<500 {
                let record = Self.record(groupID: Fixture.groupID, using: &random)
                if taken.insert(record.senderID).inserted { snapshot.assignedSenderIDs.append(record) }
            }
        }
        let places = (0...255).map { [UInt8($0)] } + (0...255).map { [0, UInt8($0)] }
        for number in 0..<8 {
            let taken = Set(fixture.manager.store.snapshot.assignedSenderIDs.map(\.senderID))
            _ = try fixture.member("n\(number)")
            #expect(fixture.manager.member("n\(number)")?.senderID == places.first { !taken.contains($0) })
        }
    }

    private static func record(
        groupID: [UInt8], using random: inout SeededGenerator
    ) -> AssignedSenderIDRecord {
        let count = [0, 1, 1, 2, 2, 3].randomElement(using: &random) ?? 1
        // Few of each length, so that they meet.
        let senderID = (0..<count).map { index in index == 0 ? UInt8.random(in: 0...127, using: &random) : 7 }
        let times: [UInt64?] = [nil, 0, 5, 1_800_000_000, 1 << 47, .max, .random(in: 0..<1_000, using: &random)]
        let owner = [nil, "a", "b"].randomElement(using: &random) ?? nil
        return AssignedSenderIDRecord(
            groupName: "g7", groupID: groupID, senderID: senderID,
            client: owner.map { ClientIdentity(stored: "as\nsub:\($0)") },
            assignedAt: times.randomElement(using: &random) ?? nil)
    }
}
