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

/// New keys that the manager brings to its members.
struct RekeyingTests {
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

    private static func isTold(_ event: NodeEvent) -> Bool {
        if case .keysInstalled(_, _, .told) = event { true } else { false }
    }

    @Test(.requirement("GM-0218", "GM-0315", "GOSC-0107", "GOSC-0108"))
    func newKeysAreInUseOnceTheyAreDurable() throws {
        let bench = try Bench(seed: 201)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(hub.engine.snapshot.nextSequenceNumber > 0)
        let before = try #require(lamp.store.state.membership)
        bench.manager.rekey()
        // While the commit is open nothing is answered, and the old keys are the ones that are known.
        bench.holds = { _ in true }
        bench.bring(to: [lamp])
        #expect(bench.manager.answers.isEmpty)
        #expect(lamp.engine.snapshot.membership?.version == 0)
        bench.holds = { _ in false }
        bench.release()
        bench.run(for: .milliseconds(100))
        #expect(bench.manager.answers == [.changed])
        bench.bring(to: [hub])
        #expect(bench.manager.answers == [.changed, .changed])
        for unit in [hub, lamp] {
            let membership = try #require(unit.store.state.membership)
            #expect(membership.groupID == [0xb1, 0, 1] && membership.version == 1)
            #expect([UInt8](copying: membership.masterSecret.bytes) == bench.manager.masterSecret)
            #expect(membership.masterSalt == bench.manager.masterSalt)
            #expect(unit.store.state.windows.isEmpty)
            #expect(unit.store.state.peers.count == 1)
            #expect(
                unit.store.state.usedSenderIDs == [
                    UsedSenderIDRecord(groupID: [0xb1, 0, 1], senderID: membership.senderID)
                ])
            #expect(unit.events.contains(.keysInstalled(version: 1, groupID: "b10001", .told)))
        }
        #expect(lamp.store.state.membership?.senderID == before.senderID)
        // Numbers and windows begin anew, here and after a restart.
        #expect(hub.engine.snapshot.nextSequenceNumber == 0)
        #expect(lamp.engine.snapshot.peers.map(\.highestPartialIV) == [nil])
        bench.command(hub, "off")
        bench.run(for: .seconds(5))
        #expect(!lamp.lamp.isOn && hub.completed.last?.answered == 1)
        #expect(lamp.engine.snapshot.peers.map(\.highestPartialIV) == [0])
        for unit in [hub, lamp] { try bench.restart(unit) }
        bench.run(for: .seconds(1))
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(lamp.lamp.isOn && hub.completed.last?.answered == 1)
    }

    @Test(.requirement("GM-0334", "GOSC-0312", "GOSC-0313"))
    func whoWasEvictedIsHeardNoMore() throws {
        let bench = try Bench(seed: 202)
        let hub = try bench.add("switch", roles: .requester)
        let thief = try bench.add("thief", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.rekey(evicting: ["thief"])
        bench.bring(to: [lamp, hub], overlap: 0)
        #expect(lamp.engine.snapshot.peers.map(\.name) == ["switch"])
        #expect(lamp.store.state.peers.map(\.name) == ["switch"])
        let requests = lamp.engine.counters.handlerCalls
        bench.command(thief, "on")
        bench.run(for: .seconds(5))
        #expect(!lamp.lamp.isOn && lamp.engine.counters.handlerCalls == requests)
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(lamp.lamp.isOn)
        // What the others say is nothing to it any more.
        #expect(thief.engine.counters.rejected[.noContext] == 1 && thief.engine.counters.overheard == 0)
        #expect(thief.engine.snapshot.membership?.version == 0)
    }

    @Test(.requirement("GM-0309", "GOSC-0301")) func withoutASaltItIsTheEmptyOne() throws {
        let bench = try Bench(seed: 203)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.rekey()
        bench.manager.masterSalt = []
        bench.bring(to: [lamp, hub])
        #expect(lamp.store.state.membership?.masterSalt == [])
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(lamp.lamp.isOn && hub.completed.last?.answered == 1)
    }

    @Test func newcomersThatAreNamedAreKnown() throws {
        let bench = try Bench(seed: 204)
        let lamp = try bench.add("lamp", roles: .responder)
        let other = try bench.add("other", roles: .requester)
        let client = try #require(bench.manager.client("other"))
        let credential = try #require(client.joins.last?.clientCredential)
        try bench.restart(lamp, starts: false)
        bench.act(lamp) { $0.start(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(1))
        bench.manager.rekey()
        let peer = Peer(credential: credential, roles: .requester, senderID: [2], name: "other")
        bench.bring(to: [lamp], newcomers: [peer])
        #expect(lamp.engine.snapshot.peers.map(\.name) == ["other"])
        #expect(lamp.store.state.peers.map(\.name) == ["other"])
        bench.bring(to: [other])
        bench.command(other, "on")
        bench.run(for: .seconds(5))
        #expect(lamp.lamp.isOn)
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

    /// The disk is full: the old keys are in force, the manager is told, and the log once.
    @Test func keysThatCannotBeStoredAreNotUsed() throws {
        let bench = try Bench(seed: 207)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.rekey()
        for _ in 1...3 {
            lamp.store.failsNext = true
            bench.bring(to: [lamp])
            // It has said when to come again.
            bench.run(for: .seconds(10))
        }
        #expect(bench.manager.answers == [.serviceUnavailable, .serviceUnavailable, .serviceUnavailable])
        #expect(lamp.store.state.membership?.version == 0)
        #expect(lamp.events.count { $0 == .rekeyingRefused(.storage) } == 1)
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(lamp.lamp.isOn && hub.completed.last?.answered == 1)
        bench.bring(to: [lamp, hub])
        #expect(bench.manager.answers.suffix(2) == [.changed, .changed])
        bench.command(hub, "off")
        bench.run(for: .seconds(5))
        #expect(!lamp.lamp.isOn)
    }

    /// The disk is full, and somebody is to be kept out: better deaf than listening to what is said under the former keys.
    @Test(.requirement("GOSC-0313"), arguments: [(evicts: true, overlap: 10), (evicts: false, overlap: 0)])
    func keysThatKeepSomebodyOutEndTheFormerOnesOnAFullDiskToo(evicts: Bool, overlap: UInt64) throws {
        let bench = try Bench(seed: 214)
        let hub = try bench.add("switch", roles: .requester)
        try bench.add("thief", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.rekey(evicting: evicts ? ["thief"] : [])
        lamp.store.failsNext = true
        bench.bring(to: [lamp], overlap: overlap)
        #expect(bench.manager.answers == [.serviceUnavailable])
        #expect(lamp.engine.snapshot.membership?.hasKeys == false)
        #expect(lamp.store.state.membership?.version == 0)
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(!lamp.lamp.isOn)
        // It asks by itself; there is room again.
        bench.run(for: .seconds(60))
        #expect(lamp.store.state.membership?.version == 1)
        bench.bring(to: [hub])
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(lamp.lamp.isOn)
    }

    /// Neither a mark nor a reservation is written for the wrong Gid while the commit of new keys is open.
    @Test(.requirement("GOSC-0105", "OSC-0069")) func messagesThatComeInBetweenWaitForTheKeys() throws {
        let bench = try Bench(seed: 208)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: [.requester, .responder])
        bench.manager.rekey()
        bench.holds = { _ in true }
        bench.bring(to: [lamp])
        bench.holds = { changes in !bench.held.isEmpty && changes.writes.contains(where: \.isOfOldGroupID) }
        bench.command(hub, "on")
        bench.run(for: .milliseconds(100))
        bench.command(lamp, "on")
        // The same again, which is no reason to store it twice.
        bench.bring(to: [lamp])
        #expect(!lamp.lamp.isOn && bench.held.count == 1)
        bench.holds = { _ in false }
        bench.release()
        bench.run(for: .seconds(5))
        #expect(bench.manager.answers == [.changed, .changed])
        #expect(lamp.events.count(where: Self.isTold) == 1)
        // Under the former Gid, for the overlap has begun.
        #expect(lamp.lamp.isOn)
        #expect(lamp.failed.isEmpty && lamp.completed.count == 1)
        #expect(lamp.engine.counters.commitFailures == 0)
        try bench.restart(lamp)
        #expect(lamp.engine.snapshot.membership?.version == 1)
    }

    @Test(.requirement("GM-0354"), arguments: [false, true])
    func whoIsEvictedForgetsTheGroupForGood(failsFirst: Bool) throws {
        let bench = try Bench(seed: 209)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.requests = []
        if failsFirst {
            lamp.store.failsNext = true
            bench.ask(lamp, ScriptedManager.delete)
            bench.run(for: .seconds(1))
            #expect(bench.manager.answers == [.serviceUnavailable])
            #expect(lamp.left.isEmpty && lamp.engine.snapshot.membership != nil)
            bench.manager.answers = []
            bench.run(for: .seconds(10))
        }
        bench.holds = { _ in true }
        bench.ask(lamp, ScriptedManager.delete)
        bench.run(for: .milliseconds(100))
        #expect(bench.manager.answers.isEmpty)
        bench.holds = { _ in false }
        bench.release()
        bench.run(for: .seconds(600))
        #expect(bench.manager.answers == [.deleted])
        #expect(lamp.left == [.terminated])
        #expect(lamp.store.state.membership == nil)
        #expect(lamp.engine.snapshot.membership == nil)
        #expect(!bench.manager.requests.contains("POST /ace-group/lights"))
        // Once more finds nobody.
        bench.ask(lamp, ScriptedManager.delete)
        bench.run(for: .seconds(1))
        #expect(bench.manager.answers == [.deleted, .notFound])
    }

    /// The Gid that it has joined under comes again: nobody wants it out.
    @Test(.requirement("GM-0389")) func anElderJoinsAgain() throws {
        let bench = try Bench(seed: 212)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.requests = []
        var message = ScriptedManager.delete
        message.options.append(.groupcommError, uint: 0)
        bench.ask(lamp, message)
        bench.run(for: .seconds(60))
        #expect(bench.manager.answers == [.deleted])
        #expect(lamp.left == [.unknownToManager])
        #expect(bench.manager.requests.contains("POST /ace-group/lights"))
        #expect(lamp.engine.snapshot.membership != nil && lamp.store.state.membership != nil)
    }

    /// Whatever else a DELETE has in it, it ends the membership for good.
    @Test(
        .requirement("GM-0354"),
        arguments: [
            (.groupcommError, [5]), (.groupcommError, [0, 0, 0, 0, 0, 0, 0, 0, 0]), (.eTag, [0]),
            (OptionNumber(rawValue: 65_004), []),
        ]
            as [(OptionNumber, [UInt8])])
    func anyOtherDeleteIsForGood(option: OptionNumber, value: [UInt8]) throws {
        let bench = try Bench(seed: 213)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.requests = []
        var message = ScriptedManager.delete
        message.options.append(option, value)
        message.payload = ProblemDetails(error: .membersOnly).encoded()
        bench.ask(lamp, message)
        bench.run(for: .seconds(600))
        #expect(lamp.left == [.terminated] && lamp.engine.snapshot.membership == nil)
        #expect(!bench.manager.requests.contains("POST /ace-group/lights"))
    }

    @Test(.requirement("GM-0316")) func theJoinSaysWhereKeysCanBeBrought() throws {
        let bench = try Bench(seed: 210)
        let unit = try bench.newUnit("lamp")
        unit.engine.controlPort = 61_616
        bench.join(unit, bench.manager.invite("lamp", roles: .responder))
        let other = try bench.newUnit("other")
        bench.join(other, bench.manager.invite("other", roles: .responder))
        #expect(
            bench.manager.client("lamp")?.joins.last?.controlURI
                == "coap://[\(unit.address.address)]:61616/ace-group/lights/node")
        #expect(bench.manager.client("other")?.joins.count == 1)
        #expect(bench.manager.client("other")?.joins.last?.controlURI == nil)
    }

    /// A monitor gets new keys, too, and has no numbers.
    @Test func aMonitorGoesOnListening() throws {
        let bench = try Bench(seed: 211)
        let hub = try bench.add("switch", roles: .requester)
        let monitor = try bench.add("monitor", roles: .monitor)
        bench.manager.rekey()
        bench.bring(to: [monitor, hub])
        #expect(bench.manager.answers == [.changed, .changed])
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(monitor.engine.counters.overheard == 1)
        // Another one it has missed.
        bench.manager.rekey()
        bench.manager.rekey()
        bench.bring(to: [monitor, hub])
        bench.run(for: .seconds(5))
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(monitor.engine.counters.overheard == 2)
    }
}

extension NodeWrite {
    /// Whether it is about the Gid before the first rekeying.
    fileprivate var isOfOldGroupID: Bool {
        switch self {
        case .reserveGroup(let groupID, _): groupID == [0xb1, 0, 0]
        case .saveWindow(let record): record.groupID == [0xb1, 0, 0]
        default: false
        }
    }
}
