import ACEGroupcomm
import BuildingAutomation
import CoAP
import CoAPEngine
import MemberNode
import TestSupport
import Testing

/// A member whose state has lost something.
struct IncompleteStateTests {
    /// It does not go on with what is left: it is invited again, and speaks as somebody else.
    @Test(.requirement("GOSC-0083")) func whoHasLostPartOfItsStateJoinsAnewBeforeItSpeaks() throws {
        let building = try Building(seed: 1_601)
        let hub = try building.add("switch", roles: .requester)
        let lamp = try building.add("lamp", roles: .responder)
        building.run()
        building.command(hub, "on")
        building.run()
        let former = try #require(lamp.store.state.membership)
        var torn = lamp.store.state
        #expect(!torn.windows.isEmpty && torn.membership?.reservedEnd ?? 0 > 0)
        torn.peers = []
        #expect(throws: NodeStateError.window) { try NodeEngine(state: torn) }
        torn = lamp.store.state
        torn.identity = nil
        #expect(throws: NodeStateError.membership) { try NodeEngine(state: torn) }
        lamp.isRunning = false
        // What it says before it has joined is nothing that the group takes.
        let again = try building.newUnit("lamp-again")
        building.command(again, "off")
        #expect(again.failed == [.notJoined])
        try building.join(again, invitation: building.invite("lamp-again", roles: .responder))
        building.run()
        let membership = try #require(again.store.state.membership)
        #expect(membership.groupID != former.groupID || membership.senderID != former.senderID)
        building.command(hub, "on")
        building.run()
        #expect(again.lamp.isOn && hub.completed.last?.answered == 1)
    }
}
