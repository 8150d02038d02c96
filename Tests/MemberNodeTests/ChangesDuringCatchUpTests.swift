import ACEGroupcomm
import BuildingAutomation
import Bytes
import COSE
import CoAP
import CoAPEngine
import MemberNode
import OSCORE
import TestSupport
import Testing

/// What becomes of a membership while new keys for it are being fetched.
struct ChangesDuringCatchUpTests {
    private static let stale = "FETCH /ace-group/lights/stale-sids"

    private static func renewsKeys(_ changes: NodeChangeSet) -> Bool {
        changes.writes.contains { if case .renewKeys = $0 { true } else { false } }
    }

    /// It was told to leave: a crash behind the new keys does not make it forget that.
    @Test(.requirement("GM-0259")) func aWishToLeaveIsNotTakenBack() throws {
        let bench = try Bench(seed: 421)
        let lamp = try bench.add("lamp", roles: .responder)
        let late = LateAnswers(bench, to: Self.stale)
        bench.manager.rekey()
        bench.manager.rekey()
        bench.bring(to: [lamp])
        #expect(late.count == 1)
        // The manager does not hear of it yet.
        let delivers = bench.delivers
        bench.delivers = { [lamp] sent in sent.from != lamp.address && delivers(sent) }
        bench.act(lamp) { $0.leave(at: $1, random: &$2, effects: &$3) }
        #expect(lamp.store.state.membership?.isLeaving == true)
        bench.crashes = { _, changes in Self.renewsKeys(changes) }
        late.deliverFirst()
        #expect(!lamp.isRunning)
        let stored = try #require(lamp.store.state.membership)
        #expect(stored.version == 2 && stored.isLeaving)
        (bench.crashes, bench.delivers) = ({ _, _ in false }, { _ in true })
        try bench.restart(lamp)
        bench.run(for: .seconds(10))
        #expect(lamp.left == [.commanded] && lamp.store.state.membership == nil)
    }

    /// The manager's credential is being made durable while keys are fetched: what comes first is bound to the former one.
    @Test(.requirement("GM-0259", "GM-0298")) func aNewCredentialOfTheManagerStays() throws {
        let bench = try Bench(seed: 422)
        bench.manager.policies = GroupPolicies(keyUpdateCheckInterval: 10)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        try bench.manager.renewCredential()
        bench.holds = { _ in true }
        bench.act(lamp) { $0.readManagerCredential(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(1))
        #expect(bench.held.count == 1)
        bench.manager.rekey()
        bench.run(for: .seconds(12))
        #expect(bench.held.contains { unit, changes in unit === lamp && Self.renewsKeys(changes) })
        bench.holds = { _ in false }
        bench.release()
        bench.run(for: .seconds(20))
        let stored = try #require(lamp.store.state.membership)
        #expect(stored.version == 1 && stored.managerCredential == bench.manager.credential.bytes)
        bench.act(hub) { $0.readManagerCredential(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(20))
        #expect(hub.store.state.membership?.version == 1)
        // Both bind their messages to the same credential, now and after a restart.
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(lamp.lamp.isOn && hub.completed.last?.answered == 1)
        try bench.restart(lamp)
        bench.run(for: .seconds(5))
        bench.command(hub, "off")
        bench.run(for: .seconds(5))
        #expect(!lamp.lamp.isOn && hub.completed.last?.answered == 1)
    }

    /// The manager has thrown it out, and that cannot be stored: what was under way about keys goes on.
    @Test(.requirement("GM-0354")) func whoCannotForgetItsMembershipGoesOnFetchingKeys() throws {
        let bench = try Bench(seed: 423)
        let lamp = try bench.add("lamp", roles: [.requester, .responder])
        let late = LateAnswers(bench, to: Self.stale)
        bench.manager.rekey()
        bench.manager.rekey()
        bench.bring(to: [lamp])
        #expect(lamp.engine.snapshot.membership?.hasKeys == false)
        lamp.store.failsNext = true
        bench.ask(lamp, ScriptedManager.delete)
        bench.run(for: .milliseconds(100))
        #expect(bench.manager.answers.last == .serviceUnavailable && lamp.store.state.membership != nil)
        late.isOn = false
        bench.run(for: .seconds(60))
        #expect(lamp.engine.snapshot.membership?.version == 2)
        #expect(lamp.engine.snapshot.membership?.hasKeys == true)
    }

    /// Nor does it stay a member for longer than it takes to ask.
    @Test(.requirement("GM-0354")) func whoCouldNotForgetItsMembershipHearsAgainThatItHasEnded() throws {
        let bench = try Bench(seed: 424)
        let lamp = try bench.add("lamp", roles: .responder)
        lamp.store.failsNext = true
        bench.ask(lamp, ScriptedManager.delete)
        bench.run(for: .milliseconds(100))
        #expect(lamp.left.isEmpty)
        let ended = bench.manager.problem(.forbidden, .membershipTerminated)
        bench.manager.instead["GET /ace-group/lights/num"] = [ended]
        bench.run(for: .seconds(40))
        #expect(lamp.left == [.terminated] && lamp.store.state.membership == nil)
    }
}
