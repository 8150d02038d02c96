import ACEGroupcomm
import BuildingAutomation
import CoAP
import CoAPEngine
import GroupOSCORE
import TestSupport
import Testing

@testable import MemberNode

/// What a member keeps in memory of keys that were replaced. Whatever holds them wipes them when it goes.
struct FormerKeysTests {
    /// Does not keep a context alive.
    private struct Watched {
        weak var context: GroupContext?
    }

    @Test(.requirement("GM-0339"), arguments: [0, 10] as [UInt64])
    func formerKeysGoWhenTheyStopToReceive(overlap: UInt64) throws {
        let bench = try Bench(seed: 501)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.command(hub, "on")
        bench.run(for: .seconds(10))
        let former = Watched(context: lamp.engine.generations?.latest?.context)
        #expect(former.context != nil)
        bench.manager.rekey()
        bench.bring(to: [lamp, hub], overlap: overlap)
        #expect((former.context != nil) == (overlap > 0))
        // By a timer, where no message comes.
        bench.run(for: .seconds(11))
        #expect(former.context == nil)
        let current = Watched(context: lamp.engine.generations?.latest?.context)
        #expect(current.context != nil)
    }

    @Test(.requirement("GM-0339")) func keysThatWereMissedGoBeforeTheNextAreThere() throws {
        let bench = try Bench(seed: 502)
        let lamp = try bench.add("lamp", roles: .responder)
        let former = Watched(context: lamp.engine.generations?.latest?.context)
        let late = LateAnswers(bench, to: "FETCH /ace-group/lights/stale-sids")
        bench.manager.rekey()
        bench.manager.rekey()
        bench.bring(to: [lamp])
        #expect(late.count == 1 && former.context == nil)
    }

    @Test(.requirement("GM-0339")) func keysGoWithTheMembership() throws {
        let bench = try Bench(seed: 503)
        let lamp = try bench.add("lamp", roles: .responder)
        let former = Watched(context: lamp.engine.generations?.latest?.context)
        bench.act(lamp) { $0.leave(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(5))
        #expect(lamp.left == [.commanded] && former.context == nil)
    }
}
