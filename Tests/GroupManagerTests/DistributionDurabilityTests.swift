import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import GroupManager
import TestSupport
import Testing

/// What becomes of a distribution when the manager or its disk fails.
struct DistributionDurabilityTests {
    private static let names: [(String, Roles)] = [
        ("lamp-1", .responder), ("lamp-2", .responder), ("lamp-3", .responder), ("switch", .requester),
    ]

    /// The power goes after each input, with and without what was under way to the disk; all are told in the end, with numbers
    /// that no message had before.
    @Test(.requirement("GM-0304", "GM-0317", "GM-0336", "GM-0493", "GM-0495"), arguments: [false, true])
    func aCrashAtAnyStepResumes(keepsCommit: Bool) throws {
        for step in 0..<8 {
            let group = try ControlledGroup(Self.names, seed: UInt64(step))
            let manager = group.manager
            manager.holdsCommits = true
            _ = manager.administer(.post, "gosc/groups/g7/rekey")
            // The commits are: keys, numbers, confirmations, numbers, confirmations. Half of the steps lose what is on the wire.
            var wire: [OutgoingDatagram] = []
            for _ in 0..<step {
                if manager.heldCommit != nil {
                    wire += manager.finishCommit()
                } else {
                    let arrived = wire
                    wire = []
                    let answers = try arrived.compactMap { datagram -> ([UInt8], from: SocketAddress)? in
                        guard let member = group.places[datagram.destination],
                            let answer = try member.receive(datagram.bytes)
                        else { return nil }
                        return (answer, from: member.address)
                    }
                    wire += manager.deliver(answers)
                }
            }
            let held = manager.heldCommit
            try manager.loseThePower(keepingCommit: keepsCommit)
            manager.holdsCommits = false
            try group.pass(.seconds(10))
            let version = try #require(manager.store.groups["g7"]?.record.version)
            #expect(version == (step > 0 || keepsCommit ? 1 : 0), "\(step)")
            #expect(group.confirmed.count == 4, "\(step) \(held.map { "\($0.writes.count)" } ?? "-")")
            // Each message was verified once: no number came again.
            for member in group.members {
                #expect(Set(member.datagrams).count == member.requests.count, "\(step) \(member.name)")
                #expect(try member.keys.allSatisfy { $0.version == 1 })
            }
            #expect(group.outcomes.count <= 1)
        }
    }

    /// Behind a restart the manager knows where members were heard from last, which need not be where they joined from.
    @Test(.requirement("GM-0317", "GM-0493"))
    func theLatestAddressSurvivesARestart() throws {
        let group = try ControlledGroup(Self.names)
        let manager = group.manager
        let lamp = try group["lamp-1"]
        let commits = manager.engine.counters.commits
        for port in [30_000, 30_001] as [UInt16] {
            let elsewhere = SocketAddress(.loopback, port: port)
            for _ in 0..<3 {
                let datagram = try lamp.association.protect(TestClient.message(.get, "ace-group/g7/num"))
                #expect(try lamp.association.open(manager.deliver(datagram, from: elsewhere)).code == .content)
            }
            group.places[elsewhere] = lamp
        }
        // It was written with the marks of the requests, once for each address.
        let located = manager.history.flatMap { effect -> [ManagerWrite] in
            guard case .commit(let changes) = effect else { return [] }
            return changes.writes.filter { if case .locateClient = $0 { true } else { false } }
        }
        #expect(located.count == 2 && manager.engine.counters.commits == commits + 6)
        group.places[lamp.address] = nil
        group.places[SocketAddress(.loopback, port: 30_000)] = nil
        try group.restart()
        try group.rekey()
        try group.pass(.seconds(8))
        #expect(lamp.requests.count == 1)
        #expect(group.outcomes == [ControlledGroup.outcome(1, 4)])
    }

    /// Whoever is thrown out right behind a restart is told there, too.
    @Test(.requirement("GM-0347", "GM-0493"))
    func anEvictionIsToldAtTheLatestAddress() throws {
        let group = try ControlledGroup(Self.names)
        let lamp = try group["lamp-1"]
        let elsewhere = SocketAddress(.loopback, port: 30_000)
        let datagram = try lamp.association.protect(TestClient.message(.get, "ace-group/g7/num"))
        #expect(try lamp.association.open(group.manager.deliver(datagram, from: elsewhere)).code == .content)
        group.places[lamp.address] = nil
        group.places[elsewhere] = lamp
        try group.restart()
        #expect(try group.manager.ask(.delete, "gosc/groups/g7/members/lamp-1").code == .deleted)
        try group.deliver(group.manager.sentByAdministration)
        try group.pass(.seconds(9))
        #expect(lamp.requests.map(\.code) == [.delete])
    }

    /// A disk that is full in the middle: nobody is told twice, and what was confirmed is written when there is room.
    @Test(.requirement("GM-0317", "GM-0369"))
    func confirmationsSurviveAFullDisk() throws {
        let group = try ControlledGroup(Self.names)
        let manager = group.manager
        manager.holdsCommits = true
        _ = manager.administer(.post, "gosc/groups/g7/rekey")
        var sent = manager.finishCommit()
        sent += manager.finishCommit()
        #expect(sent.count == 3)
        // They confirm; that cannot be stored, again and again.
        let answers = try sent.map { datagram in
            let member = try #require(group.places[datagram.destination])
            return (try #require(try member.receive(datagram.bytes)), from: member.address)
        }
        #expect(manager.deliver(answers) == [])
        for _ in 0..<5 {
            #expect(manager.heldCommit?.writes.count == 3)
            manager.failsNextCommit = true
            #expect(manager.finishCommit() == [])
            // Not at once: the disk has other things to do.
            #expect(manager.heldCommit == nil && group.confirmed == [])
            #expect(manager.pass(.milliseconds(999)) == [] && manager.heldCommit == nil)
            _ = manager.pass(.milliseconds(1))
        }
        manager.holdsCommits = false
        try group.deliver(manager.finishCommit())
        #expect(group.confirmed.count == 4)
        #expect(group.told == ["switch"] && group.members.allSatisfy { $0.datagrams.count == 1 })
        #expect(group.outcomes == [ControlledGroup.outcome(1, 4)])
    }

    /// Numbers that cannot be stored are not used, and the distribution waits for them.
    @Test(.requirement("GM-0493", "GM-0495"))
    func nothingLeavesWithoutDurableNumbers() throws {
        let group = try ControlledGroup(Self.names)
        let manager = group.manager
        manager.holdsCommits = true
        _ = manager.administer(.post, "gosc/groups/g7/rekey")
        #expect(manager.finishCommit() == [])
        for _ in 0..<4 {
            manager.failsNextCommit = true
            #expect(manager.finishCommit() == [])
            #expect(manager.pass(.seconds(1)) == [])
            #expect(manager.heldCommit?.writes.count == 3)
        }
        manager.holdsCommits = false
        try group.deliver(manager.finishCommit())
        #expect(group.outcomes == [ControlledGroup.outcome(1, 4)])
    }

    @Test(.requirement("GM-0337"))
    func newerKeysTakeTheOthersPlace() throws {
        let group = try ControlledGroup(Self.names)
        let manager = group.manager
        // Of the first keys nothing arrives but at one, whose answer comes late.
        try group["lamp-2"].respond = { _ in nil }
        var lost = true
        group.loses = { _ in lost }
        try group.rekey()
        lost = false
        try group.pass(.milliseconds(500))
        let late = try #require(
            manager.history.compactMap { if case .send(let datagram) = $0 { datagram } else { nil } }
                .first { $0.destination == group.members[0].address })
        let answer = try #require(try group.members[0].receive(late.bytes))
        try group["lamp-2"].respond = { _ in Message(code: .changed) }
        lost = true
        try group.rekey()
        lost = false
        try group.deliver(manager.deliver(answer, from: group.members[0].address))
        #expect(group.confirmed == [])
        try group.pass(.seconds(20))
        #expect(group.confirmed.count == 4)
        // One outcome, of the newer keys; versions never go back.
        #expect(group.outcomes == [ControlledGroup.outcome(2, 4)])
        for member in group.members {
            let versions = try member.keys.map(\.version)
            #expect(versions.last == 2 && versions == versions.sorted(), "\(member.name)")
        }
        #expect(Set(try group.members.compactMap { try $0.keys.last?.groupID }) == [[0xb1, 0, 2]])
    }

    @Test(.requirement("GM-0346"))
    func whoeverLeavesIsToldNothingMore() throws {
        let group = try ControlledGroup(Self.names)
        let lamp = try group["lamp-2"]
        lamp.respond = { _ in nil }
        try group.rekey()
        try group.pass(.seconds(1))
        let datagram = try lamp.association.protect(TestClient.message(.delete, "ace-group/g7/nodes/lamp-2"))
        let sent = group.manager.deliver(datagram, from: lamp.address)
        #expect(try lamp.association.openOwn(sent).map(\.code) == [.deleted])
        try group.deliver(sent)
        let count = lamp.datagrams.count
        #expect(group.told.last == "switch" && group.outcomes == [ControlledGroup.outcome(1, 3)])
        try group.rekey()
        try group.pass(.seconds(100))
        #expect(lamp.datagrams.count == count && group.outcomes.last == ControlledGroup.outcome(2, 3))
        // Nor is there anything under its keys or to its address.
        #expect(try lamp.keys.allSatisfy { $0.version == 1 })
    }
}
