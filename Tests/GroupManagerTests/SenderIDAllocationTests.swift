import ACEGroupcomm
import CoAP
import GroupManager
import TestSupport
import Testing

struct SenderIDAllocationTests {
    private struct Assignment: Hashable {
        let groupID: [UInt8]
        let senderID: [UInt8]
    }

    // A slow model beside the engine: whatever a node was ever told is written down, and may not come again.
    @Test(
        .requirement(
            "GM-0233", "GM-0241", "GM-0243", "GM-0394", "GM-0395", "GM-0130", "GOSC-0040", "GOSC-0325",
            "GOSC-0326"),
        arguments: [1, 2, 3, 4] as [UInt64])
    func senderIDIsNeverHandedOutTwiceUnderOneGid(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let manager = try TestManager(seed: seed &* 1_000)
        var waiting: [(node: TestNode, request: JoinRequest)] = []
        var told: [Assignment: [UInt8]] = [:]
        for group in ["a", "b"] { try manager.createGroup(group) }
        for step in 0..<250 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let group = Bool.random(using: &random) ? "a" : "b"
                let node = try TestNode(
                    try manager.invite("n\(step)", to: group), seed: seed &* 10_000 &+ UInt64(step))
                waiting.append((node, try node.joinRequest(manager)))
            case 5:
                try manager.restart()
            default:
                guard let index = waiting.indices.randomElement(using: &random) else { continue }
                let (node, request) = waiting[index]
                manager.failsNextCommit = Bool.random(using: &random)
                let answer = try node.join(manager, request)
                manager.failsNextCommit = false
                guard answer.code == .created else {
                    #expect(answer.code == .internalServerError, "seed \(seed), step \(step)")
                    continue
                }
                let key = try JoinResponse(decoding: answer.payload.span).key
                let assignment = Assignment(groupID: key.groupID, senderID: try #require(key.senderID))
                let owner = told.updateValue(node.idContext, forKey: assignment)
                // The same node may be told again; nobody else ever.
                #expect(owner == nil || owner == node.idContext, "seed \(seed), step \(step): \(assignment)")
            }
        }
        #expect(told.count > 20, "the test has to reach what it tests")
        let assigned = manager.store.snapshot.assignedSenderIDs
        #expect(Set(assigned.map { Assignment(groupID: $0.groupID, senderID: $0.senderID) }) == Set(told.keys))
    }

    @Test(.requirement("GM-0240", "GM-0244"))
    func identifiersAreShortAndNeverEmpty() throws {
        let manager = try TestManager(seed: 121)
        try manager.createGroup()
        var snapshot = manager.store.snapshot
        let gid = try #require(snapshot.groups.first).groupID
        // All of one byte but 7f; and one of another Gid and one of another group, which do not count.
        snapshot.assignedSenderIDs = (0...255).filter { $0 != 0x7f }.map {
            AssignedSenderIDRecord(groupName: "g7", groupID: gid, senderID: [$0])
        }
        snapshot.assignedSenderIDs += [
            AssignedSenderIDRecord(groupName: "g7", groupID: [1], senderID: [0x7f]),
            AssignedSenderIDRecord(groupName: "other", groupID: gid, senderID: [0x7f]),
        ]
        try manager.restart(with: snapshot)
        var senderIDs: [[UInt8]?] = []
        for index in 0..<3 {
            let node = try TestNode(try manager.invite("n\(index)"), seed: 123 + UInt64(index))
            let answer = try node.join(manager)
            senderIDs.append(try JoinResponse(decoding: answer.payload.span).key.senderID)
        }
        #expect(senderIDs == [[0x7f], [0, 0], [0, 1]])
    }
}
