import Bytes
import CoAP
import Foundation
import OSCORE
import ServiceShell
import TestSupport
import Testing

@Suite(.namespacePermitted, .inNetworkNamespace)
struct KillTests {
    private static let rounds = 200
    private static let groupFile = """
        name: hall
        address: auto
        resources: [light]
        application_groups: [hall]

        """

    /// Sending and answering nodes are killed with SIGKILL at random moments, 200 times. Over everything that was ever
    /// on the wire no (key, nonce) has two contents, responses without Partial IV included; and what nodes know of
    /// their own and each other's sequence numbers never goes back.
    @Test(.requirement("OSC-0069", "GOSC-0169"))
    func noNonceIsUsedTwiceHoweverProcessesAreKilled() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let household = try Household()
        defer { household.tearDown() }
        let capture = try PacketCapture()
        try household.startManager(groupFile: Self.groupFile)
        let names = ["switch", "lamp-1", "lamp-2"]
        try household.join("lamp-1", group: "hall", roles: "responder")
        try household.join("lamp-2", group: "hall", roles: "responder")
        // The switch answers, too: its own numbers go into requests and, under another's, into responses.
        try household.join("switch", group: "hall", roles: "requester,responder")
        for name in names { try household.startNode(name) }

        var sending: [Task<Void, Never>] = []
        var before: [String: NodeStatus] = [:]
        for round in 0..<Self.rounds {
            let state = household.path("switch")
            sending.append(
                Task.detached {
                    let request = SendRequest(
                        group: "hall", path: ["light"], payload: Array((round.isMultiple(of: 2) ? "on" : "off").utf8),
                        contentFormat: .textPlain)
                    guard let updates = try? NodeRemote.send(request, stateDirectory: state) else { return }
                    for await _ in updates {}
                })
            // The moment of the kill is the point of this test: anywhere in the first 12 ms of a command.
            usleep(UInt32.random(in: 0...12_000, using: &random))
            let victims = names.filter { _ in UInt8.random(in: 0...2, using: &random) == 0 }
            for victim in victims.isEmpty ? [names[round % 3]] : victims {
                household.kill(victim)
                try household.startNode(victim)
                let status = try NodeRemote.status(stateDirectory: household.path(victim))
                expectNothingWentBack(from: before[victim], to: status, seed: seed)
                before[victim] = status
            }
        }
        for task in sending { await task.value }

        // After all that the group still works.
        let request = SendRequest(group: "hall", path: ["light"], payload: Array("on".utf8), contentFormat: .textPlain)
        var summary: SendSummary?
        for await update in try NodeRemote.send(request, stateDirectory: household.path("switch")) {
            if case .completed(let completed) = update { summary = completed }
        }
        #expect(summary?.answered == 2, "seed \(seed)")

        let ledgers = try Ledgers(capture.stop())
        #expect(ledgers.group.violations.isEmpty, "seed \(seed)")
        #expect(ledgers.association.violations.isEmpty, "seed \(seed)")
        // The capture has really seen the traffic: at least the requests, some answers, some without Partial IV.
        #expect(ledgers.requests >= Self.rounds / 2, "seed \(seed): \(ledgers.requests) requests")
        #expect(ledgers.withoutPartialIV >= 50, "seed \(seed): \(ledgers.withoutPartialIV) answers")
        #expect(ledgers.association.count > 0)
    }

    /// A node that is asked to stop does not first wait for members that will never answer.
    @Test func aNodeStopsAlthoughARequestIsOpen() async throws {
        let household = try Household()
        defer { household.tearDown() }
        try household.startManager(groupFile: Self.groupFile)
        try household.join("lamp-1", group: "hall", roles: "responder")
        try household.join("switch", group: "hall", roles: "requester")
        try household.startNode("switch")
        let request = SendRequest(
            group: "hall", path: ["light"], payload: Array("on".utf8), contentFormat: .textPlain,
            deadline: .seconds(300))
        let updates = try NodeRemote.send(request, stateDirectory: household.path("switch"))
        while try NodeRemote.status(stateDirectory: household.path("switch")).counters.groupRequestsSent == 0 {}
        #expect(household.stop("switch"))
        var last: SendUpdate?
        for await update in updates { last = update }
        // The node says that it stops, or is gone before it has; never that the request came to its end.
        guard case .failed = last else {
            Issue.record("\(String(describing: last))")
            return
        }
    }

    private func expectNothingWentBack(from before: NodeStatus?, to after: NodeStatus, seed: UInt64) {
        guard let before else { return }
        #expect(after.nextSequenceNumber >= before.nextSequenceNumber, "seed \(seed)")
        for peer in before.peers {
            let now = after.peers.first { $0.senderID == peer.senderID }
            #expect((now?.highestPartialIV ?? 0) >= (peer.highestPartialIV ?? 0), "seed \(seed)")
        }
    }
}

/// What an observer without keys makes of a capture.
private struct Ledgers {
    var group = NonceLedger()
    var association = NonceLedger()
    var requests = 0
    var withoutPartialIV = 0

    private struct Request {
        var context: [UInt8]
        var kid: [UInt8]
        var partialIV: [UInt8]
    }

    init(_ packets: [PacketCapture.Packet]) throws {
        var open: [[UInt8]: Request] = [:]
        var known: Set<PacketCapture.Packet> = []
        for packet in packets where known.insert(packet).inserted {
            guard let (header, offset) = try? DatagramCodec.decode(packet.payload.span) else { continue }
            guard let message = try? ProtectedMessage(packet.payload.span.extracting(droppingFirst: offset)) else {
                continue
            }
            let payload = [UInt8](copying: message.payload)
            var own: [UInt8] = []
            message.option.partialIV?.write(into: &own)
            if header.code.isRequest, let kid = message.option.kid {
                // Over the association that came of a token there is no kid context: each upload makes new keys, and the kid
                // that the manager draws for it tells them apart.
                var context = [UInt8](copying: kid)
                if let kidContext = message.option.kidContext { context = [UInt8](copying: kidContext) }
                open[header.token.bytes] = Request(context: context, kid: [UInt8](copying: kid), partialIV: own)
                if message.option.isGroupMode { requests += 1 }
            }
            let request = try #require(open[header.token.bytes], "an answer to a request that was never on the wire")
            // A manager's answer has no kid; there is one manager.
            var sender = Array("manager".utf8)
            if let kid = message.option.kid { sender = [UInt8](copying: kid) }
            let use = NonceLedger.Use(
                context: request.context, sender: sender, producer: own.isEmpty ? request.kid : sender,
                partialIV: own.isEmpty ? request.partialIV : own)
            if message.option.isGroupMode {
                if own.isEmpty { withoutPartialIV += 1 }
                group.note(use, content: payload)
            } else {
                association.note(use, content: payload)
            }
        }
    }
}
