import ACEGroupcomm
import CoAP
import CoAPEngine
import GroupManager
import TestSupport
import Testing

/// How many Sender IDs one client gets, and what it costs to find one.
struct SenderIDLimitTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 431) {
            $0.senderIDsPerClient = ManagerSettings().senderIDsPerClient
            $0.senderIDPeriod = ManagerSettings().senderIDPeriod
        }
        manager = fixture.manager
    }

    /// A request an hour, for ten days: with any rate of requests a group would be empty some day.
    @Test(.requirement("GM-0351", "GM-0367"))
    func oneClientDoesNotUseUpTheSenderIDsOfAGroup() throws {
        let client = try fixture.member("a")
        var assigned = 1
        for hour in 0..<240 {
            #expect(manager.pass(.seconds(3_540)) == [])
            if hour.isMultiple(of: 20) { try manager.restart() }
            try renewToken(client)
            let answer =
                hour.isMultiple(of: 2)
                ? try client.ask(manager, .post, "ace-group/g7/nodes/a")
                : try client.join(manager, group: "g7", roles: .requester, nonce: [UInt8(hour)])
            if answer.code.isSuccess {
                assigned += 1
            } else {
                #expect(answer.code == .serviceUnavailable && answer.problem == 4)
                #expect(try #require(answer.options.maxAge) > 86_400)
            }
        }
        #expect(assigned == 16 && manager.store.snapshot.assignedSenderIDs.count == 16)
        // It stays what it is, and others are served.
        #expect(try client.ask(manager, .get, "ace-group/g7/num").code == .content)
        _ = try fixture.member("b")
    }

    /// Who leaves and comes back, or comes under another association, is the same client.
    @Test(.requirement("GM-0351"))
    func leavingDoesNotHelp() throws {
        let client = try fixture.client("a", [("g7", 6), ("g8", 6)])
        var codes: [Code] = []
        for index in 0..<20 {
            let answer = try client.join(manager, group: "g7", roles: .requester, nonce: [UInt8(index)])
            codes.append(answer.code)
            guard answer.code == .created else { continue }
            #expect(try client.ask(manager, .delete, "ace-group/g7/nodes/a").code == .deleted)
        }
        #expect(codes == [Code](repeating: .created, count: 16) + [Code](repeating: .tooManyRequests, count: 4))
        try client.upload(manager)
        #expect(try client.join(manager, group: "g7", roles: .requester, nonce: [99]).code == .tooManyRequests)
        // Others are not kept out.
        #expect(try fixture.client("b", [("g7", 6)]).join(manager, group: "g7", roles: .requester).code == .created)
        // It gets on slowly, by a departure a day.
        _ = manager.pass(.seconds(86_400 - 1))
        try renewToken(client)
        #expect(try client.join(manager, group: "g7", roles: .requester, nonce: [100]).options.maxAge == 1)
        _ = manager.pass(.seconds(1))
        #expect(try client.join(manager, group: "g7", roles: .requester, nonce: [101]).code == .created)
    }

    /// A new Gid has all identifiers again.
    @Test(.requirement("GM-0233", "GM-0351"))
    func aNewGidStartsAnew() throws {
        let client = try fixture.member("a")
        for _ in 0..<15 { #expect(try client.ask(manager, .post, "ace-group/g7/nodes/a").code == .content) }
        #expect(try client.ask(manager, .post, "ace-group/g7/nodes/a").problem == 4)
        try manager.change { snapshot in
            let index = try #require(snapshot.groups.firstIndex { $0.name == "g7" })
            snapshot.groups[index].groupID = hex("b10001")
        }
        #expect(try client.ask(manager, .post, "ace-group/g7/nodes/a").code == .content)
    }

    /// What a store of an earlier version holds says not whose it is, and is nobody's debt.
    @Test(.requirement("GM-0395"))
    func whatHasNoOwnerCountsForNobody() throws {
        let client = try fixture.member("a")
        try manager.change { snapshot in
            snapshot.assignedSenderIDs = (0..<200).map {
                AssignedSenderIDRecord(groupName: "g7", groupID: Fixture.groupID, senderID: [$0])
            }
        }
        #expect(try client.ask(manager, .post, "ace-group/g7/nodes/a").code == .content)
        #expect(manager.member("a")?.senderID == [200])
    }

    /// With identifiers handed out in any order, and taken back: always the lowest that is free.
    @Test(.requirement("GM-0233", "GM-0241", "GM-0243"), arguments: UInt64(1)...3)
    func theLowestFreeOneIsNext(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let client = try fixture.member("first", in: "g8")
        var taken: Set<UInt8> = []
        try manager.change { snapshot in
            while taken.count < 120 { taken.insert(.random(in: 0...255, using: &random)) }
            snapshot.assignedSenderIDs = taken.shuffled(using: &random).map {
                AssignedSenderIDRecord(groupName: "g7", groupID: Fixture.groupID, senderID: [$0])
            }
        }
        try renewToken(client)
        for index in 1..<12 {
            let lowest = try #require((0...255).first { !taken.contains($0) })
            manager.failsNextCommit = index.isMultiple(of: 3)
            let isFailing = manager.failsNextCommit
            let answer = try client.join(manager, group: "g7", roles: .requester, nonce: [UInt8(index)])
            guard !isFailing else {
                #expect(answer.code == .serviceUnavailable)
                continue
            }
            #expect(manager.member("first")?.senderID == [lowest], "seed \(seed)")
            taken.insert(lowest)
        }
    }

    /// Keeps a client going whose token has ended meanwhile.
    private func renewToken(_ client: TestClient) throws {
        client.material = OSCOREInputMaterial(
            id: client.bytes(8), masterSecret: client.bytes(16), salt: client.bytes(8))
        client.token = try fixture.token(for: client, client.name, [("g7", 6), ("g8", 6)])
        try client.upload(manager)
    }
}
