import ACEGroupcomm
import BuildingAutomation
import CoAP
import GroupManager
import MemberNode
import TestSupport
import Testing

/// Members that run on while their manager is restored from a backup.
struct RestoredManagerTests {
    @Test(.requirement("GM-0396")) func aSwitchThatRunsOnFindsTheKeysOfARestoredManager() throws {
        let building = try Building(seed: 1_601)
        let hub = try building.add("switch", roles: .requester)
        let lamp = try building.add("lamp", roles: .responder)
        for unit in [hub, lamp] { try building.restart(unit, wallClock: building.wallClock) }
        building.run()
        let backup = building.manager.state.snapshot
        building.live(days: 5)
        try building.restoreManager(to: backup)
        // The lamp asks as soon as it runs; the switch has no reason to.
        try building.restart(lamp, wallClock: building.wallClock)
        building.run()
        let version = building.manager.state.groups["lights"]?.record.version
        #expect(lamp.engine.snapshot.membership?.version == version)
        #expect(hub.engine.snapshot.membership?.version != version)
        // Nobody answers, so it asks who is there, and hears that it is not known any more.
        building.command(hub, "on")
        building.run()
        #expect(hub.engine.snapshot.membership?.version == version)
        building.command(hub, "off")
        building.run()
        #expect(hub.completed.last?.missing == [] && hub.completed.last?.answered == 1)
    }
}
