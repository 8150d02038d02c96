import ACEGroupcomm
import BuildingAutomation
import CoAP
import CoAPEngine
import MemberNode
import TestSupport
import Testing

/// A node that was told to leave leaves, whatever happens in between.
struct LeaveTests {
    /// The node crashes behind the commit of its wish, or behind the manager's answer.
    @Test(.requirement("GM-0212"), arguments: [false, true])
    func aLeaveIsFinishedAfterACrash(managerHasHeard: Bool) throws {
        let bench = try Bench(seed: 81)
        let unit = try bench.add("lamp", roles: .responder)
        let invitation = try #require(bench.manager.clients.values.first)
        bench.delivers = { [address = bench.manager.address] sent in
            managerHasHeard ? sent.from != address : sent.datagram.destination != address
        }
        bench.act(unit) { $0.leave(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(1))
        bench.delivers = { _ in true }
        #expect(unit.engine.snapshot.membership?.isLeaving == true)
        #expect((invitation.senderID == nil) == managerHasHeard)
        unit.isRunning = false
        bench.manager.requests = []
        if managerHasHeard {
            bench.manager.instead["DELETE /ace-group/lights/nodes/n-lamp"] = [
                bench.manager.problem(.forbidden, .membersOnly)
            ]
        }
        try bench.restart(unit)
        bench.run(for: .seconds(120))
        #expect(unit.left == [.commanded])
        #expect(unit.store.state.membership == nil)
        #expect(bench.manager.requests.contains("DELETE /ace-group/lights/nodes/n-lamp"))
        #expect(!bench.manager.requests.contains("POST /ace-group/lights"))
        // And that is all: the next start finds a node that is no member.
        bench.manager.requests = []
        try bench.restart(unit)
        bench.run(for: .seconds(60))
        #expect(bench.manager.requests.isEmpty)
    }

    /// A manager that does not let it go, or is not there, has a member still, also after the next start.
    @Test func aLeaveThatFailedIsOver() throws {
        let bench = try Bench(seed: 82)
        let hub = try bench.add("switch", roles: .requester)
        let unit = try bench.add("lamp", roles: .responder)
        bench.delivers = { [address = bench.manager.address] in $0.datagram.destination != address }
        bench.act(unit) { $0.leave(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(120))
        #expect(unit.leaveFailures == [.unreachable])
        bench.delivers = { _ in true }
        bench.manager.requests = []
        try bench.restart(unit)
        bench.run(for: .seconds(60))
        #expect(unit.left.isEmpty)
        #expect(!bench.manager.requests.contains { $0.hasPrefix("DELETE") })
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(unit.lamp.isOn)
    }

    /// Nothing that it has asked the group is open behind its membership; what is answered late comes to nobody.
    @Test(.requirement("GM-0353")) func whoLeavesEndsItsRequestsFirst() throws {
        let bench = try Bench(seed: 88)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        var answers: [Bench.Sent] = []
        bench.delivers = { [lamp, hub] sent in
            guard sent.from == lamp.address, sent.datagram.destination == hub.address else { return true }
            answers.append(sent)
            return false
        }
        bench.command(hub, "on")
        bench.act(hub) { $0.leave(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .milliseconds(100))
        #expect(hub.left == [.commanded])
        #expect(hub.completed.map(\.answered) == [0] && hub.completed.map(\.missing) == [["lamp"]])
        bench.run(for: .seconds(10))
        bench.delivers = { _ in true }
        let late = try #require(answers.first)
        let dropped = hub.engine.counters.responsesDropped
        bench.inject(late.datagram, from: late.from)
        bench.run(for: .seconds(1))
        #expect(hub.completed.count == 1 && hub.engine.counters.responsesAccepted == 0)
        #expect(hub.engine.counters.responsesDropped == dropped && hub.failed.isEmpty)
    }
}
