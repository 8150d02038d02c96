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

    @Test(.requirement("GOSC-0185", "GOSC-0224")) func oneCommandReachesEveryLampAndEveryAnswerIsVerified() throws {
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

    @Test(.requirement("GOSC-0166", "COAP-0135", "COAP-0246")) func aReplayedDatagramDoesNotReachTheHandler() throws {
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

    /// A repeat is a request of its own to the members: the same ciphertext again would be a replay.
    @Test(.requirement("COAP-0101")) func aRepeatedCommandIsProtectedAnew() throws {
        let (building, hub, lamps) = try building()
        var sent: [(messageID: UInt16, partialIV: UInt64, payload: [UInt8])] = []
        for _ in 0..<3 {
            building.command(hub, "on")
            let bytes = try #require(building.lastGroupDatagram).datagram.bytes
            let (header, offset) = try DatagramCodec.decode(bytes.span)
            let message = try ProtectedMessage(bytes.span.extracting(droppingFirst: offset))
            let value = message.option.partialIV?.value
            let partialIV = try #require(value)
            sent.append((header.messageID.rawValue, partialIV, [UInt8](copying: message.payload)))
            building.run()
        }
        #expect(sent.map(\.partialIV) == (0..<3).map { sent[0].partialIV + $0 })
        #expect(Set(sent.map(\.messageID)).count == 3)
        #expect(Set(sent.map(\.payload)).count == 3)
        #expect(lamps.allSatisfy { $0.engine.counters.handlerCalls == 3 && $0.engine.counters.replays == 0 })
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

    @Test(.requirement("GOSC-0043", "GOSC-0198")) func aMemberThatJoinedLaterIsLookedUpAndItsMessageNotLost() throws {
        let (building, hub, lamps) = try building()
        _ = hub
        let late = try building.add("late-switch", roles: .requester)
        building.command(late, "on")
        building.run()
        #expect(lamps.allSatisfy { $0.lamp.isOn })
        #expect(late.completed.last?.answered == 3)
    }

    @Test(.requirement("GM-0120")) func aMemberWithoutTheRoleIsNotHeard() throws {
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

    /// Whoever knows the next Message IDs of a switch and forges its address must not have its requests taken for
    /// duplicates.
    @Test func announcedMessageIDsDoNotSilenceASwitch() throws {
        let (building, hub, lamps) = try building()
        building.command(hub, "off")
        building.run()
        let last = try #require(building.lastGroupDatagram).datagram
        let messageID = UInt16(last.bytes[2]) << 8 | UInt16(last.bytes[3])
        for offset in UInt16(1)...64 {
            let next = messageID &+ offset
            let forged = OutgoingDatagram(
                bytes: [0x50, 0x02, UInt8(next >> 8), UInt8(next & 0xff)], destination: last.destination)
            building.inject(forged, from: hub.address)
        }
        building.run(for: .seconds(1))
        building.command(hub, "on")
        building.run()
        #expect(lamps.allSatisfy { $0.lamp.isOn })
        #expect(hub.completed.last?.answered == 3)
    }

    /// Forged datagrams with a sender that nobody knows: the manager is asked, and ever more rarely.
    @Test func strangersDoNotHaveTheManagerQuestionedForEver() throws {
        let (building, hub, lamps) = try building()
        building.command(hub, "off")
        building.run()
        let destination = try #require(building.lastGroupDatagram).datagram.destination
        let genuine = try #require(building.lastGroupDatagram).datagram.bytes
        let (header, offset) = try DatagramCodec.decode(genuine.span)
        let body = genuine.span.extracting(droppingFirst: offset)
        let message = try Message(code: header.code, body: body)
        building.wire.removeAll()
        let forge = { (number: Int) in
            var options = Options()
            var value = try #require(message.options.oscore)
            value[value.count - 1] = UInt8(0x40 + number % 64)
            options.oscore = value
            var bytes: [UInt8] = []
            let forged = Message(code: header.code, options: options, payload: message.payload).body
            DatagramCodec.encode(
                DatagramHeader(
                    type: .nonConfirmable, code: header.code, messageID: MessageID(rawValue: UInt16(number)),
                    token: header.token), body: forged.span, into: &bytes)
            building.inject(
                OutgoingDatagram(bytes: bytes, destination: destination),
                from: SocketAddress(IPv6Address(high: 0xfd00_0000_0000_0000, low: 99), port: 4000))
            building.run(for: .milliseconds(100))
        }
        for number in 0..<600 { try forge(number) }
        // A minute of forgeries, ten a second: each lamp asks after 0, 2, 4, 8, 16 and 30 seconds of rest.
        for lamp in lamps {
            let questions = building.wire.count {
                $0.from == lamp.address && $0.datagram.destination == building.managerAddress
            }
            #expect((1...7).contains(questions), "\(lamp.name) asked \(questions) times")
        }
        // Whoever has really joined meanwhile is heard, though the forgeries go on: the question that one of them causes
        // brings everybody who is new.
        let late = try building.add("late-switch", roles: .requester)
        for number in 600..<1000 { try forge(number) }
        building.command(late, "on")
        building.run()
        #expect(lamps.allSatisfy { $0.lamp.isOn })
    }

    /// An answer without protection is a hint at best: the join goes on until the genuine answer comes.
    @Test(.requirement("OSC-0111")) func aForgedRefusalDoesNotEndAJoin() throws {
        let building = try Building(seed: 4)
        let unit = try Building.Unit(
            name: "lamp-1", address: SocketAddress(IPv6Address(high: 0xfd00_0000_0000_0000, low: 70), port: 5683))
        building.units.append(unit)
        let invitation = try building.invite("lamp-1", roles: .responder)
        var forgeries = 0
        building.delivers = { sent in
            guard sent.datagram.destination == building.managerAddress, forgeries < 1 else { return true }
            // In place of the first request a forged 4.01 comes back.
            forgeries += 1
            let bytes = sent.datagram.bytes
            let tokenLength = Int(bytes[0] & 0x0f)
            let refusal = [0x60 | UInt8(tokenLength), 0x81] + Array(bytes[2..<(4 + tokenLength)])
            building.inject(
                OutgoingDatagram(bytes: refusal, destination: unit.address), from: building.managerAddress)
            // An acknowledgement and a reset: four bytes each, and no Token needed.
            for type in [UInt8(0x60), 0x70] {
                building.inject(
                    OutgoingDatagram(bytes: [type, 0, bytes[2], bytes[3]], destination: unit.address),
                    from: building.managerAddress)
            }
            return false
        }
        building.hintPatience = .seconds(20)
        try building.join(unit, invitation: invitation)
        #expect(forgeries == 1)
        #expect(unit.joined != nil)
    }

    /// Another process writes the state of a node: whoever it is may use the same keys.
    @Test func aNodeWhoseStateIsNotItsOwnFallsSilent() throws {
        let (building, hub, lamps) = try building()
        lamps[0].store.isTakenOver = true
        building.command(hub, "on")
        building.run()
        #expect(!lamps[0].lamp.isOn)
        lamps[0].store.isTakenOver = false
        building.command(hub, "on")
        building.run()
        #expect(!lamps[0].lamp.isOn)
        #expect(lamps[1].lamp.isOn)
    }

    /// A message that waits for an answer of the manager must not keep a silenced node busy with a moment in the past.
    @Test func aSilencedNodeWaitsForNothing() throws {
        let (building, hub, lamps) = try building()
        building.command(hub, "off")
        building.run()
        let datagram = try #require(building.lastGroupDatagram).datagram
        let (header, offset) = try DatagramCodec.decode(datagram.bytes.span)
        let message = try Message(code: header.code, body: datagram.bytes.span.extracting(droppingFirst: offset))
        var options = Options()
        var value = try #require(message.options.oscore)
        value[value.count - 1] = 0x7f
        options.oscore = value
        let body = Message(code: header.code, options: options, payload: message.payload).body
        var forged: [UInt8] = []
        DatagramCodec.encode(header, body: body.span, into: &forged)

        let lamp = lamps[0]
        building.inject(OutgoingDatagram(bytes: forged, destination: datagram.destination), from: hub.address)
        building.deliverTransit()
        let waits = try #require(lamp.engine.nextDeadline)
        lamp.store.isTakenOver = true
        building.command(hub, "on")
        building.deliverTransit()
        let later = max(waits, building.now).advanced(by: .seconds(1))
        var effects: [NodeEffect] = []
        lamp.engine.handleTimers(at: later, random: &building.random, effects: &effects)
        building.perform(effects, of: lamp)
        if let next = lamp.engine.nextDeadline { #expect(next > later) }
        #expect(lamp.engine.counters.rejected[.unknownSender] == 1)
    }

    @Test func aCriticalOptionThatIsNotUnderstoodIsNotIgnored() throws {
        let (building, hub, lamps) = try building()
        var options = Options()
        options.uriPath = ["light"]
        options.append(.ifNoneMatch, [])
        building.command(hub, Message(code: .put, options: options, payload: Array("on".utf8)))
        building.run()
        #expect(lamps.allSatisfy { !$0.lamp.isOn })
        #expect(lamps.allSatisfy { $0.handled.last?.code == .badOption })
    }
}
