import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

struct SenderIDAllocationTests {
    private struct Assignment: Hashable {
        let groupID: [UInt8]
        let senderID: [UInt8]
    }

    // A slow model beside the engine: whatever a client was ever told is written down, and may not come again.
    @Test(
        .requirement(
            "GM-0130", "GM-0213", "GM-0233", "GM-0241", "GM-0242", "GM-0243", "GM-0343", "GM-0394", "GM-0395",
            "GM-0491", "GM-0492", "GM-0495", "GOSC-0040", "GOSC-0325", "GOSC-0326"),
        arguments: [1, 2, 3, 4] as [UInt64])
    func senderIDIsNeverHandedOutTwiceUnderOneGid(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let fixture = try Fixture(seed: seed &* 1_000) { $0.departureWindow = .zero }
        let manager = fixture.manager
        try manager.rekeyAtOnce()
        var clients: [(name: String, client: TestClient, group: String)] = []
        var told: [Assignment: String] = [:]
        /// What each group must hold, as far as answers have said.
        var model: [String: [String: [UInt8]]] = ["g7": [:], "g8": [:]]
        func note(_ id: [UInt8]?, under gid: [UInt8]?, _ name: String, _ group: String, isRepetition: Bool) throws {
            let (id, gid) = (try #require(id), try #require(gid))
            let owner = told.updateValue(name, forKey: Assignment(groupID: gid, senderID: id))
            #expect(owner == nil || isRepetition && owner == name, "seed \(seed): \(id)")
            model[group]?[name] = id
        }
        for step in 0..<400 {
            guard let (name, client, group) = clients.randomElement(using: &random),
                Int.random(in: 0..<5, using: &random) > 0
            else {
                let group = Bool.random(using: &random) ? "g7" : "g8"
                clients.append(("n\(step)", try fixture.client("n\(step)", [(group, 6)]), group))
                continue
            }
            manager.failsNextCommit = Int.random(in: 0..<4, using: &random) == 0
            let isFailing = manager.failsNextCommit
            defer { manager.failsNextCommit = false }
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                manager.failsNextCommit = false
                try manager.restart()
            case 1...4:
                let nonce = Bool.random(using: &random) ? [1] : client.bytes(4)
                let answer = try client.join(manager, group: group, roles: .requester, nonce: nonce)
                if answer.code == .unauthorized {
                    try client.upload(manager)
                } else if isFailing {
                    #expect(answer.code == .serviceUnavailable)
                } else {
                    #expect(answer.code == (model[group]?[name] == nil ? .created : .changed))
                    let key = try answer.map[8]?.mapValue
                    let id = key?[7]?.byteString
                    try note(id, under: key?[6]?.byteString, name, group, isRepetition: id == model[group]?[name])
                }
            case 5, 6:
                let gid = manager.store.groups[group]?.record.groupID
                let answer = try client.ask(manager, .post, "ace-group/\(group)/nodes/\(name)")
                guard answer.code == .content else { continue }
                #expect(!isFailing)
                try note(try answer.map[21]?.byteString, under: gid, name, group, isRepetition: false)
            default:
                let answer = try client.ask(manager, .delete, "ace-group/\(group)/nodes/\(name)")
                guard answer.code == .deleted else { continue }
                #expect(!isFailing)
                model[group]?[name] = nil
            }
            for (group, members) in model {
                let records = try #require(manager.store.groups[group]).members.values
                let stored = Dictionary(
                    uniqueKeysWithValues: records.compactMap { record in record.senderID.map { (record.name, $0) } })
                #expect(stored == members, "seed \(seed), step \(step)")
            }
        }
        #expect(told.count > 40, "the test has to reach what it tests")
        #expect(manager.store.groups.values.reduce(0) { $0 + $1.record.version } > 2)
        for (group, members) in model {
            let record = try #require(manager.store.groups[group]).record
            let assigned = manager.store.snapshot.assignedSenderIDs
            // Of former Gids nothing is left.
            #expect(assigned.allSatisfy { $0.groupName != group || $0.groupID == record.groupID })
            let taken = Set(assigned.filter { $0.groupName == group }.map(\.senderID))
            let given = Set(told.keys.filter { $0.groupID == record.groupID }.map(\.senderID))
            #expect(given.union(members.values).isSubset(of: taken))
            // Whatever is taken and is nobody's any more is stale, and nothing else.
            #expect(Set(manager.stale(group)[record.version] ?? []) == taken.subtracting(members.values))
        }
    }

    @Test(.requirement("GM-0099", "GM-0240", "GM-0244"))
    func identifiersAreShortAndNeverEmpty() throws {
        let fixture = try Fixture(seed: 121)
        let manager = fixture.manager
        // A nonce of 7 bytes leaves room for one byte of Sender ID.
        try manager.createGroup("short") {
            $0.groupMode = GroupKeyMap.GroupMode(
                encryption: .aesCCM_64_64_128, signature: .edDSA, signatureParameters: .ed25519)
        }
        try manager.change { snapshot in
            let gid = try #require(snapshot.groups.first { $0.name == "short" }).groupID
            snapshot.assignedSenderIDs = (0...255).flatMap { number in
                [
                    AssignedSenderIDRecord(groupName: "g7", groupID: Fixture.groupID, senderID: [number]),
                    // All but 7f; that of another Gid and that of another group do not count.
                    AssignedSenderIDRecord(
                        groupName: "short", groupID: number == 0x7f ? [1] : gid, senderID: [number]),
                ]
            }
        }
        var senderIDs: [[UInt8]?] = []
        for index in 0..<3 {
            _ = try fixture.member("n\(index)")
            senderIDs.append(manager.member("n\(index)")?.senderID)
        }
        #expect(senderIDs == [[0, 0], [0, 1], [0, 2]])
        _ = try fixture.member("last", in: "short")
        #expect(manager.member("last", in: "short")?.senderID == [0x7f])
        let late = try fixture.client("late", [("short", 6)])
        #expect(try late.join(manager, group: "short", roles: .requester).problem == 4)
    }

    /// A freed identifier stays taken until the Gid changes, and no longer.
    @Test(.requirement("GM-0233", "GM-0241", "GM-0343", "GM-0394", "GOSC-0327"))
    func aFreedIdentifierWaitsForANewGid() throws {
        let fixture = try Fixture(seed: 122)
        let manager = fixture.manager
        let (first, second) = (try fixture.member("a"), try fixture.member("b"))
        _ = try fixture.member("c")
        #expect(try first.ask(manager, .delete, "ace-group/g7/nodes/a").code == .deleted)
        let groupID = try #require(manager.store.groups["g7"]).record.groupID
        #expect(groupID != Fixture.groupID)
        // So soon after the first the next one waits, and what it leaves with it.
        #expect(try second.ask(manager, .delete, "ace-group/g7/nodes/b").code == .deleted)
        _ = try fixture.member("d")
        _ = try fixture.member("e")
        #expect(manager.member("d")?.senderID == [0] && manager.member("e")?.senderID == [3])
        #expect(manager.store.groups["g7"]?.record.groupID == groupID)
        _ = manager.pass(.seconds(10))
        #expect(manager.store.groups["g7"]?.record.groupID != groupID)
        #expect(manager.member("c")?.senderID == [2])
        _ = try fixture.member("f")
        #expect(manager.member("f")?.senderID == [1])
    }
}
