import ACEGroupcomm
import BuildingAutomation
import Bytes
import CoAP
import CoAPEngine
import MemberNode
import OSCORE
import TestSupport
import Testing

/// Messages that wait while new keys are being made durable, and strangers who take their room.
struct EarlyMessageTests {
    enum Flood: CaseIterable {
        /// One address that repeats what the switch has said.
        case oneAddress
        /// Many addresses, none of which claims to be a member.
        case nobody
        /// Many addresses that claim to be another member.
        case otherMember
    }

    @Test(.requirement("GOSC-0105"), arguments: Flood.allCases)
    func strangersDoNotKeepOutWhoIsAMember(flood: Flood) throws {
        let bench = try Bench(seed: 431)
        let hub = try bench.add("switch", roles: .requester)
        try bench.add("other", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.command(hub, "off")
        bench.run(for: .seconds(5))
        let recorded = try #require(bench.wire.last { $0.datagram.destination.address.isMulticast }).datagram
        bench.manager.rekey()
        bench.holds = { $0.writes.contains { if case .renewKeys = $0 { true } else { false } } }
        bench.bring(to: [lamp])
        // Nobody hears of new keys and says the same again.
        bench.delivers = { [manager = bench.manager.address] in $0.from != manager }
        for number in 0..<64 {
            var datagram = recorded
            datagram.bytes[2] = UInt8(number)
            datagram.bytes[3] ^= 0xff
            // The Sender ID is behind the Gid.
            let groupID = try #require(datagram.bytes.firstRange(of: [3, 0xb1, 0, 0]))
            switch flood {
            case .oneAddress: break
            case .nobody: datagram.bytes[groupID.upperBound] = 0x70 + UInt8(number % 8)
            case .otherMember: datagram.bytes[groupID.upperBound] = 2
            }
            let low: UInt64 = flood == .oneAddress ? 0x999 : 0x1000 + UInt64(number)
            bench.inject(
                datagram, from: SocketAddress(IPv6Address(high: 0xfd00_0000_0000_0000, low: low), port: 5683))
        }
        bench.run(for: .milliseconds(100))
        bench.command(hub, "on")
        bench.run(for: .milliseconds(100))
        #expect(lamp.engine.counters.heldOverflow == 64 - 32 + 1)
        bench.holds = { _ in false }
        bench.release()
        bench.run(for: .seconds(5))
        #expect(lamp.lamp.isOn)
    }

    /// Who has taken a place in the name of each member has no better right to them than whoever comes then.
    @Test func aPlaceForEachMemberKeepsNobodyOut() throws {
        let bench = try Bench(seed: 432)
        bench.configuration.maximumHeldMessages = 2
        let hub = try bench.add("switch", roles: .requester)
        try bench.add("other", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        try saveKeysSlowly(bench, lamp, hub)
        for senderID in 1...2 as ClosedRange<UInt8> { try forge(bench, hub, senderID, number: senderID) }
        bench.run(for: .milliseconds(100))
        bench.command(hub, "on")
        bench.run(for: .milliseconds(100))
        #expect(lamp.engine.counters.heldOverflow == 1)
        bench.holds = { _ in false }
        bench.release()
        bench.run(for: .seconds(5))
        #expect(lamp.lamp.isOn)
    }

    /// Whoever floods in one name throws out what came in that name, and nobody else.
    @Test func aFloodInOneNameTakesNobodyElsesPlace() throws {
        let bench = try Bench(seed: 433)
        bench.configuration.maximumHeldMessages = 4
        let hub = try bench.add("switch", roles: .requester)
        try bench.add("other", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        try saveKeysSlowly(bench, lamp, hub)
        bench.command(hub, "on")
        bench.run(for: .milliseconds(100))
        for number in 0..<64 as Range<UInt8> { try forge(bench, hub, 2, number: number) }
        bench.run(for: .milliseconds(100))
        #expect(lamp.engine.counters.heldOverflow == 1 + 64 - 4)
        bench.holds = { _ in false }
        bench.release()
        bench.run(for: .seconds(5))
        #expect(lamp.lamp.isOn)
    }

    /// The switch has said something, and the lamp is storing new keys that nobody else has.
    private func saveKeysSlowly(_ bench: Bench, _ lamp: Bench.Unit, _ hub: Bench.Unit) throws {
        bench.command(hub, "off")
        bench.run(for: .seconds(5))
        bench.manager.rekey()
        bench.holds = { $0.writes.contains { if case .renewKeys = $0 { true } else { false } } }
        bench.bring(to: [lamp])
        bench.delivers = { [manager = bench.manager.address] in $0.from != manager }
    }

    /// What the switch has said, in the name of a member, from an address of its own.
    private func forge(_ bench: Bench, _ hub: Bench.Unit, _ senderID: UInt8, number: UInt8) throws {
        let recorded = try #require(
            bench.wire.first { $0.from == hub.address && $0.datagram.destination.address.isMulticast })
        var datagram = recorded.datagram
        datagram.bytes[2] = number
        datagram.bytes[3] ^= 0xff
        let groupID = try #require(datagram.bytes.firstRange(of: [3, 0xb1, 0, 0]))
        datagram.bytes[groupID.upperBound] = senderID
        let address = IPv6Address(high: 0xfd00_0000_0000_0000, low: 0x1000 + UInt64(number))
        bench.inject(datagram, from: SocketAddress(address, port: 5683))
    }
}
