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

/// New keys that are being stored, or cannot be.
struct KeyStorageTests {
    private static func isTold(_ event: NodeEvent) -> Bool {
        if case .keysInstalled(_, _, .told) = event { true } else { false }
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
