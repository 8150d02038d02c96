import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import MemberNode
import OSCORE
import TestSupport
import Testing

struct CrashTests {
    /// Nodes crash behind random commits and at random moments, datagrams get lost and come twice: no (key, nonce) is
    /// used for two contents, no lamp acts twice on one request, and sequence numbers never go back.
    @Test(.requirement("OSC-0069", "OSC-0075", "GOSC-0081", "GOSC-0169"), arguments: UInt64(1)...8)
    func noNonceIsUsedTwiceHoweverNodesCrash(seed: UInt64) throws {
        let building = try Building(seed: seed)
        let hub = try building.add("switch", roles: [.requester, .responder])
        let lamps = try (1...2).map { try building.add("lamp-\($0)", roles: .responder) }
        building.run()
        var random = SeededGenerator(seed: seed &* 77)
        var crashes = 0
        var highest: UInt64 = 0
        building.delivers = { _ in UInt8.random(in: 0...9, using: &random) != 0 }
        building.crashes = { _ in
            guard UInt8.random(in: 0...5, using: &random) == 0 else { return false }
            crashes += 1
            return true
        }
        while crashes < 200 {
            for unit in [hub] + lamps where !unit.isRunning || UInt8.random(in: 0...7, using: &random) == 0 {
                try building.restart(unit)
            }
            if hub.isRunning { building.command(hub, Bool.random(using: &random) ? "on" : "off") }
            // What was heard is heard again, now or later.
            if let sent = building.wire.randomElement(using: &random) {
                building.inject(sent.datagram, from: sent.from)
            }
            building.run(for: .milliseconds(Int64.random(in: 0...3000, using: &random)))
            let next = hub.engine.snapshot.nextSequenceNumber
            if hub.isRunning {
                #expect(next >= highest, "seed \(seed): \(next) after \(highest)")
                highest = max(highest, next)
            }
        }
        let ledger = try groupLedger(of: building.wire)
        #expect(ledger.violations.isEmpty, "seed \(seed): \(ledger.violations)")
        #expect(ledger.count > 100)
        for lamp in lamps {
            let acted = lamp.handled.map { Acted(sender: $0.sender, partialIV: $0.partialIV) }
            #expect(Set(acted).count == acted.count, "seed \(seed): \(lamp.name) acted twice")
        }
    }

    private struct Acted: Hashable {
        let sender: SenderID
        let partialIV: UInt64
    }

    /// Reads all group messages as an observer without keys would.
    private func groupLedger(of wire: [Building.Sent]) throws -> NonceLedger {
        var ledger = NonceLedger()
        var requests: [[UInt8]: (context: [UInt8], kid: [UInt8], partialIV: [UInt8])] = [:]
        for sent in wire {
            let bytes = sent.datagram.bytes
            let (header, offset) = try DatagramCodec.decode(bytes.span)
            guard !header.code.isEmpty else { continue }
            guard let message = try? ProtectedMessage(bytes.span.extracting(droppingFirst: offset)),
                message.option.isGroupMode, let kidSpan = message.option.kid
            else {
                continue
            }
            let kid = [UInt8](copying: kidSpan)
            var own: [UInt8] = []
            message.option.partialIV?.write(into: &own)
            let token = header.token.bytes
            let payload = [UInt8](copying: message.payload)
            if let context = message.option.kidContext {
                requests[token] = ([UInt8](copying: context), kid, own)
            }
            let request = try #require(requests[token])
            ledger.note(
                NonceLedger.Use(
                    context: request.context, sender: kid, producer: own.isEmpty ? request.kid : kid,
                    partialIV: own.isEmpty ? request.partialIV : own), content: payload)
        }
        return ledger
    }
}
