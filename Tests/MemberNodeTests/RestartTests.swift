import ACEGroupcomm
import BuildingAutomation
import Bytes
import CoAP
import CoAPEngine
import MemberNode
import TestSupport
import Testing

struct RestartTests {
    /// Keys, credentials and windows come from the store: nobody joins again, nobody is challenged, and what was accepted
    /// before is a replay after.
    @Test(.requirement("GOSC-0080", "GOSC-0362"))
    func afterARestartTheGroupGoesOnAsIfNothingHadBeen() throws {
        let building = try Building(seed: 3)
        let hub = try building.add("switch", roles: .requester)
        let lamps = try (1...2).map { try building.add("lamp-\($0)", roles: .responder) }
        building.command(hub, "on")
        let recorded = try #require(building.lastGroupDatagram)
        building.run()
        #expect(hub.completed.last?.answered == 2)
        for unit in [hub] + lamps { try building.restart(unit) }
        // The manager is out of reach from here on.
        building.delivers = { [address = building.managerAddress] in $0.datagram.destination != address }
        building.wire.removeAll()
        // Another Message ID and Token, so that nothing but the window can notice.
        var replay = recorded.datagram
        for index in 2...4 { replay.bytes[index] ^= 0x55 }
        building.inject(replay, from: hub.address)
        building.deliverTransit()
        #expect(lamps.map(\.engine.counters.replays) == [1, 1])
        #expect(lamps.map(\.engine.counters.handlerCalls) == [0, 0])
        building.command(hub, "off")
        building.run()
        #expect(lamps.allSatisfy { !$0.lamp.isOn })
        #expect(hub.completed.last?.answered == 2)
        #expect(hub.responses.suffix(2).allSatisfy { $0.message.code == .changed })
        let toTheGroup = building.wire.filter { $0.datagram.destination.address.isMulticast }
        #expect(toTheGroup.count == 1)
    }
}
