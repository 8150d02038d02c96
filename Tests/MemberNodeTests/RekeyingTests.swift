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
