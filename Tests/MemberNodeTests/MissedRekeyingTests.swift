import ACEGroupcomm
import BuildingAutomation
import Bytes
import CoAP
import CoAPEngine
import MemberNode
import OSCORE
import TestSupport
import Testing

/// Members that have missed a rekeying.
struct MissedRekeyingTests {
    private static let keys = "GET /ace-group/lights/nodes/n-lamp"
    private static let stale = "FETCH /ace-group/lights/stale-sids"

    /// What the lamp asks about keys.
    private static func questions(_ bench: Bench) -> [String] {
        bench.manager.requests.filter { [keys, stale].contains($0) }
    }

    private static func caughtUp(_ unit: Bench.Unit) -> [UInt64] {
        unit.events.compactMap { if case .keysInstalled(let version, _, .caughtUp) = $0 { version } else { nil } }
    }

    @Test(.requirement("GM-0258", "GM-0259", "GM-0335", "GOSC-0314", "GOSC-0315", "GOSC-0316"))
    func whoHasMissedOneAsksForKeysThenForTheStaleOnesThenInstalls() throws {
        let bench = try Bench(seed: 221)
        let hub = try bench.add("switch", roles: .requester)
        let thief = try bench.add("thief", roles: .requester)
        let lamp = try bench.add("lamp", roles: [.requester, .responder])
        bench.command(thief, "on")
        bench.run(for: .seconds(5))
        let recorded = try #require(
            bench.wire.last { $0.from == thief.address && $0.datagram.destination.address.isMulticast })
        bench.manager.rekey(evicting: ["thief"])
        bench.manager.rekey()
        bench.bring(to: [hub], overlap: 0)
        bench.run(for: .seconds(1))
        bench.manager.requests = []
        bench.manager.answers = []
        // The answer about stale Sender IDs gets lost at first.
        var isLost = true
        bench.delivers = { sent in
            !(isLost && bench.manager.requests.contains(Self.stale) && sent.from == bench.manager.address)
        }
        bench.bring(to: [lamp])
        #expect(Self.questions(bench) == [Self.keys, Self.stale])
        // Neither the former keys nor the new ones are in use.
        #expect(lamp.engine.snapshot.membership?.hasKeys == false)
        #expect(lamp.store.state.membership?.version == 0)
        let handled = lamp.engine.counters.handlerCalls
        var again = recorded.datagram
        again.bytes[2] ^= 0x55
        bench.inject(again, from: thief.address)
        bench.command(hub, "off")
        bench.command(lamp, "off")
        let sent = bench.wire.count { $0.from == lamp.address && $0.datagram.destination.address.isMulticast }
        bench.run(for: .seconds(1))
        #expect(lamp.engine.counters.handlerCalls == handled)
        #expect(bench.wire.count { $0.from == lamp.address && $0.datagram.destination.address.isMulticast } == sent)
        isLost = false
        bench.run(for: .seconds(10))
        #expect(bench.manager.answers == [.changed])
        #expect(Self.caughtUp(lamp) == [2])
        #expect(lamp.store.state.membership?.groupID == [0xb1, 0, 2])
        #expect(lamp.store.state.peers.map(\.name) == ["switch"])
        #expect(lamp.engine.snapshot.peers.map(\.name) == ["switch"])
        // What waited for the keys is sent under them.
        #expect(bench.wire.count { $0.from == lamp.address && $0.datagram.destination.address.isMulticast } == sent + 1)
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(lamp.lamp.isOn && lamp.engine.counters.handlerCalls > handled)
    }

    /// The manager is telling everybody, and this one has heard of it before its turn: nothing was missed yet.
    @Test(.requirement("GM-0218", "GM-0224")) func theNextKeysAreFetchedWhileThePresentOnesAreInForce() throws {
        let bench = try Bench(seed: 232)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.rekey()
        var isLost = true
        bench.delivers = { sent in
            !(isLost && bench.manager.requests.contains(Self.stale) && sent.from == bench.manager.address)
        }
        bench.manager.requests = []
        try bench.restart(hub)
        bench.run(for: .seconds(1))
        #expect(hub.engine.snapshot.membership?.hasKeys == true && hub.engine.snapshot.membership?.version == 0)
        bench.command(hub, "on")
        bench.run(for: .milliseconds(1))
        isLost = false
        bench.run(for: .seconds(10))
        #expect(lamp.lamp.isOn && hub.completed.map(\.answered) == [1] && hub.completed.map(\.datagramsSent) == [1])
        #expect(Self.caughtUp(hub) == [1])
        bench.bring(to: [hub, lamp])
        #expect(bench.manager.answers == [.changed, .changed])
        bench.command(hub, "off")
        bench.run(for: .seconds(10))
        #expect(!lamp.lamp.isOn)
    }

    /// It was off meanwhile.
    @Test(.requirement("GM-0258")) func whoWasOffFindsOutWhenItStarts() throws {
        let bench = try Bench(seed: 222)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        lamp.isRunning = false
        bench.manager.rekey()
        bench.bring(to: [hub])
        bench.run(for: .seconds(60))
        try bench.restart(lamp)
        bench.run(for: .seconds(1))
        #expect(Self.caughtUp(lamp) == [1])
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(lamp.lamp.isOn && hub.completed.last?.answered == 1)
    }

    /// The check interval has passed: nobody had brought them.
    @Test(.requirement("GM-0329")) func whoIsNotReachedFindsOutWhenItChecks() throws {
        let bench = try Bench(seed: 223)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.rekey()
        bench.run(for: .seconds(3_700))
        #expect(Self.caughtUp(lamp) == [1])
        #expect(lamp.engine.snapshot.membership?.version == 1)
    }

    @Test(.requirement("GM-0257", "GOSC-0317")) func whereNobodyKnowsWhoHasLeftAllGo() throws {
        let bench = try Bench(seed: 224)
        let hub = try bench.add("switch", roles: .requester)
        try bench.add("thief", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        #expect(lamp.engine.snapshot.peers.count == 2)
        bench.manager.knowsStale = false
        bench.manager.rekey(evicting: ["thief"])
        bench.manager.rekey()
        var without: [PeerRecord]?
        bench.crashes = { unit, changes in
            if changes.writes.contains(where: { if case .renewKeys = $0 { true } else { false } }) {
                without = unit.store.state.peers
            }
            return false
        }
        bench.bring(to: [lamp])
        bench.run(for: .seconds(1))
        #expect(without == [])
        // Those who are members are read again.
        #expect(lamp.engine.snapshot.peers.map(\.name) == ["switch"])
        bench.bring(to: [hub])
        bench.run(for: .seconds(1))
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(lamp.lamp.isOn)
    }

    /// Keys are not installed before it is known who has left, however long that takes.
    @Test(.requirement("GM-0262")) func aManagerThatIsSilentIsAskedAgain() throws {
        let bench = try Bench(seed: 225)
        let lamp = try bench.add("lamp", roles: [.requester, .responder])
        bench.manager.rekey()
        bench.manager.rekey()
        bench.manager.instead[Self.stale] = [ResourceResponse(.internalServerError), ResourceResponse(.badRequest)]
        bench.bring(to: [lamp])
        bench.command(lamp, "on")
        bench.run(for: .seconds(1))
        #expect(lamp.engine.snapshot.membership?.hasKeys == false)
        #expect(lamp.store.state.membership?.version == 0)
        bench.run(for: .seconds(35))
        #expect(lamp.engine.snapshot.membership?.hasKeys == false)
        bench.command(lamp, "on")
        bench.run(for: .seconds(60))
        #expect(Self.caughtUp(lamp) == [2])
        #expect(lamp.failed.contains(.keysUnavailable) || lamp.completed.count == 2)
    }

    /// Whatever cannot be stored is fetched again, and until then nothing is used.
    @Test(.requirement("GM-0262"), arguments: 1...2) func keysThatCannotBeStoredAreFetchedAgain(failing: Int) throws {
        let bench = try Bench(seed: 226)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.rekey()
        bench.manager.rekey()
        // The keys, then the numbers under them.
        lamp.store.failsAt = failing
        bench.bring(to: [lamp, hub])
        bench.run(for: .seconds(1))
        if failing == 1 {
            #expect(lamp.engine.snapshot.membership?.hasKeys == false)
            #expect(lamp.store.state.membership?.version == 0)
        }
        bench.run(for: .seconds(60))
        #expect(lamp.engine.snapshot.membership?.version == 2)
        #expect(lamp.store.state.membership?.version == 2)
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        #expect(lamp.lamp.isOn)
    }

    /// The group has gone on while this member was catching up.
    @Test(.requirement("GM-0335")) func newKeysThatComeMeanwhileAreFetchedToo() throws {
        let bench = try Bench(seed: 227)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.rekey()
        bench.manager.rekey()
        var isAsked = false
        bench.manager.alter = { request, _ in
            guard request == Self.stale, !isAsked else { return }
            isAsked = true
        }
        bench.delivers = { sent in !(isAsked && sent.from == bench.manager.address && bench.manager.version == 2) }
        bench.bring(to: [lamp])
        #expect(lamp.engine.snapshot.membership?.hasKeys == false)
        bench.manager.rekey()
        bench.bring(to: [lamp])
        #expect(bench.manager.answers == [.changed, .changed])
        bench.run(for: .seconds(60))
        #expect(lamp.engine.snapshot.membership?.version == 3)
        #expect(lamp.store.state.membership?.groupID == [0xb1, 0, 3])
    }

    /// The manager knows it by another Sender ID than it has: only the manager can say which.
    @Test(.requirement("GM-0239", "GM-0334")) func whoseOwnSenderIDIsStaleGetsTheOneThatIsNot() throws {
        let bench = try Bench(seed: 228)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        let client = try #require(bench.manager.client("lamp"))
        bench.manager.stale[0] = [[2]]
        client.senderID = [9]
        bench.manager.rekey()
        let sent = bench.wire.count { $0.from == lamp.address }
        bench.bring(to: [lamp])
        bench.run(for: .seconds(1))
        #expect(bench.wire.count { $0.from == lamp.address } > sent)
        #expect(Self.caughtUp(lamp) == [1])
        #expect(lamp.store.state.membership?.senderID == [9])
        bench.bring(to: [hub])
        bench.run(for: .seconds(10))
        bench.command(hub, "on")
        bench.run(for: .seconds(10))
        #expect(lamp.lamp.isOn && hub.completed.last?.answered == 1)
    }

    /// The answer to a renewal names no Gid: under the former one, that Sender ID may have been somebody else's.
    @Test(.requirement("GM-0239", "OSC-0069")) func aSenderIDOfNewKeysIsNotUsedUnderTheFormerOnes() throws {
        let bench = try Bench(seed: 229)
        let hub = try bench.add("switch", roles: .requester)
        bench.manager.alter = { request, response in
            // It is rekeyed before it answers, and the Sender ID is one of the new keys.
            guard request == "POST /ace-group/lights/nodes/n-switch" else { return }
            bench.manager.rekey()
            bench.manager.stale[0] = nil
        }
        bench.act(hub) { $0.renewSenderID(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(5))
        let membership = try #require(hub.store.state.membership)
        #expect(membership.version == 1 && membership.groupID == [0xb1, 0, 1])
        #expect(membership.senderID == bench.manager.client("switch")?.senderID)
        #expect(!hub.writes.contains { if case .saveSenderID(groupID: [0xb1, 0, 0], _) = $0 { true } else { false } })
    }

    @Test(.requirement("GM-0217")) func theSameKeysAgainChangeNothing() throws {
        let bench = try Bench(seed: 230)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        let windows = lamp.engine.snapshot.peers.map(\.highestPartialIV)
        // It says that there are newer keys, and has none.
        bench.manager.instead["GET /ace-group/lights/num"] = [
            ResourceResponse(.content, .aceGroupcomm, VersionNumber.encode(1))
        ]
        bench.run(for: .seconds(3_600))
        #expect(lamp.events.contains(.newKeys(version: 1)) || hub.events.contains(.newKeys(version: 1)))
        #expect(Self.caughtUp(lamp).isEmpty && Self.caughtUp(hub).isEmpty)
        #expect(lamp.engine.snapshot.peers.map(\.highestPartialIV) == windows && windows != [nil])
        let replay = try #require(bench.wire.last { $0.datagram.destination.address.isMulticast })
        var again = replay.datagram
        again.bytes[2] ^= 0x55
        bench.inject(again, from: hub.address)
        bench.run(for: .seconds(1))
        #expect(lamp.engine.counters.replays == 1)
        bench.command(hub, "off")
        bench.run(for: .seconds(5))
        #expect(!lamp.lamp.isOn && hub.completed.last?.answered == 1)
    }

    @Test(.requirement("GM-0225", "GOSC-0343")) func whatCannotBeOpenedIsAReasonToAskOnce() throws {
        let bench = try Bench(seed: 231)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        let request = try #require(bench.wire.last { $0.datagram.destination.address.isMulticast })
        bench.manager.requests = []
        for number in 0..<100 {
            var datagram = request.datagram
            datagram.bytes[2] = UInt8(number)
            datagram.bytes[3] ^= 0xff
            // The Gid, behind flags, Partial IV and length in the option.
            let place = try #require(datagram.bytes.firstRange(of: [3, 0xb1, 0, 0]))
            datagram.bytes[place.lowerBound + 3] = 9
            bench.inject(datagram, from: hub.address)
        }
        bench.run(for: .seconds(1))
        #expect(lamp.engine.counters.rejected[.noContext] == 100)
        #expect(bench.manager.requests.count { $0 == "GET /ace-group/lights/num" } == 1)
        // When there is something to fetch, that brings it; it has asked in vain once.
        bench.run(for: .seconds(120))
        bench.manager.rekey()
        bench.bring(to: [hub])
        // The first command is enough: a lamp that hears two a day must not be deaf for a week.
        bench.command(hub, "off")
        bench.run(for: .seconds(5))
        #expect(lamp.engine.snapshot.membership?.version == 1)
    }

    /// Another group on the same address, or somebody with a transmitter, must not have every member ask for ever.
    @Test(.requirement("GM-0225")) func whatIsNeverOpenedIsAskedAboutEverMoreRarely() throws {
        let bench = try Bench(seed: 233)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.command(hub, "on")
        bench.run(for: .seconds(5))
        let request = try #require(bench.wire.last { $0.datagram.destination.address.isMulticast })
        bench.manager.requests = []
        for number in 0..<120 {
            var datagram = request.datagram
            datagram.bytes[2] = UInt8(number)
            datagram.bytes[3] ^= 0xff
            let place = try #require(datagram.bytes.firstRange(of: [3, 0xb1, 0, 0]))
            datagram.bytes[place.lowerBound + 3] = 9
            bench.inject(datagram, from: hub.address)
            bench.run(for: .seconds(61))
        }
        #expect(lamp.engine.counters.rejected[.noContext] == 120)
        // Two of these are of the switch, which hears none of it: each checks once an hour.
        let questions = bench.manager.requests.count { $0 == "GET /ace-group/lights/num" }
        #expect(questions >= 6 && questions <= 12)
        // New keys end that.
        bench.manager.rekey()
        bench.bring(to: [hub, lamp])
        bench.run(for: .seconds(61))
        bench.manager.rekey()
        bench.bring(to: [hub])
        bench.command(hub, "off")
        bench.run(for: .seconds(5))
        #expect(lamp.engine.snapshot.membership?.version == 2)
    }
}
