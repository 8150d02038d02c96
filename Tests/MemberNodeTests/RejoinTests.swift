import ACEGroupcomm
import BuildingAutomation
import CoAPEngine
import MemberNode
import TestSupport
import Testing

/// A node that leaves and joins again under the same Gid, with the same keys of the others.
struct RejoinTests {
    @Test(.requirement("GOSC-0088"), arguments: [false, true])
    func whatWasHeardBeforeLeavingIsNotDoneAgain(restarts: Bool) throws {
        let building = try Building(seed: 71)
        let hub = try building.add("switch", roles: .requester)
        let unit = try building.newUnit("lamp-1")
        let invitation = try building.invite("lamp-1", roles: .responder)
        try building.join(unit, invitation: invitation)
        building.run()
        building.command(hub, "on")
        building.run()
        let recorded = try #require(building.lastGroupDatagram)
        building.command(hub, "off")
        building.run()
        try #require(!unit.lamp.isOn)
        building.act(unit) { $0.leave(at: $1, random: &$2, effects: &$3) }
        building.run()
        try #require(unit.left == [.commanded])
        if restarts { try building.restart(unit) }
        try building.join(unit, invitation: invitation)
        building.run(for: .seconds(600))
        let handled = unit.handled.count
        building.inject(recorded.datagram, from: recorded.from)
        building.run()
        #expect(!unit.lamp.isOn, "a recorded request was done a second time")
        #expect(unit.handled.count == handled)
        // What is new is heard all the same.
        building.command(hub, "on")
        building.run()
        #expect(unit.lamp.isOn)
    }
}
