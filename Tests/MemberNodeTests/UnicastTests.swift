import ACEGroupcomm
import BuildingAutomation
import Bytes
import CoAP
import CoAPEngine
import GroupOSCORE
import MemberNode
import TestSupport
import Testing

struct UnicastTests {
    private func building() throws -> (Building, hub: Building.Unit, lamps: [Building.Unit]) {
        let building = try Building(seed: 5)
        let hub = try building.add("switch", roles: .requester)
        let lamps = try (1...2).map { try building.add("lamp-\($0)", roles: .responder) }
        return (building, hub, lamps)
    }

    @Test(.requirement("GOSC-0187"))
    func aConfirmableAnswerToAGroupRequestIsAcknowledgedAndAccepted() throws {
        let (building, hub, _) = try building()
        let nonConfirmable: UInt8 = 0x10
        building.wire.removeAll()
        building.delivers = { [unowned building] sent in
            // What goes to the switch is made Confirmable on its way.
            guard sent.datagram.destination == hub.address, sent.from != building.managerAddress,
                sent.datagram.bytes[0] & 0x30 == nonConfirmable
            else { return true }
            var confirmable = sent.datagram
            confirmable.bytes[0] &= ~0x30
            building.inject(confirmable, from: sent.from)
            return false
        }
        building.command(hub, "on")
        building.run()
        let request = try #require(building.lastGroupDatagram).datagram
        #expect(request.bytes[0] & 0x30 == nonConfirmable)
        #expect(hub.completed.last?.answered == 2)
        let acknowledgements = building.wire.filter {
            $0.from == hub.address && $0.datagram.bytes[0] & 0x30 == 0x20 && $0.datagram.bytes[1] == 0
        }
        #expect(acknowledgements.count == 2)
    }

    /// A command that an attacker sends on to one lamp alone.
    @Test(.requirement("GOSC-0349"), arguments: [UnicastGroupRequestPolicy.accept, .safeMethodsOnly])
    func aGroupRequestByUnicastIsJudgedByThePolicy(policy: UnicastGroupRequestPolicy) throws {
        let (building, hub, lamps) = try building()
        var configuration = NodeConfiguration()
        configuration.unicastGroupRequests = policy
        try building.restart(lamps[0], configuration: configuration)
        building.delivers = { !$0.datagram.destination.address.isMulticast }
        building.command(hub, "on")
        var datagram = try #require(building.lastGroupDatagram).datagram
        datagram.destination = lamps[0].address
        building.inject(datagram, from: hub.address)
        building.run()
        #expect(lamps[0].lamp.isOn == (policy == .accept))
        #expect(lamps[0].engine.counters.handlerCalls == (policy == .accept ? 1 : 0))
        // The refusal is protected: the switch reads it.
        #expect(hub.responses.last?.message.code == (policy == .accept ? .changed : .forbidden))
    }
}
