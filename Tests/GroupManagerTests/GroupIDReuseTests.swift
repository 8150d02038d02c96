import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CoAPEngine
import TestSupport
import Testing

@testable import GroupManager

/// A group whose Gids come again: g7 with four epochs, b10000 to b10003.
struct GroupIDReuseTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 1_701, settings: { $0.lastEpoch = 3 }, g7: { $0.reusesGroupIDs = true })
        manager = fixture.manager
        try manager.change { $0.groupIDPrefixes = [GroupIDPrefixRecord(prefix: [0xb1], groupName: "g7", since: 0)] }
        try manager.rekeyAtOnce()
    }

    private var group: GroupState {
        get throws { try #require(manager.store.groups["g7"]) }
    }

    private func rekey(_ count: Int = 1) throws {
        for _ in 0..<count {
            _ = manager.pass(.seconds(90))
            try #require(try manager.ask(.post, "gosc/groups/g7/rekey").code == .changed)
        }
    }

    private func birth(of name: String) -> [UInt8]? { manager.member(name)?.birthGroupID }

    private func setRekeyingOnJoin() throws {
        try manager.change { snapshot in
            let index = try #require(snapshot.groups.firstIndex { $0.name == "g7" })
            snapshot.groups[index].rekeyingPolicy.onJoin = true
        }
    }

    @Test(.requirement("GM-0386", "GM-0338", "GOSC-0321"))
    func theGidsComeAgainWithOtherKeys() throws {
        var secrets: Set<SecretField> = [try group.record.masterSecret]
        for round in 1...13 as ClosedRange<UInt64> {
            try rekey()
            let record = try group.record
            #expect(record.groupID == [0xb1, 0, UInt8(round % 4)] && record.version == round)
            let isNew = secrets.insert(record.masterSecret).inserted
            #expect(isNew)
        }
        #expect(manager.store.groupIDPrefixes.values.count { $0.groupName == "g7" } == 1)
    }

    /// With two, the next one would be that which the members may still hear.
    @Test(.requirement("GM-0386"), arguments: [0, 1] as [UInt16])
    func aGidThatMayStillReceiveDoesNotComeAgain(lastEpoch: UInt16) throws {
        var settings = ManagerSettings()
        settings.lastEpoch = lastEpoch
        var random = SeededGenerator(seed: 1_702)
        var state = manager.store
        var groupIDs: Set<[UInt8]> = [try group.record.groupID]
        for _ in 0..<6 {
            let group = try #require(state.groups["g7"])
            let made = try #require(
                RekeyingProcedure(state: state, settings: settings, group: group, now: 1)
                    .decide(evicts: false, random: &random))
            try state.apply(ManagerChangeSet(id: CommitID(1), writes: made.writes))
            let isNew = groupIDs.insert(made.rekeying.groupID).inserted
            #expect(isNew)
        }
    }

    @Test(.requirement("GM-0387", "GOSC-0322"))
    func theBirthGidIsThatOfTheLatestJoin() throws {
        let a = try fixture.member("a")
        #expect(birth(of: "a") == hex("b10000"))
        try rekey(2)
        #expect(birth(of: "a") == hex("b10000"))
        #expect(try a.join(manager, group: "g7", roles: [.requester, .responder], nonce: [9]).code == .changed)
        #expect(birth(of: "a") == hex("b10002"))
        // It is kept across a restart, and nobody else has one.
        try manager.restart()
        #expect(birth(of: "a") == hex("b10002"))
        _ = try fixture.member("b", in: "g8")
        #expect(manager.member("b", in: "g8")?.birthGroupID == nil)
    }

    @Test(.requirement("GM-0390", "GOSC-0322"))
    func whoeverLeavesHasNoBirthGid() throws {
        let a = try fixture.member("a")
        try rekey()
        #expect(try a.ask(manager, .delete, "ace-group/g7/nodes/a").code == .deleted)
        #expect(manager.store.snapshot.members.allSatisfy { $0.birthGroupID == nil })
        _ = manager.pass(.seconds(1))
        #expect(try a.join(manager, group: "g7", roles: [.requester, .responder], nonce: [9]).code == .created)
        #expect(try birth(of: "a") == group.record.groupID && group.record.groupID != hex("b10000"))
    }

    @Test(.requirement("GM-0388", "GOSC-0323", "GOSC-0324"))
    func whoeverHasJoinedUnderAGidIsEvictedBeforeItComesAgain() throws {
        let a = try fixture.member("a")
        let monitor = try fixture.member("m", .monitor)
        try rekey()
        let b = try fixture.member("b")
        let ownID = try #require(manager.member("a")?.senderID)
        try rekey(2)
        #expect(try group.members.count == 3)
        // With a disk that is full nobody goes.
        let before = try manager.substance
        _ = manager.pass(.seconds(90))
        manager.failsNextCommit = true
        #expect(try manager.ask(.post, "gosc/groups/g7/rekey").code == .serviceUnavailable)
        #expect(try manager.substance == before)
        _ = manager.pass(.seconds(90))
        try manager.change { snapshot in
            for index in snapshot.groups.indices { snapshot.groups[index].rekeyingPolicy.overlap = 10 }
        }
        try rekey()
        let after = try group
        #expect(after.record.groupID == hex("b10000") && after.record.version == 4)
        #expect(after.members.keys.sorted() == ["b"])
        #expect(after.staleSenderIDs[3] == [ownID] && after.replacedSenderIDs == [ownID])
        #expect(Set(after.record.latestRekeying.elders.compactMap(\.subject)) == ["a", "m"])
        // Nothing under the former Gid counts: it would be read from them, too.
        #expect(after.record.latestRekeying.overlap == 0)
        // They are not barred, and hear that they are no members.
        #expect(after.evictions.isEmpty)
        for elder in [a, monitor] { #expect(try elder.ask(manager, .get, "ace-group/g7").problem == 0) }
        #expect(try b.ask(manager, .get, "ace-group/g7").map[9] == 4)
        let events = manager.events.filter { if case .evicted = $0 { true } else { false } }
        #expect(
            events == ["a", "m"].map { .evicted(group: "g7", node: $0, reason: .elder) })
        #expect(try a.join(manager, group: "g7", roles: [.requester, .responder], nonce: [9]).code == .created)
        #expect(birth(of: "a") == hex("b10000"))
        // The others have their turn when theirs comes.
        try rekey()
        #expect(try group.members.keys.sorted() == ["a"])
    }

    @Test(.requirement("GM-0389"))
    func anElderThatComesBackIsNoReasonForNewKeys() throws {
        let elders = try ["a", "b"].map { try fixture.member($0) }
        try rekey(4)
        #expect(try group.members.isEmpty)
        try setRekeyingOnJoin()
        #expect(try elders[0].join(manager, group: "g7", roles: [.requester, .responder], nonce: [9]).code == .created)
        #expect(try group.record.version == 4)
        // The list is that of the latest keys.
        try rekey()
        #expect(try elders[1].join(manager, group: "g7", roles: [.requester, .responder], nonce: [9]).code == .created)
        #expect(try group.record.version == 6)
    }

    /// Keys that a newcomer is the reason for evict as well.
    @Test(.requirement("GM-0388", "GM-0125"))
    func aNewcomerMayBeTheReason() throws {
        _ = try fixture.member("a")
        try rekey(3)
        try setRekeyingOnJoin()
        _ = manager.pass(.seconds(90))
        _ = try fixture.member("b")
        #expect(try group.record.groupID == hex("b10000") && group.members.keys.sorted() == ["b"])
        #expect(birth(of: "b") == hex("b10000") && manager.member("b")?.keyVersion == 4)
        #expect(manager.events.contains(.evicted(group: "g7", node: "a", reason: .elder)))
    }

    /// The guard of the store, whatever the engine believes.
    @Test(.requirement("GM-0388", "GOSC-0323"))
    func noGidComesAgainWhileAnElderIsAMember() throws {
        _ = try fixture.member("a")
        try rekey(3)
        let record = try group.record
        func keys(_ groupID: String) -> [ManagerWrite] {
            [
                .rekeyGroup(
                    GroupRekeying(
                        groupName: "g7", version: record.version + 1, groupID: hex(groupID),
                        masterSecret: record.masterSecret, masterSalt: [], expiration: 0, latest: LatestRekeying(at: 1))
                )
            ]
        }
        var state = manager.store
        #expect(throws: ManagerWriteError.groupIDUsed) { try state.apply(keys("b10000")) }
        #expect(throws: ManagerWriteError.groupIDUsed) { try state.apply(keys("b10003")) }
        #expect(throws: Never.self) {
            try state.apply([.removeMember(MemberKey(groupName: "g7", name: "a"))] + keys("b10000"))
        }
    }

    /// Nobody wanted them out: a restore with the log has no reason to remove them.
    @Test(.requirement("GM-0389", "GM-0396"))
    func theLogOfEvictionsHasNoElders() throws {
        let a = try fixture.member("a")
        try rekey(4)
        #expect(try group.members.isEmpty && manager.journal == [])
        #expect(try a.join(manager, group: "g7", roles: [.requester, .responder], nonce: [9]).code == .created)
        let client = try #require(manager.member("a")?.client)
        #expect(try a.ask(manager, .delete, "ace-group/g7/nodes/a").code == .deleted)
        #expect(
            manager.journal == [.departed(groupName: "g7", name: "a", client: client, at: manager.wallClock.seconds)])
    }

    /// An elder that the administrator keeps out does not come back; it has none of the present keys.
    @Test(.requirement("GM-0350", "GM-0389"))
    func anElderCanBeKeptOut() throws {
        let lamp = try TestNode(
            try manager.invite("lamp"), seed: 1_705, address: SocketAddress(.loopback, port: 40_005))
        #expect(try lamp.join(manager).code == .created)
        try rekey(4)
        #expect(try group.members.isEmpty)
        #expect(try manager.ask(.delete, "gosc/groups/g7/members/lamp").code == .changed)
        _ = manager.pass(.seconds(2))
        #expect(try group.record.version == 4)
        #expect(try lamp.join(manager).code == .unauthorized)
        #expect(try group.members.isEmpty)
    }

    /// No Gid from before comes again; of those under the new prefix, everybody is found when the first one does.
    @Test(.requirement("GM-0387", "GM-0388", "GM-0395", "GM-0396"))
    func whoeverIsFromBeforeARestoreIsAnElderSomeDay() throws {
        _ = try fixture.member("a")
        _ = try fixture.member("m", .monitor)
        var procedure = try RestoreProcedure(manager.store.snapshot, at: manager.wallClock.seconds)
        try procedure.begin(random: &manager.random)
        try procedure.complete(RestoreDecision(), random: &manager.random)
        try manager.restart(with: procedure.state.snapshot)
        let first = try group.record.groupID
        #expect(birth(of: "a") == first && birth(of: "m") == first)
        try rekey(3)
        #expect(try group.members.count == 2)
        try rekey()
        #expect(try group.record.groupID == first && group.members.isEmpty)
    }

    /// The guard of the store, whatever the engine believes: who keeps a Gid of another prefix would never be found.
    @Test(.requirement("GM-0387", "GM-0388"))
    func aNewPrefixIsTheBirthOfEverybody() throws {
        _ = try fixture.member("a")
        var state = manager.store
        let group = try group
        var random = SeededGenerator(seed: 1_706)
        let writes = try #require(
            RekeyingProcedure(state: state, settings: ManagerSettings(), group: group, now: manager.wallClock.seconds)
                .decideRestored(random: &random))
        let without = writes.filter { if case .replaceMember = $0 { false } else { true } }
        #expect(without.count == writes.count - 1)
        #expect(throws: ManagerWriteError.groupIDUsed) { try state.apply(without) }
        #expect(throws: Never.self) { try state.apply(writes) }
    }

    /// No Gid from before comes again, and who joins anew is an elder some day.
    @Test(.requirement("GM-0388", "GM-0389", "GM-0395", "GM-0396"))
    func behindARestoreEverythingIsUnderAnotherPrefix() throws {
        let address = SocketAddress(.loopback, port: 40_003)
        let lamp = try TestNode(try manager.invite("lamp"), seed: 1_703, address: address)
        #expect(try lamp.join(manager).code == .created)
        let backup = manager.store.snapshot
        try rekey(2)
        var procedure = try RestoreProcedure(backup, at: manager.wallClock.seconds)
        try procedure.begin(random: &manager.random)
        try procedure.complete(RestoreDecision(), random: &manager.random)
        try manager.restart(with: procedure.state.snapshot)
        let prefix = try group.record.groupID.dropLast(2)
        #expect(prefix != [0xb1])
        for _ in 0..<3 {
            try rekey()
            #expect(try group.record.groupID.dropLast(2) == prefix)
        }
        #expect(try group.members.keys.sorted() == ["lamp"])
        try lamp.upload(manager)
        func join(_ nonce: UInt8) throws -> Code {
            try lamp.join(manager, group: "g7", roles: [.requester, .responder], nonce: [nonce]).code
        }
        #expect(try join(1) == .changed)
        try rekey(3)
        #expect(try group.members.keys.sorted() == ["lamp"])
        try rekey()
        #expect(try group.record.groupID.dropLast(2) == prefix)
        #expect(try group.members.isEmpty)
        // Its invitation is from before the restore, and it was not thrown out.
        #expect(try join(2) == .created)
        try rekey(5)
        // Behind the next keys nobody knows that any more.
        #expect(try group.members.isEmpty && join(3) == .unauthorized)
    }

    @Test(.requirement("GM-0397"))
    func theAdministratorSeesIt() throws {
        let answer = try manager.ask(.get, "manage/g7")
        let configuration = try GroupConfiguration(decodingRepresentation: answer.payload.span)
        #expect(configuration.reusesGroupIDs)
        let other = try manager.ask(.get, "manage/g8")
        #expect(try !GroupConfiguration(decodingRepresentation: other.payload.span).reusesGroupIDs)
    }
}
