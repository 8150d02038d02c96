import ACEGroupcomm
import BuildingAutomation
import CoAP
import CoAPEngine
import GroupManager
import MemberNode
import TestSupport
import Testing

/// Members of a real manager that live for longer than their tokens, which last for thirty days.
struct LongLifeTests {
    private let building: Building
    private let hub: Building.Unit
    private let lamp: Building.Unit

    init() throws {
        // Each check in between is an exchange more.
        building = try Building(
            seed: 1_501,
            group: {
                $0.policies = GroupPolicies(keyUpdateCheckInterval: 86_400)
            })
        hub = try building.add("switch", roles: .requester)
        lamp = try building.add("lamp", roles: .responder)
        for unit in [hub, lamp] { try building.restart(unit, wallClock: building.wallClock) }
        building.run()
    }

    private func expectToWork(_ text: String) {
        building.command(hub, text)
        building.run()
        #expect(lamp.lamp.isOn == (text == "on") && hub.completed.last?.missing == [])
    }

    /// How long the tokens last by which the manager knows its clients, in days.
    private var left: [UInt64] {
        building.manager.state.clients.values.map { ($0.expiry - min($0.expiry, building.wallClock.seconds)) / 86_400 }
    }

    @Test(.requirement("GM-0030", "GM-0349")) func aLampLivesForAHundredDays() throws {
        for day in 1...10 {
            building.live(days: 10)
            #expect(left.count == 2 && left.allSatisfy { $0 >= 1 }, "day \(day * 10): \(left)")
        }
        expectToWork("on")
        #expect(lamp.left.isEmpty && hub.left.isEmpty)
        for unit in [hub, lamp] {
            #expect(!unit.events.contains { if case .managerRefused = $0 { true } else { false } }, "\(unit.name)")
        }
    }

    /// The invitations are void from there on, and the token of before ends.
    @Test(.requirement("GM-0030", "GM-0396")) func aLampOfARestoredManagerOutlivesItsToken() throws {
        let backup = building.manager.state.snapshot
        building.live(days: 5)
        try building.restoreManager(to: backup)
        building.live(days: 1)
        for unit in [hub, lamp] { try building.restart(unit, wallClock: building.wallClock) }
        building.run()
        expectToWork("on")
        for _ in 1...10 {
            building.live(days: 10)
            #expect(left.count == 2 && left.allSatisfy { $0 >= 1 }, "\(left)")
        }
        #expect(building.manager.state.groups["lights"]?.members.count == 2)
        try building.administer(.post, "gosc/groups/lights/rekey")
        building.run(for: .seconds(60))
        expectToWork("off")
        #expect(lamp.left.isEmpty && hub.left.isEmpty)
    }
}
