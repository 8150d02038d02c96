import ACEGroupcomm
import CoAP
import CoAPEngine
import MemberNode
import TestSupport
import Testing

/// A manager that does not take a node's credential.
struct KeyPairTests {
    @Test(.requirement("GM-0368")) func anotherKeyPairIsMadeAndTriedOnce() throws {
        let (bench, unit, invitation) = try Self.refused()
        bench.join(unit, invitation)
        #expect(unit.joined.count == 1)
        let joins = try #require(bench.manager.clients[invitation.clientSenderID]?.joins)
        #expect(joins.count == 2)
        #expect(joins.first?.clientCredential != joins.last?.clientCredential)
        #expect(joins.first?.clientNonce != joins.last?.clientNonce)
        #expect(unit.store.state.identity?.credential == joins.last?.clientCredential)
        // What it is after a restart is what the manager knows.
        let lamp = try bench.add("lamp", roles: .responder)
        try bench.restart(unit)
        bench.run(for: .seconds(1))
        bench.command(unit, "on")
        bench.run(for: .seconds(10))
        #expect(unit.completed.last?.answered == 1 && lamp.joined.count == 1)
    }

    /// What the disk has not taken is not used.
    @Test(.requirement("GM-0368")) func aKeyPairThatIsNotDurableIsNone() throws {
        let (bench, unit, invitation) = try Self.refused()
        bench.manager.alter = { request, _ in if request == "POST /ace-group/lights" { unit.store.failsNext = true } }
        bench.join(unit, invitation)
        #expect(unit.joinFailures == [.storage])
        let former = try #require(bench.manager.clients[invitation.clientSenderID]?.joins.last?.clientCredential)
        #expect(unit.store.state.identity?.credential == former)
        bench.manager.alter = { _, _ in }
        bench.join(unit, invitation)
        #expect(unit.joined.count == 1)
        let latest = bench.manager.clients[invitation.clientSenderID]?.joins.last?.clientCredential
        #expect(latest == former && unit.store.state.identity?.credential == former)
    }

    private static func refused() throws -> (Bench, Bench.Unit, Invitation) {
        let bench = try Bench(seed: 111)
        let unit = try bench.newUnit("switch")
        bench.manager.instead["POST /ace-group/lights"] = [
            bench.manager.problem(.badRequest, .incompatibleCredential)
        ]
        return (bench, unit, bench.manager.invite("switch", roles: .requester))
    }
}
