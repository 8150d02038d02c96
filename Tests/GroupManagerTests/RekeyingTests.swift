import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CoAPEngine
import TestSupport
import Testing

@testable import GroupManager

/// When a group gets new keys, and what they are.
struct RekeyingTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 1_201)
        manager = fixture.manager
        try manager.change { $0.groupIDPrefixes = [GroupIDPrefixRecord(prefix: [0xb1], groupName: "g7", since: 0)] }
    }

    private var group: GroupState {
        get throws { try #require(manager.store.groups["g7"]) }
    }

    private func rekey() throws {
        #expect(try manager.ask(.post, "gosc/groups/g7/rekey").code == .changed)
    }

    @Test(
        .requirement(
            "GM-0305", "GM-0312", "GM-0318", "GM-0326", "GM-0332", "GM-0336", "GM-0338", "GM-0393",
            "GOSC-0302"))
    func theAdministratorGetsNewKeysForAGroup() throws {
        _ = try fixture.member("a")
        _ = try fixture.member("b")
        let before = try group
        try rekey()
        let after = try group
        #expect(after.record.version == 1 && after.record.groupID == hex("b10001"))
        #expect(after.record.masterSecret != before.record.masterSecret)
        #expect(after.record.masterSalt != before.record.masterSalt && after.record.masterSalt.count == 8)
        let count = after.record.masterSecret.bytes.count
        #expect(count == 16)
        #expect(after.record.expiration >= before.record.expiration)
        #expect(after.record.latestRekeying.overlap == 10)
        for name in ["a", "b"] {
            #expect(after.members[name]?.senderID == before.members[name]?.senderID)
            #expect(after.members[name]?.keyVersion == 0)
        }
        #expect(after.staleSenderIDs.isEmpty)
        // GM-0175: a former Gid is none.
        #expect(manager.store.groupNames[hex("b10000")] == nil && manager.store.groupNames[hex("b10001")] == "g7")
        #expect(try manager.ask(.post, "gosc/groups/nowhere/rekey").code == .notFound)
        #expect(try manager.ask(.get, "gosc/groups/g7/rekey").code == .methodNotAllowed)
        // Of the old keys the store has nothing.
        let secrets = manager.store.snapshot.groups.map(\.masterSecret)
        #expect(!secrets.contains(before.record.masterSecret))
    }

    @Test(.requirement("GM-0320", "GM-0327", "GM-0346", "GM-0308", "GOSC-0305"))
    func whoeverLeavesLeavesNewKeysBehind() throws {
        let (a, b) = (try fixture.member("a"), try fixture.member("b"))
        let secret = try group.record.masterSecret
        #expect(try a.ask(manager, .delete, "ace-group/g7/nodes/a").code == .deleted)
        #expect(try group.record.version == 1 && group.record.masterSecret != secret)
        #expect(try group.staleSenderIDs == [0: [[0]]])
        // A departure is no eviction: what was sent before counts for a while.
        #expect(try group.record.latestRekeying.overlap == 10)
        #expect(try a.ask(manager, .get, "ace-group/g7").problem == 0)
        #expect(try b.ask(manager, .get, "ace-group/g7").map[9] == 1)
        _ = manager.pass(.seconds(10))
        // The last one leaves the same: nobody begins with keys that others had.
        #expect(try b.ask(manager, .delete, "ace-group/g7/nodes/b").code == .deleted)
        #expect(try group.record.version == 2)
    }

    /// The departure and the keys that come of it are one commit; those soon after share one rekeying.
    @Test(.requirement("GM-0321", "GM-0337"))
    func departuresSoonAfterEachOtherAreOneRekeying() throws {
        let clients = try (0..<10).map { try fixture.member("n\($0)") }
        for (index, client) in clients.enumerated() {
            #expect(try client.ask(manager, .delete, "ace-group/g7/nodes/n\(index)").code == .deleted)
            #expect(try group.record.version == 1)
        }
        #expect(try group.record.dueRekeying != nil)
        // Until the keys before do not receive any more.
        _ = manager.pass(.milliseconds(9_999))
        #expect(try group.record.version == 1)
        _ = manager.pass(.milliseconds(1))
        #expect(try group.record.version == 2 && group.record.dueRekeying == nil)
        #expect(try group.staleSenderIDs[1]?.count == 9)
        _ = manager.pass(.seconds(60))
        #expect(try group.record.version == 2)
    }

    /// A reason that waits survives a crash.
    @Test(.requirement("GM-0336", "GM-0495"))
    func whatIsDueIsNotForgotten() throws {
        let (a, b) = (try fixture.member("a"), try fixture.member("b"))
        #expect(try a.ask(manager, .delete, "ace-group/g7/nodes/a").code == .deleted)
        #expect(try b.ask(manager, .delete, "ace-group/g7/nodes/b").code == .deleted)
        #expect(try group.record.version == 1)
        try manager.restart()
        _ = manager.pass(.seconds(9))
        #expect(try group.record.version == 1)
        _ = manager.pass(.seconds(1))
        #expect(try group.record.version == 2)
    }

    /// A member keeps one former context: what was promised to requesters is not taken away, unless somebody has to go.
    @Test(.requirement("GM-0321", "GM-0337"))
    func aPlannedRekeyingWaitsForTheOverlapAndAnEvictionDoesNot() throws {
        _ = try fixture.member("a")
        try rekey()
        try rekey()
        #expect(try group.record.version == 1 && group.record.dueRekeying != nil)
        #expect(try manager.ask(.delete, "gosc/groups/g7/members/a").code == .deleted)
        // Not within the same second.
        _ = manager.pass(.seconds(1))
        #expect(try group.record.version == 2 && group.record.latestRekeying.overlap == 0)
        #expect(try group.record.dueRekeying == nil)
        // Behind an eviction nothing is promised to anybody.
        _ = manager.pass(.seconds(1))
        try rekey()
        #expect(try group.record.version == 3)
    }

    /// Without the keys there is no departure, and without the departure no keys.
    @Test(.requirement("GM-0304", "GM-0336"))
    func aFullDiskChangesNothing() throws {
        let a = try fixture.member("a")
        let before = try manager.substance
        manager.failsNextCommit = true
        #expect(try a.ask(manager, .delete, "ace-group/g7/nodes/a").code == .serviceUnavailable)
        #expect(try manager.substance == before)
        manager.failsNextCommit = true
        #expect(try manager.ask(.post, "gosc/groups/g7/rekey").code == .serviceUnavailable)
        #expect(try manager.substance == before)
        _ = manager.pass(.seconds(2))
        #expect(try a.ask(manager, .delete, "ace-group/g7/nodes/a").code == .deleted)
        #expect(try group.record.version == 1)
    }

    /// While a disk is full the manager tries more and more rarely, and once a minute in the end.
    @Test(.requirement("GM-0336"))
    func aDiskThatStaysFullIsTriedMoreAndMoreRarely() throws {
        let (a, b) = (try fixture.member("a"), try fixture.member("b"))
        #expect(try a.ask(manager, .delete, "ace-group/g7/nodes/a").code == .deleted)
        #expect(try b.ask(manager, .delete, "ace-group/g7/nodes/b").code == .deleted)
        var failures = 0
        for _ in 0..<600 {
            manager.failsNextCommit = true
            _ = manager.pass(.seconds(1))
            if !manager.failsNextCommit { failures += 1 }
        }
        #expect(failures > 5 && failures < 20, "\(failures)")
        manager.failsNextCommit = false
        _ = manager.pass(.seconds(120))
        #expect(try group.record.version == 2)
    }

    /// An interval that no clock reaches is none.
    @Test(.requirement("GM-0324"))
    func anIntervalWithoutEndIsNone() throws {
        var group = try #require(manager.store.groups["g7"])
        let limit = group.ageLimit
        for interval in [.max, UInt64.max - 1_800_000_000] {
            group.record.rekeyingPolicy.interval = interval
            #expect(group.ageLimit == limit)
        }
        group.record.rekeyingPolicy.interval = 60
        #expect(group.ageLimit == group.record.latestRekeying.at + 60)
    }

    @Test(.requirement("GM-0323", "GM-0324", "GOSC-0308"))
    func keysThatAgeAreReplaced() throws {
        let lifetime = try group.record.expiration - manager.wallClock.seconds
        _ = manager.pass(.seconds(Int64(lifetime) - 86_400 - 10))
        #expect(try group.record.version == 0)
        _ = manager.pass(.seconds(20))
        #expect(try group.record.version == 1)
        #expect(try group.record.expiration >= manager.wallClock.seconds + lifetime - 20)
        // A schedule of its own, by the hour.
        try manager.change { snapshot in
            let index = try #require(snapshot.groups.firstIndex { $0.name == "g7" })
            snapshot.groups[index].rekeyingPolicy.interval = 3_600
        }
        let version = try group.record.version
        for hour in 1...5 {
            _ = manager.pass(.seconds(3_600))
            #expect(try group.record.version == version + UInt64(hour))
        }
    }

    @Test(.requirement("GM-0325"))
    func noMemberCanMakeItHappen() throws {
        let a = try fixture.member("a")
        for (code, path) in [
            (.post, "ace-group/g7/nodes/a"), (.put, "ace-group/g7"), (.put, "ace-group/g7/nodes/a"),
            (.get, "ace-group/g7"), (.get, "ace-group/g7/nodes/a"), (.post, "gosc/groups/g7/rekey"),
            (.delete, "gosc/groups/g7/members/a"),
        ] as [(Code, String)] {
            _ = try a.ask(manager, code, path)
            #expect(try group.record.version == 0, "\(code) \(path)")
        }
        #expect(manager.member("a") != nil)
    }

    @Test(.requirement("GM-0125", "GM-0126", "GM-0322", "GOSC-0307"))
    func withBackwardSecurityANewcomerGetsNewKeys() throws {
        _ = try fixture.member("a")
        try manager.change { snapshot in
            let index = try #require(snapshot.groups.firstIndex { $0.name == "g7" })
            snapshot.groups[index].rekeyingPolicy.onJoin = true
        }
        let b = try fixture.client("b", [("g7", 6)])
        let answer = try b.join(manager, group: "g7", roles: .requester)
        #expect(answer.code == .created)
        let key = try #require(try answer.map[8]?.mapValue)
        #expect(try answer.map[9] == 1 && key[6] == .bytes(hex("b10001")))
        #expect(key[2] != .bytes(Fixture.masterSecret))
        let record = try group.record
        #expect(record.version == 1 && record.groupID == hex("b10001"))
        #expect(manager.member("b")?.keyVersion == 1 && manager.member("a")?.keyVersion == 0)
        // The same again is no newcomer, and who fails to join is none either.
        #expect(try b.join(manager, group: "g7", roles: .requester).code == .changed)
        #expect(try group.record.version == 1)
        manager.failsNextCommit = true
        let c = try fixture.client("c", [("g7", 6)])
        #expect(try c.join(manager, group: "g7", roles: .requester).code == .serviceUnavailable)
        #expect(try group.record.version == 1)
    }

    /// Who comes in one commit with others gets what nobody has had before either: keys for each of them would be as good as
    /// keys for all.
    @Test(.requirement("GM-0125", "GM-0322"))
    func newcomersOfOneCommitShareTheirKeys() throws {
        _ = try fixture.member("a")
        try manager.change { snapshot in
            let index = try #require(snapshot.groups.firstIndex { $0.name == "g7" })
            snapshot.groups[index].rekeyingPolicy.onJoin = true
        }
        let clients = try (0..<5).map { try fixture.client("n\($0)", [("g7", 6)]) }
        let datagrams = try clients.map { client in
            let request = try client.joinRequest("g7", .requester)
            let message = TestClient.joinMessage(request.encoded(), path: ["ace-group", "g7"])
            return (try client.link().protect(message), from: client.address)
        }
        let commits = manager.engine.counters.commits
        let sent = manager.deliver(datagrams)
        #expect(manager.engine.counters.commits == commits + 1)
        for client in clients {
            let answers = try client.link().openOwn(sent.filter { $0.destination == client.address })
            #expect(answers.count == 1 && answers[0].code == .created)
            let key = try answers[0].map[8]?.mapValue
            #expect(try answers[0].map[9] == 1 && key?[6] == .bytes(hex("b10001")))
        }
        #expect(try group.record.version == 1)
        #expect(manager.events.count { if case .rekeyed = $0 { true } else { false } } == 1)
        // Whoever comes in the next one does not get them.
        let late = try fixture.client("late", [("g7", 6)])
        #expect(try late.join(manager, group: "g7", roles: .requester).map[9] == 2)
    }

    // GM-0328
    @Test(.requirement("GM-0328"), arguments: [false, true])
    func allGroupsGetNewKeysAtTheStartIfTheOperatorWantsThat(isWanted: Bool) throws {
        let fixture = try Fixture(seed: 1_204) { $0.rekeysAtStart = isWanted }
        let manager = fixture.manager
        let a = try fixture.member("a")
        func versions() -> Set<UInt64> { Set(manager.store.groups.values.map(\.record.version)) }
        // The fixture has started it again already.
        _ = manager.pass(.seconds(1))
        #expect(versions() == (isWanted ? [1] : [0]))
        _ = manager.pass(.seconds(3_000))
        #expect(versions() == (isWanted ? [1] : [0]))
        let configurations = manager.store.groups.mapValues(\.record.configuration)
        // A disk that is full at the start is tried again.
        try manager.restart()
        manager.failsNextCommit = isWanted
        _ = manager.pass(.seconds(120))
        #expect(!manager.failsNextCommit && versions() == (isWanted ? [2] : [0]))
        #expect(manager.store.groups.mapValues(\.record.configuration) == configurations)
        #expect(try a.ask(manager, .get, "ace-group/g7/num").code == .content)
    }

    /// 10,000 rekeyings of several groups: no Gid and no secret twice, and versions one after the other.
    @Test(.requirement("GM-0273", "GM-0332", "GM-0338", "GM-0395", "GOSC-0300", "GOSC-0309"))
    func nothingComesTwice() throws {
        var settings = ManagerSettings()
        settings.lastEpoch = 99
        var random = SeededGenerator(seed: 1_202)
        var state = manager.store
        var groupIDs = Set(state.groups.values.map(\.record.groupID))
        var secrets = Set(state.groups.values.map(\.record.masterSecret))
        let names = state.groups.keys.sorted()
        for round in 1...10_000 {
            let name = try #require(names.randomElement(using: &random))
            let group = try #require(state.groups[name])
            let made = try #require(
                RekeyingProcedure(state: state, settings: settings, group: group, now: UInt64(round))
                    .decide(evicts: false, random: &random))
            try state.apply(ManagerChangeSet(id: CommitID(1), writes: made.writes))
            #expect(made.rekeying.version == group.record.version + 1)
            let isNew = groupIDs.insert(made.rekeying.groupID).inserted
            #expect(isNew, "\(made.rekeying.groupID)")
            let isSecretNew = secrets.insert(made.rekeying.masterSecret).inserted
            #expect(isSecretNew)
        }
    }

    /// What was given up under the former Gid, and what those had who have to go.
    @Test(.requirement("GM-0344", "GOSC-0310"))
    func theStaleSetHasWhatWasGivenUpAndWhoHasToGo() throws {
        let (a, _) = (try fixture.member("a"), try fixture.member("b"))
        #expect(try a.ask(manager, .post, "ace-group/g7/nodes/a").code == .content)
        #expect(try manager.ask(.delete, "gosc/groups/g7/members/b").code == .deleted)
        #expect(try group.staleSenderIDs == [0: [[0], [1]]])
        #expect(manager.member("a")?.senderID == [2])
    }

    /// What a group owes to those who are gone it owes while it is inactive, too.
    @Test(.requirement("GM-0282"))
    func anInactiveGroupGetsNewKeysToo() throws {
        _ = try fixture.member("a")
        try manager.setActive(false)
        _ = manager.pass(.seconds(3_700))
        #expect(manager.member("a") == nil)
        #expect(try group.record.version == 1)
        try rekey()
        _ = manager.pass(.seconds(10))
        #expect(try group.record.version == 2)
    }

    @Test(.requirement("GM-0291"))
    func verifiersGetWhatFitsThePresentKeys() throws {
        let verifier = try fixture.client("v", [("g7", 16)])
        let before = try verifier.ask(manager, .get, "ace-group/g7/verif-data").map
        try rekey()
        let after = try verifier.ask(manager, .get, "ace-group/g7/verif-data").map
        #expect(before[33] != after[33] && before[9] != after[9])
        #expect(before[8]?.mapValue?[6] != after[8]?.mapValue?[6])
    }

    @Test(.requirement("GM-0393", "GOSC-0366"))
    func aGidIsAPrefixAndAnEpoch() throws {
        #expect(GroupIDLayout(prefix: [0xb1], epoch: 61_532).bytes == hex("b1f05c"))
        #expect(GroupIDLayout(hex("b1f05c")) == GroupIDLayout(prefix: [0xb1], epoch: 61_532))
        #expect(GroupIDLayout(hex("f05c")) == nil)
        // Behind the last epoch the group gets another prefix.
        var settings = ManagerSettings()
        settings.lastEpoch = 1
        var random = SeededGenerator(seed: 1_203)
        var state = manager.store
        var groupIDs: [[UInt8]] = []
        for _ in 0..<3 {
            let group = try #require(state.groups["g7"])
            let made = try #require(
                RekeyingProcedure(state: state, settings: settings, group: group, now: 1)
                    .decide(evicts: false, random: &random))
            try state.apply(ManagerChangeSet(id: CommitID(1), writes: made.writes))
            groupIDs.append(made.rekeying.groupID)
        }
        #expect(groupIDs[0] == hex("b10001"))
        #expect(groupIDs[1].count == 5 && groupIDs[1].suffix(2) == [0, 0])
        #expect(groupIDs[2] == groupIDs[1].dropLast() + [1])
    }

    /// Whoever joins in the same moment does not give back what an eviction takes.
    @Test(.requirement("GM-0344", "GM-0322"))
    func aJoinDoesNotSwallowAnEviction() throws {
        _ = try fixture.member("a")
        try manager.change { snapshot in
            let index = try #require(snapshot.groups.firstIndex { $0.name == "g7" })
            snapshot.groups[index].rekeyingPolicy.onJoin = true
            snapshot.groups[index].dueRekeying = DueRekeying(since: 1, evicts: true)
            snapshot.groups[index].latestRekeying = LatestRekeying(at: manager.wallClock.seconds)
        }
        let state = manager.store
        var random = SeededGenerator(seed: 1_204)
        let made = RekeyingProcedure(
            state: state, settings: ManagerSettings(), group: try #require(state.groups["g7"]), now: 1
        ).decide(evicts: false, random: &random)
        #expect(made?.rekeying.latest.overlap == 0)
    }

    /// Three sets stay, with the empty one of the present version.
    @Test(.requirement("GM-0247", "GM-0257", "GM-0318"))
    func theNewestStaleSetsStay() throws {
        var random = SeededGenerator(seed: 1_205)
        var state = manager.store
        for version in 0..<4 as Range<UInt64> {
            let group = try #require(state.groups["g7"])
            let made = try #require(
                RekeyingProcedure(state: state, settings: ManagerSettings(), group: group, now: 1)
                    .decide(evicts: false, random: &random))
            let stale = StaleSenderIDRecord(groupName: "g7", version: version, senderID: [UInt8(version)])
            try state.apply(ManagerChangeSet(id: CommitID(1), writes: [.addStaleSenderID(stale)] + made.writes))
        }
        let group = try #require(state.groups["g7"])
        #expect(group.record.version == 4 && group.staleSenderIDs == [2: [[2]], 3: [[3]]])
        #expect(group.staleSenderIDs(since: 2) == [[2], [3]])
        #expect(group.staleSenderIDs(since: 1) == nil)
    }
}
