import ACEGroupcomm
import BuildingAutomation
import Bytes
import CoAP
import CoAPEngine
import GroupManager
import MemberNode
import OSCORE
import TestSupport
import Testing

/// Members and the real manager, beyond joining.
struct ManagedMemberTests {
    @Test func aMemberOutlivesItsManagersRestartAndItsOwn() throws {
        let building = try Building(seed: 61)
        let hub = try building.add("switch", roles: .requester)
        building.run()
        // New keys after a restart of the node, the stored ones after one of the manager.
        try building.restartManager()
        try building.restart(hub)
        building.run()
        #expect(!hub.events.contains(.rosterUnavailable))
        try building.restartManager()
        let lamp = try building.add("lamp-1", roles: .responder)
        building.command(hub, "on")
        building.run()
        #expect(lamp.lamp.isOn)
        #expect(hub.completed.last?.answered == 1)
    }

    @Test(.requirement("GM-0030")) func aTokenThatHasEndedIsReplaced() throws {
        let building = try Building(seed: 62)
        let unit = try building.add("lamp-1", roles: .responder)
        building.run()
        let token = unit.store.state.token
        building.wallClock = UnixTime(seconds: building.wallClock.seconds + 31 * 86_400)
        unit.events = []
        building.act(unit) { $0.readManagerCredential(at: $1, random: &$2, effects: &$3) }
        building.run()
        #expect(unit.store.state.token != token)
        #expect(!unit.events.contains { if case .managerRefused = $0 { true } else { false } })
    }

    @Test func leavingAndJoiningAgainMakesAnotherMemberOfTheSameNode() throws {
        let building = try Building(seed: 63)
        let hub = try building.add("switch", roles: .requester)
        let unit = try building.newUnit("lamp-1")
        let invitation = try building.invite("lamp-1", roles: .responder)
        try building.join(unit, invitation: invitation)
        building.run()
        let first = try #require(unit.joined)
        building.act(unit) { $0.leave(at: $1, random: &$2, effects: &$3) }
        building.run()
        #expect(unit.left == [.commanded])
        #expect(building.manager.state.groups["lights"]?.members["lamp-1"] == nil)
        try building.join(unit, invitation: invitation)
        building.run()
        // Perhaps under the same Sender ID, for the group has another Gid.
        #expect(unit.joined?.groupID != first.groupID)
        building.command(hub, "on")
        building.run()
        #expect(unit.lamp.isOn)
    }

    @Test(.requirement("GM-0239")) func aNewSenderIDIsHeardByTheOthers() throws {
        let building = try Building(seed: 64)
        let hub = try building.add("switch", roles: .requester)
        let lamp = try building.add("lamp-1", roles: .responder)
        building.run()
        let before = try #require(hub.engine.snapshot.membership?.senderID)
        building.act(hub) { $0.renewSenderID(at: $1, random: &$2, effects: &$3) }
        building.run()
        #expect(hub.engine.snapshot.membership?.senderID != before)
        #expect(hub.engine.snapshot.nextSequenceNumber == 0)
        building.command(hub, "on")
        building.run()
        #expect(lamp.lamp.isOn)
        #expect(hub.completed.last?.answered == 1)
        // So it is after a restart.
        try building.restart(hub)
        building.run()
        building.command(hub, "off")
        building.run()
        #expect(!lamp.lamp.isOn)
    }

    @Test(.requirement("GM-0085")) func aMonitorHearsWhatTheOthersSay() throws {
        let building = try Building(seed: 65)
        let hub = try building.add("switch", roles: .requester)
        try building.add("lamp-1", roles: .responder)
        let monitor = try building.add("monitor", roles: .monitor)
        building.run()
        #expect(monitor.joined?.senderID == "")
        building.command(hub, "on")
        building.run()
        let heard = monitor.events.compactMap { if case .overheard(let request) = $0 { request } else { nil } }
        #expect(heard.map(\.senderName) == ["switch"])
    }

    /// From the invitation on nothing is sure: datagrams get lost, come twice and late, and the node crashes.
    @Test(.requirement("OSC-0069"), arguments: UInt64(1)...4)
    func anEnrolmentComesToItsEndWhateverHappens(seed: UInt64) throws {
        let building = try Building(seed: 70 + seed)
        var random = SeededGenerator(seed: seed &* 99)
        building.delivers = { sent in
            if UInt8.random(in: 0...9, using: &random) == 0 { building.inject(sent.datagram, from: sent.from) }
            return UInt8.random(in: 0...4, using: &random) != 0
        }
        building.crashes = { _ in UInt8.random(in: 0...3, using: &random) == 0 }
        let unit = try building.newUnit("lamp-1")
        let invitation = try building.invite("lamp-1", roles: .responder)
        var attempts = 0
        while unit.store.state.membership == nil, attempts < 100 {
            attempts += 1
            if !unit.isRunning { try building.restart(unit) }
            building.act(unit) {
                $0.join(invitation, wallClock: building.wallClock, at: $1, random: &$2, effects: &$3)
            }
            building.run(for: .seconds(200))
        }
        let membership = try #require(unit.store.state.membership)
        let member = try #require(building.manager.state.groups["lights"]?.members["lamp-1"])
        #expect(member.senderID == membership.senderID)
        #expect(attempts < 100)
    }
}
