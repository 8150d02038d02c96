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

    /// The manager has just said that this node is no member any more, and somebody tells it to leave: while that is being made
    /// durable, or while it joins again by itself.
    @Test(arguments: [true, false]) func whoIsToLeaveDoesNotComeBackByItself(isBeingStored: Bool) throws {
        let bench = try Bench(seed: 89)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.requests = []
        bench.manager.instead["GET /ace-group/lights/num"] = [bench.manager.problem(.forbidden, .membersOnly)]
        if isBeingStored {
            bench.holds = { $0.writes.contains { if case .forgetMembership = $0 { true } else { false } } }
        } else {
            bench.holds = { $0.writes.contains { if case .saveMembership = $0 { true } else { false } } }
        }
        bench.run(for: .seconds(4_000))
        #expect(lamp.engine.snapshot.membership == nil && bench.held.count == 1)
        bench.act(lamp) { $0.leave(at: $1, random: &$2, effects: &$3) }
        #expect(lamp.leaveFailures.isEmpty)
        bench.holds = { _ in false }
        bench.release()
        bench.run(for: .seconds(60))
        #expect(lamp.store.state.membership == nil && lamp.leaveFailures.isEmpty)
        #expect(lamp.left.last == .commanded)
        #expect(bench.manager.requests.contains("POST /ace-group/lights") != isBeingStored)
        #expect((bench.manager.requests.last == "DELETE /ace-group/lights/nodes/n-lamp") != isBeingStored)
        #expect(bench.manager.client("lamp")?.senderID == nil || isBeingStored)
    }

    /// It was told to leave while it joined, and the join has come to nothing.
    @Test func whoHasNotJoinedHasNothingToLeave() throws {
        let bench = try Bench(seed: 90)
        let lamp = try bench.newUnit("lamp")
        bench.manager.instead["POST /ace-group/lights"] = [bench.manager.problem(.forbidden, .membersOnly)]
        let invitation = bench.manager.invite("lamp", roles: .responder)
        bench.delivers = { _ in false }
        bench.join(lamp, invitation, for: .zero)
        bench.act(lamp) { $0.leave(at: $1, random: &$2, effects: &$3) }
        #expect(lamp.leaveFailures.isEmpty)
        bench.delivers = { _ in true }
        bench.run(for: .seconds(200))
        #expect(lamp.joinFailures.count == 1 && lamp.leaveFailures == [.notJoined])
        // And that is all of it.
        bench.join(lamp, invitation)
        bench.run(for: .seconds(10))
        #expect(lamp.joined.count == 1 && lamp.left.isEmpty)
    }

    /// The manager was off for so long that the next repetition is far away: whoever asks anew need not wait for it.
    @Test(.requirement("GM-0212"), arguments: [false, true]) func aSecondWishIsToldAtOnce(restarts: Bool) throws {
        let bench = try Bench(seed: 455)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.delivers = { [manager = bench.manager.address] in $0.datagram.destination != manager }
        bench.act(lamp) { $0.leave(at: $1, random: &$2, effects: &$3) }
        if restarts { try bench.restart(lamp) }
        bench.run(for: .seconds(46))
        #expect(lamp.left.isEmpty && lamp.leaveFailures.isEmpty)
        bench.delivers = { _ in true }
        bench.act(lamp) { $0.leave(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(1))
        #expect(lamp.left == [.commanded] && lamp.store.state.membership == nil)
    }

    /// Each wish has its answer in the time that a message is repeated, and the next one begins at once.
    @Test func aManagerThatStaysOffIsNotWaitedForLonger() throws {
        let bench = try Bench(seed: 456)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.delivers = { [manager = bench.manager.address] in $0.datagram.destination != manager }
        for round in 1...3 {
            bench.wire.removeAll()
            bench.act(lamp) { $0.leave(at: $1, random: &$2, effects: &$3) }
            bench.run(for: .seconds(1))
            #expect(bench.wire.contains { $0.datagram.destination == bench.manager.address }, "\(round)")
            bench.run(for: .seconds(94))
            #expect(lamp.leaveFailures.count == round)
        }
    }
}
