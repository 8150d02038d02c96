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

/// New keys from a real manager to real members, in one network.
struct BuildingRekeyingTests {
    private let building: Building
    private let hub: Building.Unit
    private let lamps: [Building.Unit]

    init() throws {
        building = try Building(seed: 1_401)
        hub = try building.add("switch", roles: .requester)
        let building = building
        lamps = try (1...3).map { try building.add("lamp-\($0)", roles: .responder) }
        building.run()
    }

    private func version(_ unit: Building.Unit) -> UInt64? { unit.engine.snapshot.membership?.version }

    private func expectAll(_ version: UInt64, _ text: String) throws {
        for unit in [hub] + lamps { #expect(self.version(unit) == version, "\(unit.name)") }
        building.command(hub, text)
        building.run()
        #expect(hub.completed.last?.missing == [])
        #expect(lamps.allSatisfy { $0.lamp.isOn == (text == "on") })
    }

    @Test(.requirement("GM-0304", "GM-0312", "GM-0315", "GM-0319", "GM-0334"))
    func everybodyIsToldAndGoesOn() throws {
        for round in 1...5 {
            try building.administer(.post, "gosc/groups/lights/rekey")
            building.run(for: .seconds(20))
            try expectAll(UInt64(round), round.isMultiple(of: 2) ? "off" : "on")
        }
        let group = try #require(building.manager.state.groups["lights"])
        #expect(group.members.values.allSatisfy { $0.keyVersion == 5 })
    }

    /// Fifty commands a second while the keys change: each is done by every lamp within a second, once.
    @Test(.requirement("GOSC-0111"))
    func plannedRekeyingsLoseNoCommand() throws {
        for lamp in lamps { lamp.handled = [] }
        var sent = 0
        for tick in 0..<1_500 {
            if tick.isMultiple(of: 600), tick > 0 { try building.administer(.post, "gosc/groups/lights/rekey") }
            let before = lamps.map(\.handled.count)
            building.command(hub, tick.isMultiple(of: 2) ? "on" : "off")
            sent += 1
            building.run(for: .milliseconds(20))
            _ = before
        }
        building.run(for: .seconds(60))
        #expect(building.manager.state.groups["lights"]?.record.version == 2)
        for unit in [hub] + lamps { #expect(version(unit) == 2) }
        for lamp in lamps { #expect(lamp.handled.count == sent, "\(lamp.name)") }
        #expect(hub.completed.count == sent && hub.failed.isEmpty)
    }

    @Test(.requirement("GM-0320", "GM-0346", "GM-0347", "GM-0354", "GOSC-0305", "GOSC-0338"))
    func whoeverIsEvictedReadsAndSpeaksNothing() throws {
        let thief = try building.add("thief", roles: [.requester, .responder])
        building.run()
        let version = try #require(self.version(hub))
        try building.administer(.delete, "gosc/groups/lights/members/thief")
        building.run(for: .seconds(20))
        #expect(thief.left == [.terminated])
        #expect(thief.store.state.membership == nil)
        try expectAll(version + 1, "on")
        let handled = lamps.map(\.handled.count)
        building.command(thief, "off")
        building.run()
        #expect(lamps.map(\.handled.count) == handled && lamps.allSatisfy(\.lamp.isOn))
    }

    /// It has not heard of its eviction, and goes on as before.
    @Test(.requirement("GM-0346", "GM-0320"))
    func aThiefThatHearsNothingIsHeardByNobody() throws {
        let thief = try building.add("thief", roles: [.requester, .responder])
        building.run()
        building.delivers = { [building] sent in
            sent.datagram.destination != thief.address || sent.from != building.managerAddress
        }
        try building.administer(.delete, "gosc/groups/lights/members/thief")
        building.run(for: .seconds(20))
        let handled = (lamps.map(\.handled.count), thief.handled.count)
        building.command(thief, "on")
        building.run()
        building.command(hub, "on")
        building.run()
        #expect(lamps.map(\.handled.count) == handled.0.map { $0 + 1 })
        #expect(thief.handled.count == handled.1)
        #expect(thief.responses.isEmpty || thief.completed.last?.answered == 0)
    }

    @Test(.requirement("GM-0319", "GM-0335"))
    func whoeverWasDarkCatchesUp() throws {
        let lamp = lamps[0]
        lamp.isRunning = false
        for _ in 0..<3 {
            try building.administer(.post, "gosc/groups/lights/rekey")
            building.run(for: .seconds(90))
        }
        #expect(building.manager.state.groups["lights"]?.members["lamp-1"]?.keyVersion == 0)
        try building.restart(lamp)
        building.run(for: .seconds(30))
        try expectAll(3, "on")
        #expect(building.manager.state.groups["lights"]?.members["lamp-1"]?.keyVersion == 3)
    }

    /// The manager dies at any moment of a rekeying, and comes back.
    @Test(.requirement("GM-0336", "GM-0329"), arguments: 0..<12)
    func aManagerThatDiesGoesOnBehindIt(datagrams: Int) throws {
        var count = 0
        building.delivers = { [building] sent in
            guard sent.from == building.managerAddress else { return true }
            count += 1
            return count <= datagrams
        }
        try building.administer(.post, "gosc/groups/lights/rekey")
        building.run(for: .milliseconds(500))
        try building.restartManager()
        building.delivers = { _ in true }
        building.run(for: .seconds(120))
        try expectAll(1, "on")
    }

    /// Members die at any commit of an installation, and come back.
    @Test(.requirement("GM-0336"), arguments: 1...4)
    func membersThatDieComeBackWithTheNewKeys(commit: Int) throws {
        var commits = 0
        building.crashes = { [lamps] unit in
            guard unit === lamps[0] else { return false }
            commits += 1
            return commits == commit
        }
        try building.administer(.post, "gosc/groups/lights/rekey")
        building.run(for: .seconds(5))
        building.crashes = { _ in false }
        if !lamps[0].isRunning { try building.restart(lamps[0]) }
        building.run(for: .seconds(120))
        try expectAll(1, "on")
    }
}
