import ACEGroupcomm
import BuildingAutomation
import CoAP
import CoAPEngine
import GroupManager
import MemberNode
import TestSupport
import Testing

/// A building in which Gids come again: real members are evicted as elders, and come back by themselves.
struct BuildingElderTests {
    private let building: Building
    private let hub: Building.Unit
    private var lamps: [Building.Unit] = []

    init() throws {
        var settings = ManagerSettings()
        settings.lastEpoch = 3
        building = try Building(seed: 1_421, settings: settings) { $0.reusesGroupIDs = true }
        hub = try building.add("switch", roles: .requester)
        // One an epoch.
        for number in 1...3 {
            lamps.append(try building.add("lamp-\(number)", roles: .responder))
            try rekey()
        }
    }

    private func rekey() throws {
        building.run(for: .seconds(20))
        try building.administer(.post, "gosc/groups/lights/rekey")
        building.run(for: .seconds(20))
    }

    private func expectAll(_ text: String) {
        building.command(hub, text)
        building.run()
        #expect(hub.completed.last?.missing == [])
        #expect(lamps.allSatisfy { $0.lamp.isOn == (text == "on") })
    }

    @Test(.requirement("GM-0386", "GM-0388", "GM-0389", "GOSC-0321", "GOSC-0324"))
    func nobodyIsLostForGood() throws {
        expectAll("on")
        for round in 1...9 {
            try rekey()
            expectAll(round.isMultiple(of: 2) ? "on" : "off")
        }
        for unit in [hub] + lamps {
            #expect(unit.left.count >= 2 && Set(unit.left) == [.unknownToManager], "\(unit.name): \(unit.left)")
            #expect(unit.engine.snapshot.membership?.version == 12)
        }
        #expect(building.manager.state.groups["lights"]?.members.count == 4)
    }

    /// It was dark when it was evicted, hears of it when it asks, and has its turn.
    @Test(.requirement("GM-0388", "GM-0389"))
    func aLampThatWasDarkComesBack() throws {
        let lamp = lamps[0]
        lamp.isRunning = false
        for _ in 0..<5 { try rekey() }
        #expect(building.manager.state.groups["lights"]?.members["lamp-1"] == nil)
        try building.restart(lamp)
        building.run(for: .seconds(60))
        #expect(lamp.left == [.unknownToManager])
        expectAll("on")
    }
}
