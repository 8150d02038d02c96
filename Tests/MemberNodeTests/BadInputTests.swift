import ACEGroupcomm
import BuildingAutomation
import Bytes
import CoAP
import CoAPEngine
import MemberNode
import OSCORE
import TestSupport
import Testing

/// What reaches a lamp from the wire and is not a genuine request: counted by its reason, answered by nobody, and every
/// replay window is as it was.
struct BadInputTests {
    private struct Case: Sendable {
        let name: String
        let reason: VerificationFailure?
        let alter: @Sendable (inout Parts) -> Void
    }

    /// A group request, taken apart.
    private struct Parts {
        var header: DatagramHeader
        var option: [UInt8]
        var payload: [UInt8]

        init(_ datagram: [UInt8]) throws {
            let (header, offset) = try DatagramCodec.decode(datagram.span)
            let message = try Message(code: header.code, body: datagram.span.extracting(droppingFirst: offset))
            self.header = header
            self.option = try #require(message.options.oscore)
            self.payload = message.payload
        }

        var datagram: [UInt8] {
            var options = Options()
            options.oscore = option
            let body = Message(code: header.code, options: options, payload: payload).body
            var bytes: [UInt8] = []
            DatagramCodec.encode(header, body: body.span, into: &bytes)
            return bytes
        }
    }

    // The option value is flags, Partial IV (2), length of the Gid, Gid (5), kid (1).
    private static let cases = [
        Case(name: "reserved flag", reason: .malformed) { $0.option[0] |= 0x80 },
        Case(name: "no payload to verify", reason: .malformed) { $0.payload = Array($0.payload.prefix(20)) },
        Case(name: "unknown group", reason: .noContext) { $0.option[4] ^= 1 },
        Case(name: "unknown sender", reason: .unknownSender) { $0.option[9] ^= 0x40 },
        Case(name: "pairwise mode in a group without it", reason: .mode) { $0.option[0] ^= 0x20 },
        Case(name: "wrong signature", reason: .signature) { $0.payload[$0.payload.count - 1] ^= 1 },
        Case(name: "altered ciphertext", reason: .signature) { $0.payload[0] ^= 1 },
        Case(name: "another Partial IV", reason: .signature) { $0.option[2] ^= 0x40 },
        Case(name: "replay", reason: nil) { _ in },
    ]

    @Test(.requirement("GOSC-0145", "GOSC-0180", "GOSC-0188", "GOSC-0189", "GOSC-0199", "COAP-0134"))
    func eachIsCountedByReasonAnsweredByNobodyAndChangesNothing() throws {
        let building = try Building(seed: 5)
        let hub = try building.add("switch", roles: .requester)
        let lamp = try building.add("lamp-1", roles: .responder)
        building.run()
        // Beyond 255, so that the Partial IV has two bytes.
        for _ in 0..<3 {
            building.command(hub, "off")
            building.run()
        }
        let delivered = try #require(building.lastGroupDatagram).datagram
        // One that never arrives: its Partial IV is fresh, so that only what is altered can be the reason.
        building.delivers = { !$0.datagram.destination.address.isMulticast }
        building.command(hub, "on")
        building.run()
        building.delivers = { _ in true }
        let lost = try #require(building.lastGroupDatagram).datagram
        let stranger = SocketAddress(IPv6Address(high: 0xfd00_0000_0000_0000, low: 99), port: 4000)
        for (index, badCase) in Self.cases.enumerated() {
            let genuine = badCase.reason == nil ? delivered : lost
            var parts = try Parts(genuine.bytes)
            parts.header.messageID = MessageID(rawValue: UInt16(1000 + index))
            badCase.alter(&parts)
            let before = lamp.engine.snapshot
            let handled = lamp.handled.count
            building.wire.removeAll()
            building.inject(OutgoingDatagram(bytes: parts.datagram, destination: genuine.destination), from: stranger)
            building.run()
            let after = lamp.engine.snapshot
            #expect(after.peers == before.peers, "\(badCase.name)")
            #expect(lamp.handled.count == handled, "\(badCase.name)")
            #expect(after.nextSequenceNumber == before.nextSequenceNumber, "\(badCase.name)")
            #expect(!building.wire.contains { $0.datagram.destination == stranger }, "\(badCase.name)")
            if let reason = badCase.reason {
                let count = { (snapshot: NodeSnapshot) in snapshot.counters.rejected[reason] ?? 0 }
                #expect(count(after) == count(before) + 1, "\(badCase.name): \(after.counters.rejected)")
            } else {
                #expect(after.counters.replays == before.counters.replays + 1)
            }
        }
        building.command(hub, "on")
        building.run()
        #expect(lamp.lamp.isOn)
    }

    @Test func whatIsNoCoAPMessageIsCountedAsMalformed() throws {
        let building = try Building(seed: 6)
        let lamp = try building.add("lamp-1", roles: .responder)
        building.run()
        let group = try #require(lamp.engine.snapshot.membership?.network)
        building.wire.removeAll()
        let before = lamp.engine.snapshot.messageLayer.malformed
        let datagrams: [[UInt8]] = [[], [0x50], [0x59, 1, 0, 1], [0x50, 1, 0, 1, 0xff], [0x50, 1, 0, 1, 0xdd]]
        for bytes in datagrams {
            building.inject(
                OutgoingDatagram(bytes: bytes, destination: SocketAddress(group.groupAddress, port: group.port)),
                from: SocketAddress(IPv6Address(high: 0xfd00_0000_0000_0000, low: 99), port: 4000))
        }
        building.run(for: .seconds(1))
        #expect(lamp.engine.snapshot.messageLayer.malformed == before + UInt64(datagrams.count))
        #expect(building.wire.isEmpty)
    }
}
