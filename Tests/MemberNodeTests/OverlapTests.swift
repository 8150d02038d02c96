import ACEGroupcomm
import BuildingAutomation
import Bytes
import CoAP
import CoAPEngine
import MemberNode
import OSCORE
import TestSupport
import Testing

/// Messages that are under way while a group gets new keys.
struct OverlapTests {
    private static func groupDatagrams(of bench: Bench, from unit: Bench.Unit) -> [OutgoingDatagram] {
        bench.wire.filter { $0.from == unit.address && $0.datagram.destination.address.isMulticast }.map(\.datagram)
    }

    /// Under which Gid a message is, by its kid context.
    private static func groupID(_ datagram: OutgoingDatagram) throws -> [UInt8]? {
        let bytes = datagram.bytes
        let (_, offset) = try DatagramCodec.decode(bytes.span)
        let message = try ProtectedMessage(bytes.span.extracting(droppingFirst: offset))
        guard let kidContext = message.option.kidContext else { return nil }
        return [UInt8](copying: kidContext)
    }

    /// The lamp has the new keys, the switch does not yet: for as long as the manager says it is heard.
    @Test(.requirement("GM-0224", "GOSC-0111", "GOSC-0342"), arguments: [0, 10] as [UInt64])
    func requestsUnderTheFormerKeysAreTakenForTheOverlap(overlap: UInt64) throws {
        let bench = try Bench(seed: 241)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        // Whatever the switch could fetch is kept from it.
        bench.delivers = { [manager = bench.manager.address] in
            $0.from != manager || $0.datagram.destination != hub.address
        }
        bench.manager.rekey()
        bench.bring(to: [lamp], overlap: overlap)
        bench.run(for: .seconds(4))
        bench.command(hub, "on")
        bench.run(for: .seconds(4))
        #expect(lamp.lamp.isOn == (overlap > 0))
        #expect(try Self.groupDatagrams(of: bench, from: hub).last.map(Self.groupID) == [0xb1, 0, 0])
        bench.run(for: .seconds(4))
        bench.command(hub, "off")
        bench.run(for: .seconds(4))
        #expect(lamp.lamp.isOn == (overlap > 0), "that was too late")
        #expect(lamp.engine.counters.rejected[.noContext, default: 0] >= 1)
    }

    /// Behind a request that nobody can read others wait for their turn. They must not leave under the former keys.
    @Test(.requirement("GM-0224")) func requestsThatWaitForTheirTurnAreProtectedWithTheNewKeys() throws {
        let bench = try Bench(seed: 250)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.command(hub, "off")
        bench.run(for: .seconds(4))
        let before = lamp.engine.counters.handlerCalls
        bench.delivers = { [manager = bench.manager.address] in
            $0.from != manager || $0.datagram.destination != hub.address
        }
        bench.manager.rekey()
        bench.bring(to: [lamp], overlap: 0)
        bench.run(for: .milliseconds(10))
        for number in 0..<6 { bench.command(hub, number.isMultiple(of: 2) ? "on" : "off") }
        bench.run(for: .milliseconds(10))
        #expect(lamp.engine.counters.handlerCalls == before)
        bench.delivers = { _ in true }
        bench.bring(to: [hub], overlap: 0)
        bench.run(for: .seconds(30))
        #expect(lamp.engine.counters.handlerCalls == before + 6)
        #expect(hub.completed.suffix(6).allSatisfy { $0.answered == 1 && $0.missing.isEmpty })
    }

    /// Who has left is not heard under the former keys either; nor is anybody if a manager that does not say evicts somebody.
    @Test(.requirement("GM-0224", "GOSC-0313"), arguments: [10, nil] as [UInt64?])
    func whoHasLeftIsNotHeardDuringTheOverlap(overlap: UInt64?) throws {
        let bench = try Bench(seed: 242)
        let hub = try bench.add("switch", roles: .requester)
        let thief = try bench.add("thief", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.rekey(evicting: ["thief"])
        bench.bring(to: [lamp], overlap: overlap)
        bench.delivers = { [manager = bench.manager.address] in $0.from != manager }
        bench.command(thief, "on")
        bench.run(for: .seconds(1))
        #expect(!lamp.lamp.isOn)
        bench.command(hub, "on")
        bench.run(for: .seconds(1))
        #expect(lamp.lamp.isOn == (overlap != nil))
    }

    /// Without a word of the manager there is none: it may have evicted a monitor, of which no Sender ID goes stale.
    @Test(.requirement("GM-0224"), arguments: [10, nil] as [UInt64?])
    func aManagerThatDoesNotSayKeepsNoFormerKeys(overlap: UInt64?) throws {
        let bench = try Bench(seed: 243)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.rekey()
        bench.bring(to: [lamp], overlap: overlap)
        bench.delivers = { [manager = bench.manager.address] in $0.from != manager }
        bench.command(hub, "on")
        bench.run(for: .seconds(2))
        #expect(lamp.lamp.isOn == (overlap != nil))
    }

    /// The same with keys that are asked for.
    @Test(.requirement("GM-0224", "GOSC-0342"), arguments: [10, 0, nil] as [UInt64?])
    func keysThatAreFetchedEndTheFormerOnesUnlessTheManagerSaysOtherwise(overlap: UInt64?) throws {
        let bench = try Bench(seed: 249)
        bench.manager.overlap = overlap
        let hub = try bench.add("switch", roles: .requester)
        let monitor = try bench.add("monitor", roles: .monitor)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.rekey(evicting: ["monitor"])
        try bench.restart(lamp)
        bench.run(for: .seconds(1))
        #expect(lamp.engine.snapshot.membership?.version == 1)
        bench.delivers = { [manager = bench.manager.address] in $0.from != manager }
        bench.command(hub, "on")
        bench.run(for: .seconds(2))
        #expect(monitor.engine.counters.overheard == 1)
        #expect(lamp.lamp.isOn == (overlap == 10))
    }

    /// What was done under the former keys is not done again, though no mark of it is durable.
    @Test(.requirement("OSC-0069")) func aReplayUnderTheFormerKeysIsOne() throws {
        let bench = try Bench(seed: 244)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.rekey()
        bench.bring(to: [lamp])
        bench.delivers = { [manager = bench.manager.address] in $0.from != manager }
        bench.command(hub, "on")
        bench.run(for: .seconds(1))
        #expect(lamp.lamp.changes == 1)
        var again = try #require(Self.groupDatagrams(of: bench, from: hub).last)
        again.bytes[2] ^= 0x55
        bench.inject(again, from: hub.address)
        bench.run(for: .seconds(1))
        #expect(lamp.lamp.changes == 1 && lamp.engine.counters.replays == 1)
        #expect(lamp.store.state.windows.isEmpty)
        #expect(lamp.engine.counters.commitFailures == 0)
        try bench.restart(lamp)
        again.bytes[2] ^= 0x11
        bench.inject(again, from: hub.address)
        bench.run(for: .seconds(1))
        #expect(lamp.lamp.changes == 1)
    }

    /// The answer has the new keys. Who asked does not have them yet, and gets them because of it.
    @Test(.requirement("GOSC-0110", "GOSC-0219")) func anAnswerUnderNewKeysIsReadOnceTheyAreThere() throws {
        let bench = try Bench(seed: 245)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.rekey()
        bench.bring(to: [lamp])
        bench.command(hub, "on")
        bench.run(for: .seconds(10))
        #expect(lamp.lamp.isOn)
        let answer = try #require(bench.wire.last { $0.from == lamp.address && $0.datagram.destination == hub.address })
        #expect(try Self.groupID(answer.datagram) == [0xb1, 0, 1])
        #expect(hub.engine.snapshot.membership?.version == 1)
        #expect(hub.completed.map(\.answered) == [1] && hub.completed.map(\.missing) == [[]])
        // Nobody had to be asked again.
        #expect(Self.groupDatagrams(of: bench, from: hub).count == 1)
    }

    /// The switch has the new keys before one of the lamps has answered.
    @Test(arguments: [Code.put, .post])
    func whatIsNotAnsweredIsRepeatedOnceIfThatIsHarmless(method: Code) throws {
        let bench = try Bench(seed: 246)
        let hub = try bench.add("switch", roles: .requester)
        let lamps = try ["lamp-1", "lamp-2"].map { try bench.add($0, roles: .responder) }
        var isHeard = false
        bench.delivers = { isHeard || !$0.datagram.destination.address.isMulticast }
        bench.command(hub, "on", method)
        bench.run(for: .milliseconds(10))
        bench.manager.rekey()
        bench.bring(to: lamps + [hub])
        bench.run(for: .seconds(1))
        let sent = Self.groupDatagrams(of: bench, from: hub)
        #expect(try sent.map(Self.groupID) == (method == .put ? [[0xb1, 0, 0], [0xb1, 0, 1]] : [[0xb1, 0, 0]]))
        #expect(hub.completed.isEmpty)
        // The second is lost like the first; after the next keys there is none.
        isHeard = true
        bench.manager.rekey()
        bench.bring(to: lamps + [hub])
        bench.run(for: .seconds(30))
        #expect(Self.groupDatagrams(of: bench, from: hub).count == sent.count)
        #expect(hub.completed.map(\.missing) == [["lamp-1", "lamp-2"]])
        #expect(lamps.allSatisfy { $0.lamp.changes == 0 })
    }

    /// One has answered before: it is asked a second time, and counts once.
    @Test func aRepetitionCollectsWhoIsMissing() throws {
        let bench = try Bench(seed: 247)
        let hub = try bench.add("switch", roles: .requester)
        let near = try bench.add("near", roles: .responder)
        let far = try bench.add("far", roles: .responder)
        let address = far.address
        var isAway = true
        // The far one hears nothing at first.
        bench.hears = { unit, _ in !(isAway && unit.address == address) }
        bench.command(hub, "on")
        bench.run(for: .seconds(1))
        #expect(near.lamp.changes == 1 && far.lamp.changes == 0 && hub.completed.isEmpty)
        isAway = false
        bench.manager.rekey()
        bench.bring(to: [near, far, hub])
        bench.run(for: .seconds(30))
        #expect(near.lamp.changes == 2 && far.lamp.changes == 1)
        #expect(hub.completed.map(\.answered) == [2] && hub.completed.map(\.missing) == [[]])
        #expect(hub.completed.map(\.datagramsSent) == [2])
    }

    /// Who was evicted is not waited for.
    @Test func whoIsEvictedIsNotMissing() throws {
        let bench = try Bench(seed: 248)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        let thief = try bench.add("thief", roles: .responder)
        thief.isRunning = false
        bench.command(hub, "on")
        bench.run(for: .seconds(1))
        bench.manager.rekey(evicting: ["thief"])
        bench.bring(to: [lamp, hub], overlap: 0)
        bench.run(for: .seconds(30))
        #expect(hub.completed.map(\.missing) == [[]] && hub.completed.map(\.expected) == [1])
        #expect(Self.groupDatagrams(of: bench, from: hub).count == 1)
    }
}
