import ACEGroupcomm
import BuildingAutomation
import Bytes
import CoAP
import CoAPEngine
import MemberNode
import TestSupport
import Testing

/// Commands to a group that follow each other quickly, or that nobody answers.
struct TurnTests {
    private func building() throws -> (Building, hub: Building.Unit, lamps: [Building.Unit]) {
        let building = try Building(seed: 5)
        let hub = try building.add("switch", roles: .requester)
        let lamps = try (1...3).map { try building.add("lamp-\($0)", roles: .responder) }
        building.run()
        // The first request reads the roster.
        building.command(hub, "off")
        building.run()
        hub.completed.removeAll()
        hub.responses.removeAll()
        building.wire.removeAll()
        return (building, hub, lamps)
    }

    private func groupDatagrams(_ building: Building) -> Int {
        building.wire.count { $0.datagram.destination.address.isMulticast }
    }

    @Test(.requirement("COAP-0256", "COAP-0257"))
    func aSecondCommandWaitsForTheAnswersToTheFirstAndItsLatencyDoesNotCountThat() throws {
        let (building, hub, lamps) = try building()
        // One lamp is off: the first command stays outstanding for Leisure and round trip.
        lamps[2].isRunning = false
        building.command(hub, "on")
        building.command(hub, "off")
        #expect(groupDatagrams(building) == 1)
        building.run()
        #expect(groupDatagrams(building) == 2)
        #expect(lamps[0].handled.map(\.code).suffix(2) == [.changed, .changed])
        #expect(!lamps[0].lamp.isOn)
        #expect(hub.completed.map(\.answered) == [2, 2])
        #expect(hub.completed.map(\.datagramsSent) == [1, 1])
        #expect(hub.completed.allSatisfy { $0.datagramLength > 100 })
        #expect(hub.responses.count == 4)
        #expect(hub.responses.allSatisfy { $0.latency < .milliseconds(20) })
    }

    @Test(.requirement("COAP-0258", "COAP-0263"))
    func aSwitchWorksEverySecondThoughNobodyAnswers() throws {
        let (building, hub, lamps) = try building()
        building.delivers = { $0.datagram.destination.address.isMulticast }
        for round in 1...10 {
            building.command(hub, round.isMultiple(of: 2) ? "off" : "on")
            building.run(for: .seconds(1))
            #expect(groupDatagrams(building) == round)
            #expect(lamps.allSatisfy { $0.lamp.isOn != round.isMultiple(of: 2) })
        }
    }

    @Test(.requirement("COAP-0258", "COAP-0263"))
    func aSwitchThatHasJustJoinedWorksThoughNobodyAnswers() throws {
        let bench = try Bench(seed: 28)
        let hub = try bench.newUnit("switch")
        bench.join(hub, bench.manager.invite("switch", roles: .requester))
        bench.wire.removeAll()
        for _ in 0..<5 {
            bench.command(hub, "on")
            bench.run(for: .seconds(1))
        }
        #expect(bench.wire.count { $0.datagram.destination.address.isMulticast } == 5)
    }

    @Test(.requirement("COAP-0263"))
    func whoeverChoseAProbingRateKeepsIt() throws {
        let (building, hub, _) = try building()
        var configuration = NodeConfiguration()
        configuration.transmission = try TransmissionParameters(probingRate: 10, mayHurryMoreThanStandard: true)
        try building.restart(hub, configuration: configuration)
        building.run()
        building.delivers = { $0.datagram.destination.address.isMulticast }
        building.wire.removeAll()
        for _ in 0..<10 {
            building.command(hub, "on")
            building.run(for: .seconds(1))
        }
        // Over 100 bytes each.
        #expect(groupDatagrams(building) == 1)
    }
}
