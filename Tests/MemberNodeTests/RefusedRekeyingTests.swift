import ACEGroupcomm
import BuildingAutomation
import Bytes
import CBOR
import CoAP
import CoAPEngine
import MemberNode
import OSCORE
import TestSupport
import Testing

/// Messages that look like new keys, and are none for this member.
struct RefusedRekeyingTests {
    /// What of a node a refused message must not change.
    private struct Condition: Equatable {
        let state: NodeState
        let membership: NodeSnapshot.Membership?
        let peers: [NodeSnapshot.Peer]
        let nextSequenceNumber: UInt64

        init(_ unit: Bench.Unit) {
            state = unit.store.state
            membership = unit.engine.snapshot.membership
            peers = unit.engine.snapshot.peers
            nextSequenceNumber = unit.engine.snapshot.nextSequenceNumber
        }
    }

    /// Each of these is answered as it should be, and changes nothing.
    @Test(.requirement("GM-0274", "GM-0335"))
    func whatIsNoRekeyingOfThisGroupChangesNothing() throws {
        let bench = try Bench(seed: 205)
        let lamp = try bench.add("lamp", roles: .responder)
        try bench.add("switch", roles: .requester)
        bench.command(lamp, "on")
        bench.manager.rekey()
        bench.bring(to: [lamp])
        bench.run(for: .seconds(1))
        let good = bench.manager.rekeyingMessage()
        var next = good
        next.version += 1
        next.groupID = [0xb1, 0, 2]
        var old = good
        old.version = 0
        old.staleSenderIDs = [[2]]
        var sameGroupID = next
        sameGroupID.groupID = good.groupID
        var longGroupID = next
        longGroupID.groupID = [UInt8](repeating: 7, count: 250)
        var empty = next
        empty.groupID = []
        let cases: [(name: String, message: Message, answer: Code)] = [
            ("the present version", ScriptedManager.post(good.encoded()), .changed),
            ("an old version, and stale Sender IDs with it", ScriptedManager.post(old.encoded()), .changed),
            ("truncated", ScriptedManager.post(next.encoded().dropLast()), .badRequest),
            ("nothing", ScriptedManager.post([]), .badRequest),
            ("something behind it", ScriptedManager.post(next.encoded() + [0]), .badRequest),
            ("another format", ScriptedManager.post(next.encoded(), .cbor), .unsupportedContentFormat),
            ("no format", ScriptedManager.post(next.encoded(), nil), .unsupportedContentFormat),
            ("the present Gid", ScriptedManager.post(sameGroupID.encoded()), .badRequest),
            ("a Gid that fits nowhere", ScriptedManager.post(longGroupID.encoded()), .badRequest),
            ("no Gid", ScriptedManager.post(empty.encoded()), .badRequest),
            (
                "another group", ScriptedManager.post(next.encoded(), path: ["ace-group", "heating", "node"]), .notFound
            ),
        ]
        let before = Condition(lamp)
        for item in cases {
            bench.manager.answers = []
            bench.ask(lamp, item.message)
            bench.run(for: .seconds(1))
            #expect(bench.manager.answers == [item.answer], "\(item.name)")
            #expect(Condition(lamp) == before, "\(item.name)")
        }
        bench.ask(lamp, ScriptedManager.post(next.encoded()))
        bench.run(for: .seconds(1))
        #expect(lamp.engine.snapshot.membership?.version == 2)
    }

    /// Without the association of the manager nobody may ask for anything, from wherever it comes.
    @Test(.requirement("GM-0355"), arguments: [true, false])
    func whoIsNotTheManagerIsRefused(fromTheManagersAddress: Bool) throws {
        let bench = try Bench(seed: 206)
        let lamp = try bench.add("lamp", roles: .responder)
        try bench.add("switch", roles: .requester)
        let stranger = SocketAddress(IPv6Address(high: 0xfd00_0000_0000_0000, low: 99), port: 5683)
        let source = fromTheManagersAddress ? bench.manager.address : stranger
        bench.manager.rekey()
        // A replay: what the manager has sent, taken before it arrives.
        var recorded: [Bench.Sent] = []
        let path = bench.wire.count
        bench.bring(to: [lamp])
        recorded = bench.wire[path...].filter { $0.from == bench.manager.address && $0.datagram.bytes[0] & 0x30 == 0 }
        let replay = try #require(recorded.first)
        let payload = bench.manager.rekeyingMessage().encoded()
        let foreign = try foreignRequest(payload)
        let before = Condition(lamp)
        let datagrams: [(String, Message)] = [
            ("POST without protection", ScriptedManager.post(payload)),
            ("DELETE without protection", ScriptedManager.delete), ("POST of another context", foreign),
        ]
        for (number, item) in datagrams.enumerated() {
            var bytes: [UInt8] = []
            let request = DatagramHeader(
                type: .confirmable, code: item.1.code, messageID: MessageID(rawValue: 7_000 + UInt16(number)),
                token: try #require(Token([1, 2, UInt8(number)])))
            let body = item.1.body
            DatagramCodec.encode(request, body: body.span, into: &bytes)
            let from = bench.wire.count
            bench.inject(OutgoingDatagram(bytes: bytes, destination: lamp.address), from: source)
            bench.run(for: .seconds(1))
            let answers = bench.wire[from...].filter { $0.from == lamp.address && $0.datagram.destination == source }
            let answer = try #require(answers.first, "\(item.0)").datagram.bytes
            let header = try DatagramCodec.decode(answer.span).0
            #expect(header.code == .unauthorized, "\(item.0)")
            #expect(Condition(lamp) == before, "\(item.0)")
        }
        // Under another Message ID, so that it is no repetition.
        var again = replay.datagram
        again.bytes[2] ^= 0x55
        bench.inject(again, from: source)
        bench.run(for: .seconds(1))
        #expect(Condition(lamp) == before)
        #expect(lamp.left.isEmpty)
    }

    /// Each address is answered as often as the other sockets of a node would do it.
    @Test(.requirement("GM-0355", "COAP-0261")) func aStrangerIsNotAnsweredWithoutBound() throws {
        let bench = try Bench(seed: 209)
        bench.configuration.answerRate = AnswerRate(perSecond: 1, burst: 5)
        let lamp = try bench.add("lamp", roles: .responder)
        let stranger = SocketAddress(IPv6Address(high: 0xfd00_0000_0000_0000, low: 99), port: 5683)
        let message = ScriptedManager.post([])
        let body = message.body
        for number in 0..<100 as Range<UInt16> {
            let header = DatagramHeader(
                type: .confirmable, code: message.code, messageID: MessageID(rawValue: number),
                token: try #require(Token([UInt8(number)])))
            var bytes: [UInt8] = []
            DatagramCodec.encode(header, body: body.span, into: &bytes)
            bench.inject(OutgoingDatagram(bytes: bytes, destination: lamp.address), from: stranger)
        }
        bench.run(for: .milliseconds(100))
        let answers = bench.wire.count { $0.datagram.destination == stranger }
        #expect(answers >= 1 && answers <= 6)
        // The manager is none.
        bench.manager.rekey()
        bench.bring(to: [lamp])
        #expect(bench.manager.answers == [.changed])
    }

    private func foreignRequest(_ payload: [UInt8]) throws -> Message {
        let context = try SecurityContext(
            masterSecret: [UInt8](repeating: 9, count: 16).span, masterSalt: [UInt8]().span,
            senderID: try #require(SenderID([1, 2, 3])), recipientID: try #require(SenderID([4])),
            reservation: .withoutRestart, replayWindow: ReplayWindow())
        return try context.protectRequest(ScriptedManager.post(payload)).0
    }
}
