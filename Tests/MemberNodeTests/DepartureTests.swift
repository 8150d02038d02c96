import ACEGroupcomm
import BuildingAutomation
import CoAP
import CoAPEngine
import MemberNode
import OSCORE
import TestSupport
import Testing

/// Memberships that end for more than one reason, or while something else is under way.
struct DepartureTests {
    private static let join = "POST /ace-group/lights"

    /// What an elder is told.
    private static var elderDelete: Message {
        var message = ScriptedManager.delete
        message.options.append(.groupcommError, uint: 0)
        return message
    }

    private static func renewsKeys(_ changes: NodeChangeSet) -> Bool {
        changes.writes.contains { if case .renewKeys = $0 { true } else { false } }
    }

    /// The operator wants it out, and the manager says that it may come back: it does not.
    @Test(.requirement("GM-0389")) func anElderThatWasToldToLeaveDoesNotJoinAgain() throws {
        let bench = try Bench(seed: 451)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.delivers = { [lamp] in $0.from != lamp.address }
        bench.act(lamp) { $0.leave(at: $1, random: &$2, effects: &$3) }
        #expect(lamp.store.state.membership?.isLeaving == true)
        bench.ask(lamp, Self.elderDelete)
        bench.run(for: .seconds(1))
        bench.delivers = { _ in true }
        bench.manager.requests = []
        bench.run(for: .seconds(120))
        #expect(lamp.left == [.commanded] && lamp.leaveFailures.isEmpty)
        #expect(lamp.store.state.membership == nil)
        #expect(!bench.manager.requests.contains(Self.join))
    }

    /// While new keys are being stored it is told twice that its membership has ended; the first time for good.
    @Test(.requirement("GM-0354", "GM-0389")) func whoIsOutForGoodDoesNotComeBackAsAnElder() throws {
        let bench = try Bench(seed: 452)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.rekey()
        bench.holds = Self.renewsKeys
        bench.bring(to: [lamp])
        bench.manager.requests = []
        for message in [ScriptedManager.delete, Self.elderDelete] {
            bench.ask(lamp, message)
            bench.run(for: .milliseconds(100))
        }
        bench.holds = { _ in false }
        bench.release()
        bench.run(for: .seconds(60))
        #expect(lamp.left == [.terminated] && lamp.store.state.membership == nil)
        #expect(!bench.manager.requests.contains(Self.join))
    }

    /// The keys that are being stored turn out to be of no use: it is evicted all the same.
    @Test(.requirement("GM-0354")) func anEvictionIsNotForgottenWithKeysOfNoUse() throws {
        let bench = try Bench(seed: 453)
        let lamp = try bench.add("lamp", roles: [.requester, .responder])
        bench.manager.rekey()
        bench.bring(to: [lamp])
        let manager = bench.manager
        let former = (manager.groupID, manager.masterSecret, manager.masterSalt)
        bench.command(lamp, "on")
        bench.run(for: .seconds(5))
        manager.rekey()
        bench.bring(to: [lamp])
        // Keys under which it has used numbers already.
        manager.rekey()
        (manager.groupID, manager.masterSecret, manager.masterSalt) = former
        bench.holds = Self.renewsKeys
        bench.bring(to: [lamp])
        bench.ask(lamp, ScriptedManager.delete)
        bench.run(for: .milliseconds(100))
        #expect(lamp.left.isEmpty)
        bench.holds = { _ in false }
        bench.release()
        bench.run(for: .seconds(1))
        #expect(lamp.events.contains(.rekeyingRefused(.unusable)))
        #expect(lamp.left == [.terminated] && lamp.store.state.membership == nil)
    }

    /// Somebody on the path keeps a DELETE back until the node has joined again.
    @Test(.requirement("GM-0354", "GM-0355")) func aDeleteThatWasHeldBackEndsNoLaterMembership() throws {
        let bench = try Bench(seed: 454)
        bench.manager.policies = GroupPolicies(keyUpdateCheckInterval: 10)
        let lamp = try bench.add("lamp", roles: .responder)
        var kept: Bench.Sent?
        bench.delivers = { [manager = bench.manager.address] sent in
            guard kept == nil, sent.from == manager else { return sent.datagram.bytes != kept?.datagram.bytes }
            kept = sent
            return false
        }
        bench.ask(lamp, ScriptedManager.delete)
        bench.run(for: .milliseconds(100))
        let held = try #require(kept)
        // It was readmitted, and hears when it asks that it is no member.
        bench.manager.instead["GET /ace-group/lights/num"] = [bench.manager.problem(.forbidden, .membersOnly)]
        bench.run(for: .seconds(300))
        #expect(lamp.left == [.unknownToManager] && lamp.joined.count == 2)
        #expect(lamp.engine.snapshot.membership != nil)
        bench.delivers = { _ in true }
        bench.inject(held.datagram, from: held.from)
        bench.run(for: .seconds(10))
        #expect(lamp.left == [.unknownToManager] && lamp.engine.snapshot.membership != nil)
        // The manager itself may end it.
        bench.ask(lamp, ScriptedManager.delete)
        bench.run(for: .seconds(1))
        #expect(lamp.left == [.unknownToManager, .terminated])
    }

    /// The group goes on talking; whoever is no member any more says so once.
    @Test(.requirement("GM-0354")) func whoIsNoMemberIsSilentAboutWhatItHears() throws {
        let bench = try Bench(seed: 456)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.ask(lamp, ScriptedManager.delete)
        bench.run(for: .seconds(1))
        #expect(lamp.events.count { $0 == .left(.terminated) } == 1)
        let events = lamp.events.count
        for _ in 0..<5 {
            bench.command(hub, "on")
            bench.run(for: .seconds(10))
        }
        #expect(lamp.engine.counters.rejected[.noContext] == 5 && lamp.events.count == events)
    }
}
