import ACEGroupcomm
import BuildingAutomation
import Bytes
import CoAP
import CoAPEngine
import CryptoPrimitives
import MemberNode
import OSCORE
import TestSupport
import Testing

struct BuildingTests {
    /// One switch, three lamps, all joined; the lamps came after the switch.
    private func building(seed: UInt64 = 1) throws -> (Building, hub: Building.Unit, lamps: [Building.Unit]) {
        let building = try Building(seed: seed)
        let hub = try building.add("switch", roles: .requester)
        let lamps = try (1...3).map { try building.add("lamp-\($0)", roles: .responder) }
        building.run()
        return (building, hub, lamps)
    }

    @Test func oneCommandReachesEveryLampAndEveryAnswerIsVerified() throws {
        let (building, hub, lamps) = try building()
        // The lamps joined behind the switch, which does not know them yet and asks the manager beside its request.
        building.wire.removeAll()
        building.command(hub, "on")
        building.run()
        let summary = try #require(hub.completed.last)
        #expect(summary.answered == 3)
        #expect(summary.datagramsSent == 1)
        #expect(Set(hub.responses.compactMap(\.name)) == ["lamp-1", "lamp-2", "lamp-3"])
        #expect(hub.responses.allSatisfy { $0.message.code == .changed && $0.message.payload == Array("on".utf8) })
        for lamp in lamps {
            #expect(lamp.lamp.isOn)
            #expect(lamp.engine.counters.handlerCalls == 1)
            #expect(lamp.handled.first?.destination.isMulticast == true)
            #expect(lamp.handled.first?.senderName == "switch")
        }
        #expect(building.wire.count { $0.datagram.destination.address.isMulticast } == 1)
    }

    @Test func nothingOfTheRequestIsReadableOnTheWire() throws {
        let (building, hub, _) = try building()
        building.command(hub, "on")
        let bytes = try #require(building.lastGroupDatagram).datagram.bytes
        #expect(!String(decoding: bytes, as: UTF8.self).contains("light"))
    }

    @Test(.requirement("GOSC-0166")) func aReplayedDatagramDoesNotReachTheHandler() throws {
        let (building, hub, lamps) = try building()
        building.command(hub, "on")
        let recorded = try #require(building.lastGroupDatagram)
        building.run()
        for _ in 0..<40 {
            building.command(hub, "off")
            building.run()
        }
        let before = lamps.map(\.engine.counters)
        // A fresh Message ID and Token, so that nothing but the replay window can notice.
        var datagram = recorded.datagram
        datagram.bytes[2] ^= 0x55
        datagram.bytes[3] ^= 0x55
        datagram.bytes[4] ^= 0x55
        building.inject(datagram, from: SocketAddress(IPv6Address(high: 0xfd00_0000_0000_0000, low: 99), port: 4000))
        building.wire.removeAll()
        building.run()
        for (lamp, before) in zip(lamps, before) {
            #expect(lamp.engine.counters.replays == before.replays + 1)
            #expect(lamp.engine.counters.handlerCalls == before.handlerCalls)
            #expect(!lamp.lamp.isOn)
        }
        #expect(building.wire.isEmpty)
        building.command(hub, "on")
        building.run()
        #expect(lamps.allSatisfy { $0.lamp.isOn })
    }

    @Test(.requirement("GOSC-0189")) func garbageIsMetWithSilence() throws {
        let (building, hub, lamps) = try building()
        building.command(hub, "on")
        let genuine = try #require(building.lastGroupDatagram).datagram
        building.run()
        building.wire.removeAll()
        let stranger = SocketAddress(IPv6Address(high: 0xfd00_0000_0000_0000, low: 99), port: 4000)
        for length in 0..<genuine.bytes.count {
            var datagram = genuine
            datagram.bytes = Array(genuine.bytes.prefix(length))
            building.inject(datagram, from: stranger)
            datagram.bytes = building.random.bytes(length)
            building.inject(datagram, from: stranger)
        }
        building.run()
        #expect(building.wire.filter { $0.datagram.destination == stranger }.isEmpty)
        #expect(lamps.allSatisfy { $0.engine.counters.handlerCalls == 1 })
        building.command(hub, "off")
        building.run()
        #expect(hub.completed.last?.answered == 3)
    }

    @Test func aHandlerDoesNotRunWhenItsMarkIsNotDurable() throws {
        let (building, hub, lamps) = try building()
        building.command(hub, "off")
        building.run()
        lamps[0].store.failsNext = true
        building.command(hub, "on")
        building.run()
        #expect(!lamps[0].lamp.isOn)
        #expect(lamps[0].engine.counters.commitFailures == 1)
        #expect(hub.completed.last?.missing == ["lamp-1"])
        #expect(lamps[1].lamp.isOn)
        building.command(hub, "on")
        building.run()
        #expect(lamps[0].lamp.isOn)
    }

    @Test func aMemberThatJoinedLaterIsLookedUpAndItsMessageNotLost() throws {
        let (building, hub, lamps) = try building()
        _ = hub
        let late = try building.add("late-switch", roles: .requester)
        building.command(late, "on")
        building.run()
        #expect(lamps.allSatisfy { $0.lamp.isOn })
        #expect(late.completed.last?.answered == 3)
    }

    @Test(.requirement("GM-0151")) func aMemberWithoutTheRoleIsNotHeard() throws {
        let (building, _, lamps) = try building()
        building.command(lamps[0], "on")
        building.run()
        #expect(lamps[0].failed == [.notRequester])
        #expect(lamps.allSatisfy { !$0.lamp.isOn })
    }

    @Test func aDeadlineBelowLeisureIsRefusedWithBothFigures() throws {
        let (building, hub, _) = try building()
        building.command(hub, "off")
        building.run()
        building.command(hub, "on", deadline: .milliseconds(100))
        guard case .deadlineTooShort(let deadline, let leisure, let roundTrip)? = hub.failed.last else {
            Issue.record("another failure: \(hub.failed)")
            return
        }
        #expect(deadline == .milliseconds(100))
        // Three responders, 150 bytes each, at 125,000 bytes a second.
        #expect(leisure == .microseconds(3600))
        #expect(roundTrip == .milliseconds(250))
    }

    @Test func anInvitationWorksOnceAndARepeatedJoinIsTheSameJoin() throws {
        let building = try Building(seed: 9)
        let unit = try building.add("lamp-1", roles: .responder)
        let first = try #require(unit.joined)
        // The node lost its answer: it has its keys, but no membership.
        let other = try Building.Unit(
            name: "thief", address: SocketAddress(IPv6Address(high: 0xfd00_0000_0000_0000, low: 77), port: 5683))
        building.units.append(other)
        let invitation = try building.invite("lamp-2", roles: .responder)
        try building.join(other, invitation: invitation)
        #expect(other.joined != nil)
        let second = try Building.Unit(
            name: "second", address: SocketAddress(IPv6Address(high: 0xfd00_0000_0000_0000, low: 78), port: 5683))
        building.units.append(second)
        try building.join(second, invitation: invitation)
        #expect(second.joined == nil)
        #expect(second.joinFailure != nil)
        #expect(first.senderID != other.joined?.senderID)
    }
}
