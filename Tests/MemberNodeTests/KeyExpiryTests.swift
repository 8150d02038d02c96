import ACEGroupcomm
import BuildingAutomation
import Bytes
import CoAP
import CoAPEngine
import MemberNode
import OSCORE
import TestSupport
import Testing

/// Keys that expire before there are others.
struct KeyExpiryTests {
    private static func groupDatagrams(of bench: Bench, from unit: Bench.Unit) -> Int {
        bench.wire.count { $0.from == unit.address && $0.datagram.destination.address.isMulticast }
    }

    /// A switch and a lamp whose keys last for a hundred seconds from the moment when they start.
    private static func bench(seed: UInt64, delta: UInt64 = 0) throws -> (Bench, hub: Bench.Unit, lamp: Bench.Unit) {
        let bench = try Bench(seed: seed)
        bench.manager.policies = GroupPolicies(expirationDelta: delta)
        let hub = try bench.add("switch", roles: .requester)
        let lamp = try bench.add("lamp", roles: .responder)
        bench.manager.expiration = Bench.wallClock.seconds + 100
        bench.startsAt = Bench.wallClock
        for unit in [hub, lamp] { try bench.restart(unit) }
        bench.run(for: .seconds(10))
        return (bench, hub, lamp)
    }

    @Test(.requirement("GM-0215")) func underExpiredKeysNothingIsSent() throws {
        let (bench, hub, lamp) = try Self.bench(seed: 261)
        bench.command(hub, "on")
        bench.run(for: .seconds(10))
        #expect(lamp.lamp.isOn)
        let sent = Self.groupDatagrams(of: bench, from: hub)
        bench.run(for: .seconds(80))
        bench.manager.requests = []
        bench.command(hub, "off")
        #expect(Self.groupDatagrams(of: bench, from: hub) == sent)
        bench.run(for: .seconds(10))
        // It has asked first, and there were none.
        #expect(bench.manager.requests.contains("GET /ace-group/lights/nodes/n-switch"))
        #expect(hub.failed == [.keysUnavailable])
        #expect(Self.groupDatagrams(of: bench, from: hub) == sent)
        // It asks again, and goes on as soon as there are.
        bench.manager.expiration += 1_000_000
        bench.manager.rekey()
        bench.run(for: .seconds(60))
        #expect([hub, lamp].map { $0.engine.snapshot.membership?.version } == [1, 1])
        bench.command(hub, "off")
        bench.run(for: .seconds(10))
        #expect(!lamp.lamp.isOn && hub.completed.last?.answered == 1)
    }

    /// The command waits for the keys.
    @Test(.requirement("GM-0215")) func aCommandGoesOutUnderTheKeysThatAreFetchedForIt() throws {
        let (bench, hub, lamp) = try Self.bench(seed: 262)
        bench.run(for: .seconds(89))
        bench.delivers = { [manager = bench.manager.address] in $0.datagram.destination != manager }
        bench.run(for: .seconds(2))
        bench.manager.expiration += 1_000_000
        bench.manager.rekey()
        bench.delivers = { _ in true }
        bench.command(hub, "on")
        bench.run(for: .seconds(60))
        #expect(hub.failed.isEmpty && hub.completed.count == 1)
        #expect(lamp.engine.snapshot.membership?.version == 1)
    }

    /// For as long as the policies of the group say they open what comes, and nothing is answered with them.
    @Test(.requirement("GM-0227"), arguments: [0, 30] as [UInt64])
    func expiredKeysOpenMessagesForTheExpirationDelta(delta: UInt64) throws {
        let (bench, hub, lamp) = try Self.bench(seed: 263, delta: delta)
        // This one does not know the time, and goes on.
        bench.startsAt = nil
        try bench.restart(hub)
        bench.run(for: .seconds(109))
        bench.command(hub, "on")
        bench.run(for: .milliseconds(500))
        #expect(lamp.lamp.isOn == (delta == 30))
        let isAnswered = { bench.wire.contains { $0.from == lamp.address && $0.datagram.destination == hub.address } }
        #expect(!isAnswered())
        bench.run(for: .seconds(13))
        bench.command(hub, "off")
        bench.run(for: .seconds(5))
        #expect(lamp.lamp.isOn == (delta == 30))
        #expect(!isAnswered())
    }
}
