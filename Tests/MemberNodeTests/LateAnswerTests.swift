import ACEGroupcomm
import BuildingAutomation
import Bytes
import CoAP
import CoAPEngine
import MemberNode
import OSCORE
import TestSupport
import Testing

/// Answers of the manager that were true when they were given, and arrive behind a rekeying.
struct LateAnswerTests {
    private static let keys = "GET /ace-group/lights/nodes/n-lamp"
    private static let stale = "FETCH /ace-group/lights/stale-sids"

    private static func caughtUp(_ unit: Bench.Unit) -> [UInt64] {
        unit.events.compactMap { if case .keysInstalled(let version, _, .caughtUp) = $0 { version } else { nil } }
    }

    /// "There are no newer ones than yours" was said before there were.
    @Test(.requirement("GM-0259", "GOSC-0314")) func retiredKeysAreNotBroughtBack() throws {
        let bench = try Bench(seed: 411)
        let lamp = try bench.add("lamp", roles: [.requester, .responder])
        let late = LateAnswers(bench, to: Self.keys)
        try bench.restart(lamp)
        bench.run(for: .seconds(1))
        #expect(late.count == 1)
        bench.manager.rekey()
        bench.manager.rekey()
        bench.bring(to: [lamp])
        #expect(lamp.engine.snapshot.membership?.hasKeys == false)
        late.deliverFirst()
        #expect(lamp.engine.snapshot.membership?.hasKeys == false)
        let sent = bench.wire.count { $0.from == lamp.address && $0.datagram.destination.address.isMulticast }
        bench.command(lamp, "on")
        bench.run(for: .milliseconds(100))
        #expect(bench.wire.count { $0.from == lamp.address && $0.datagram.destination.address.isMulticast } == sent)
        // The answer to the question that was asked since then.
        late.isOn = false
        bench.run(for: .seconds(60))
        #expect(Self.caughtUp(lamp) == [2])
    }

    /// So was "you have this Sender ID".
    @Test(.requirement("GM-0239", "OSC-0069")) func aSenderIDOfFormerKeysIsNotConfirmed() throws {
        let bench = try Bench(seed: 412)
        let lamp = try bench.add("lamp", roles: [.requester, .responder])
        let late = LateAnswers(bench, to: Self.keys)
        bench.act(lamp) { $0.renewSenderID(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(1))
        #expect(late.count == 1)
        bench.manager.rekey()
        bench.manager.rekey()
        bench.bring(to: [lamp])
        late.deliverFirst()
        #expect(!lamp.writes.contains { if case .saveSenderID = $0 { true } else { false } })
        #expect(lamp.engine.snapshot.membership?.hasKeys == false)
        late.isOn = false
        bench.run(for: .seconds(60))
        #expect(Self.caughtUp(lamp) == [2])
        #expect(lamp.store.state.membership?.senderID == bench.manager.client("lamp")?.senderID)
        // The next renewal is one again.
        bench.act(lamp) { $0.renewSenderID(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .seconds(10))
        #expect(lamp.writes.contains { if case .saveSenderID(groupID: [0xb1, 0, 2], _) = $0 { true } else { false } })
    }

    /// "Nobody is stale" was said of keys that were brought meanwhile. Somebody was thrown out since then.
    @Test(.requirement("GM-0257", "GM-0258", "GOSC-0316")) func whoIsStaleIsAskedAnew() throws {
        let bench = try Bench(seed: 413)
        try bench.add("thief", roles: .requester)
        let lamp = try bench.add("lamp", roles: [.requester, .responder])
        let late = LateAnswers(bench, to: Self.stale)
        bench.manager.rekey()
        try bench.restart(lamp)
        bench.run(for: .seconds(1))
        #expect(late.count == 1)
        bench.bring(to: [lamp])
        #expect(lamp.engine.snapshot.membership?.version == 1)
        bench.manager.rekey(evicting: ["thief"])
        bench.manager.rekey()
        // It looks by which Sender ID it is known, and finds newer keys.
        bench.act(lamp) { $0.renewSenderID(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .milliseconds(100))
        late.deliverFirst()
        late.isOn = false
        bench.run(for: .seconds(60))
        #expect(lamp.engine.snapshot.membership?.version == 3)
        #expect(lamp.engine.snapshot.peers.isEmpty && lamp.store.state.peers.isEmpty)
    }

    /// The confirmation was dropped for keys that could not be stored: it is asked for again.
    @Test(.requirement("GM-0239")) func aRenewalGoesOnBehindKeysThatCouldNotBeStored() throws {
        let bench = try Bench(seed: 414)
        let lamp = try bench.add("lamp", roles: [.requester, .responder])
        let late = LateAnswers(bench, to: Self.keys)
        bench.act(lamp) { $0.renewSenderID(at: $1, random: &$2, effects: &$3) }
        bench.run(for: .milliseconds(100))
        #expect(late.count == 1)
        let (groupID, secret, version) = (bench.manager.groupID, bench.manager.masterSecret, bench.manager.version)
        let senderID = try #require(bench.manager.client("lamp")?.senderID)
        bench.manager.stale = [:]
        bench.manager.rekey()
        lamp.store.failsNext = true
        bench.bring(to: [lamp])
        #expect(bench.manager.answers == [.serviceUnavailable])
        // As if it had not been: under these keys the Sender ID is the member's.
        (bench.manager.groupID, bench.manager.masterSecret, bench.manager.version) = (groupID, secret, version)
        late.isOn = false
        bench.run(for: .seconds(60))
        #expect(lamp.store.state.membership?.senderID == senderID)
    }
}
