import ACEGroupcomm
import BuildingAutomation
import Bytes
import CoAP
import CoAPEngine
import MemberNode
import OSCORE
import TestSupport
import Testing

/// Who a sender is, and what that permits: keys and roles say it, addresses and mere membership do not.
struct IdentityTests {
    private let building: Building
    private let hub: Building.Unit
    private let lamp: Building.Unit
    private let elsewhere = SocketAddress(IPv6Address(high: 0xfd00_0000_0000_0000, low: 99), port: 4000)

    init() throws {
        building = try Building(seed: 12)
        hub = try building.add("switch", roles: .requester)
        lamp = try building.add("lamp-1", roles: .responder)
        building.run()
        building.command(hub, "off")
        building.run()
    }

    /// The same kid from two addresses is one member, and no other address becomes it.
    @Test(.requirement("COAP-0268")) func theSourceAddressIsNoIdentity() throws {
        // What the switch sends comes from somewhere else on its way.
        building.delivers = { [building, hub, elsewhere] sent in
            guard sent.from == hub.address, sent.datagram.destination.address.isMulticast else { return true }
            building.inject(sent.datagram, from: elsewhere)
            return false
        }
        building.command(hub, "on")
        building.run()
        #expect(lamp.lamp.isOn)
        #expect(lamp.handled.count == 2)
        #expect(Set(lamp.handled.map(\.sender)).count == 1)
        #expect(lamp.handled.allSatisfy { $0.senderName == "switch" })
        #expect(lamp.engine.snapshot.peers.count { $0.name == "switch" } == 1)
        // Nor does the address of a member speak for it.
        building.inject(try unprotected("off"), from: hub.address)
        building.run()
        #expect(lamp.lamp.isOn)
    }

    /// Whoever has the keys of the group is genuine; what it may do is another question.
    @Test(.requirement("COAP-0122")) func membershipAloneOpensNoResource() throws {
        // The lamp has learned that the switch is no requester; the switch does not know.
        var state = lamp.store.state
        let index = try #require(state.peers.firstIndex { $0.name == "switch" })
        state.peers[index].roles = .responder
        try building.restart(lamp, state: state)
        building.wire.removeAll()
        building.command(hub, "on")
        building.run()
        #expect(!lamp.lamp.isOn)
        #expect(lamp.engine.counters.handlerCalls == 0)
        #expect(lamp.engine.counters.rejected[.role] == 1)
        #expect(
            !building.wire.contains {
                $0.from == lamp.address && $0.datagram.destination != building.managerAddress
            })
    }

    @Test(.requirement("COAP-0133", "COAP-0272")) func anUnprotectedCommandIsMetWithSilence() throws {
        building.wire.removeAll()
        for source in [hub.address, elsewhere] {
            building.inject(try unprotected("on"), from: source)
            building.run()
        }
        #expect(!lamp.lamp.isOn)
        #expect(lamp.engine.counters.handlerCalls == 1)
        #expect(lamp.engine.counters.rejected[.notProtected] == 2)
        #expect(building.wire.isEmpty)
        building.command(hub, "on")
        building.run()
        #expect(lamp.lamp.isOn)
        #expect(hub.completed.last?.answered == 1)
    }

    /// `PUT /light` to the group, as anybody can send it.
    private func unprotected(_ text: String) throws -> OutgoingDatagram {
        var options = Options()
        options.uriPath = ["light"]
        let body = Message(code: .put, options: options, payload: Array(text.utf8)).body
        let header = DatagramHeader(
            type: .nonConfirmable, code: .put, messageID: MessageID(rawValue: 0x7001), token: Token(UInt64(7)))
        var bytes: [UInt8] = []
        DatagramCodec.encode(header, body: body.span, into: &bytes)
        let network = try #require(lamp.engine.snapshot.membership?.network)
        return OutgoingDatagram(
            bytes: bytes, destination: SocketAddress(network.groupAddress, port: network.port))
    }
}
