import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

@testable import GroupManager

/// What a restore makes of a store, and what it makes of the operator's decision.
struct RestoreProcedureTests {
    private let fixture: Fixture
    private let manager: TestManager

    init() throws {
        fixture = try Fixture(seed: 1_501)
        manager = fixture.manager
    }

    private func begun() throws -> RestoreProcedure {
        var procedure = try RestoreProcedure(manager.store.snapshot, at: manager.wallClock.seconds)
        try procedure.begin(random: &manager.random)
        return procedure
    }

    /// A restore that waits for its decision leaves no more records without a signature than the engine does.
    @Test func whatHasBegunIsSignedWhereASignatureIsDue() throws {
        #expect(try begun().state.audit.checkpoint == 0)
        for number in manager.store.audit.sequence..<63 { _ = try manager.invite("n\(number)") }
        #expect(manager.store.audit.sequence == 63 && manager.store.audit.checkpoint == 0)
        let procedure = try begun()
        #expect(procedure.state.audit.sequence > 64)
        #expect(procedure.state.audit.checkpoint == procedure.state.audit.sequence)
    }

    @Test(.requirement("GM-0396"))
    func everyGroupGetsKeysThatNobodyHas() throws {
        let node = try TestNode(try manager.invite("lamp"), seed: 1_502)
        #expect(try node.join(manager).code == .created)
        _ = try fixture.member("a")
        _ = try manager.invite("late")
        let before = manager.store
        let procedure = try begun()
        let after = procedure.state
        #expect(after.clients.isEmpty && after.associations.isEmpty && after.openInvitations.isEmpty)
        #expect(after.invitations.count == 2)
        #expect(after.pendingRestore == RestoreRecord(since: manager.wallClock.seconds))
        #expect(after.groups.count == 4)
        for (name, group) in after.groups {
            let former = try #require(before.groups[name])
            #expect(group.record.version == former.record.version + 65_536)
            let prefix = try #require(GroupIDLayout(group.record.groupID))
            #expect(prefix.prefix.count == 3 && before.groupIDPrefixes[prefix.prefix] == nil && prefix.epoch == 0)
            #expect(group.record.masterSecret != former.record.masterSecret)
            #expect(group.record.masterSalt != former.record.masterSalt)
            #expect(group.record.latestRekeying.overlap == 0 && group.record.dueRekeying == nil)
            #expect(group.staleSenderIDs.isEmpty)
            // Whoever comes from before drops everybody.
            #expect(group.staleSenderIDs(since: former.record.version) == nil)
            #expect(group.members.values.allSatisfy { $0.keyVersion < group.record.version })
            #expect(Set(group.members.values.map(\.senderID)) == Set(former.members.values.map(\.senderID)))
        }
        #expect(Set(after.groups.values.map(\.record.groupID)).count == 4)
        #expect(procedure.members.map(\.name) == ["a", "lamp"])
        #expect(procedure.members.allSatisfy { $0.standing == .pending && $0.groupName == "g7" })
        // What is made durable leads to just this.
        var stored = before
        try stored.apply(ManagerChangeSet(id: CommitID(1), writes: procedure.writes))
        #expect(stored == after)
        #expect(throws: ManagerWriteError.restorePending) { try manager.restart(with: stored.snapshot) }
    }

    @Test(.requirement("GM-0396"))
    func anOperatorNamesWhoGoes() throws {
        _ = try fixture.member("a")
        _ = try fixture.member("b")
        let both = try fixture.client("both", [("g7", 6), ("g8", 6)])
        #expect(try both.join(manager, group: "g7", roles: .requester).code == .created)
        #expect(try both.join(manager, group: "g8", roles: .requester).code == .created)
        for (names, failure) in [
            (["a", "nobody"], .unknownMember("nobody")), (["g8/a"], .unknownMember("g8/a")),
            (["nowhere/a"], .unknownMember("nowhere/a")), ([""], .unknownMember("")),
            (["both"], .ambiguousMember("both", groups: ["g7", "g8"])),
        ] as [([String], RestoreFailure)] {
            var procedure = try begun()
            #expect(throws: failure) {
                try procedure.complete(RestoreDecision(evicted: names), random: &manager.random)
            }
        }
        var procedure = try begun()
        try procedure.complete(RestoreDecision(evicted: ["a", "g8/both", "a"]), random: &manager.random)
        #expect(
            procedure.members.map { "\($0.groupName)/\($0.name) \($0.standing)" } == [
                "g7/a evicted", "g7/b kept", "g7/both kept", "g8/both evicted",
            ])
        #expect(procedure.state.pendingRestore == nil)
        // For the journal: from there the same restore throws out the same ones.
        #expect(procedure.departures.count == 2)
        var again = try begun()
        try again.complete(RestoreDecision(journal: procedure.departures), random: &manager.random)
        #expect(again.members == procedure.members && again.departures == [])
        #expect(procedure.state.groups["g7"]?.members["a"] == nil && procedure.state.groups["g7"]?.evictions.count == 1)
        #expect(procedure.state.groups["g8"]?.evictions.values.map(\.name) == ["both"])
        var stored = manager.store
        try stored.apply(ManagerChangeSet(id: CommitID(1), writes: procedure.writes))
        #expect(stored == procedure.state)
    }

    /// What the manager has told the journal, from its own change sets, puts the same ones out again.
    @Test(.requirement("GM-0396"))
    func aJournalThrowsOutWhoWasOut() throws {
        let (a, b) = (try fixture.member("a"), try fixture.member("b"))
        _ = try fixture.member("stays")
        let lamp = try TestNode(try manager.invite("lamp"), seed: 1_503)
        #expect(try lamp.join(manager).code == .created)
        let open = try TestNode(
            try manager.invite("open"), seed: 1_504, address: SocketAddress(.loopback, port: 40_001))
        try open.enrol(manager)
        let again = try fixture.member("again")
        let backup = manager.store.snapshot
        let token = try #require(manager.store.clients.values.first { $0.client.subject == "b" }).tokenID
        _ = manager.pass(.seconds(10))
        #expect(try again.ask(manager, .delete, "ace-group/g7/nodes/again").code == .deleted)
        #expect(try manager.ask(.delete, "gosc/groups/g7/members/lamp").code == .deleted)
        #expect(try manager.ask(.delete, "gosc/groups/g7/invitations/open").code == .deleted)
        #expect(
            try manager.ask(.post, "gosc/revocations", RevokeTokenRequest(tokenID: token).encoded()).code == .created)
        #expect(try a.ask(manager, .delete, "ace-group/g7/nodes/a").code == .deleted)
        _ = try fixture.member("late")
        #expect(try manager.ask(.delete, "gosc/groups/g7/members/late").code == .deleted)
        let journal = manager.history.flatMap { effect -> [DepartureEntry] in
            if case .commit(let changes) = effect { changes.departures } else { [] }
        }
        #expect(journal.count == 8, "\(journal)")
        _ = b

        var procedure = try RestoreProcedure(backup, at: manager.wallClock.seconds)
        try procedure.begin(random: &manager.random)
        try procedure.complete(RestoreDecision(journal: journal), random: &manager.random)
        #expect(
            procedure.members.map { "\($0.name) \($0.standing)" } == [
                "a departed", "again departed", "b departed", "lamp evicted", "stays kept",
            ])
        let group = try #require(procedure.state.groups["g7"])
        #expect(Set(group.evictions.values.map(\.name)) == ["lamp", "late"])
        #expect(procedure.state.revocations[token] != nil)
        for node in [lamp, open] {
            let record = try #require(procedure.state.invitations[node.invitation.clientSenderID])
            #expect(record.revokedAt != nil)
        }
        // Who had left before the backup, and joined again before it, is a member.
        var later = backup
        for index in later.members.indices { later.members[index].joinedAt = manager.wallClock.seconds + 1 }
        procedure = try RestoreProcedure(later, at: manager.wallClock.seconds)
        try procedure.begin(random: &manager.random)
        try procedure.complete(RestoreDecision(journal: journal), random: &manager.random)
        #expect(procedure.members.filter { $0.standing == .kept }.map(\.name) == ["a", "again", "b", "stays"])
        // Who was thrown out is out, whatever the clock says.
        #expect(procedure.members.filter { $0.standing == .evicted }.map(\.name) == ["lamp"])
    }

    /// Versions that came behind the first do not come behind the second.
    @Test(.requirement("GM-0396"))
    func oneBackupCanBeRestoredTwice() throws {
        let backup = manager.store.snapshot
        var versions: [UInt64] = []
        for elapsed in [0, 60, 120] as [UInt64] {
            var procedure = try RestoreProcedure(backup, at: manager.wallClock.seconds + elapsed)
            try procedure.begin(random: &manager.random)
            versions.append(try #require(procedure.state.groups["g7"]?.record.version))
        }
        #expect(versions == [65_536, 60 * 65_536, 120 * 65_536])
        let later = try RestoreProcedure(backup, at: 1 << 40)
        var procedure = later
        try procedure.begin(random: &manager.random)
        #expect(try #require(procedure.state.groups["g7"]).record.version < 1 << 48)
    }

    /// The operator goes back to a backup of today, and later, because that is no good either, to one of the day before.
    @Test(.requirement("GM-0396"))
    func anOlderBackupCanBeRestoredBehindANewerOne() throws {
        let monday = manager.store.snapshot
        var versions: [UInt64] = []
        var latest = monday
        for day in 1...4 as ClosedRange<UInt64> {
            var procedure = try RestoreProcedure(
                day < 4 ? latest : monday, at: manager.wallClock.seconds + day * 86_400)
            try procedure.begin(random: &manager.random)
            try procedure.complete(RestoreDecision(), random: &manager.random)
            versions.append(try #require(procedure.state.groups["g7"]?.record.version))
            latest = procedure.state.snapshot
        }
        #expect(versions == versions.sorted() && Set(versions).count == 4, "\(versions)")
    }

    /// A restore on a restore, under a clock that went back.
    @Test func aRestoreCanBeRestored() throws {
        let once = try begun().state.snapshot
        var procedure = try RestoreProcedure(once, at: 5)
        try procedure.begin(random: &manager.random)
        #expect(procedure.state.groups["g7"]?.record.version == 2 * 65_536)
        #expect(procedure.state.pendingRestore == once.pendingRestore)
        #expect(procedure.state.groupIDPrefixes.count == once.groupIDPrefixes.count + 4)
    }
}
