import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import GroupManager
import TestSupport
import Testing

/// Confirmations that are none.
struct DistributionAttackTests {
    private func group() throws -> ControlledGroup {
        try ControlledGroup([("lamp-1", .responder), ("lamp-2", .responder)])
    }

    @Test(.requirement("GM-0313", "GM-0317"))
    func aForgedAnswerCountsForNothing() throws {
        let group = try group()
        let lamp = try group["lamp-1"]
        lamp.respond = { _ in nil }
        try group.rekey()
        let datagram = try #require(lamp.datagrams.first)
        // Nobody needs keys to write any of these.
        for forged in [Message(code: .changed), Message(code: .empty), Message(code: .notFound)] {
            let answer = try TestAssociation.acknowledge(datagram, with: forged)
            try group.deliver(group.manager.deliver(answer, from: lamp.address))
        }
        var reset = try TestAssociation.acknowledge(datagram, with: Message(code: .empty))
        reset[0] = reset[0] & 0xcf | 0x30
        try group.deliver(group.manager.deliver(Array(reset.prefix(4)), from: lamp.address))
        #expect(group.confirmed == ["lamp-2"])
        // It is told again all the same.
        lamp.respond = { _ in Message(code: .changed) }
        try group.pass(.seconds(30))
        #expect(group.outcomes == [ControlledGroup.outcome(1, 2)])
    }

    /// Where an answer comes from proves nothing, and one from elsewhere ends nothing either.
    @Test(.requirement("GM-0313", "GM-0317"))
    func anAnswerFromElsewhereCountsForNothing() throws {
        let group = try group()
        let lamp = try group["lamp-1"]
        var isCut = true
        group.loses = { _ in isCut }
        try group.rekey()
        #expect(group.confirmed == [] && lamp.datagrams.isEmpty)
        isCut = false
        let sent = try #require(
            group.manager.history.compactMap { if case .send(let datagram) = $0 { datagram } else { nil } }
                .last { $0.destination == lamp.address })
        let answer = try #require(try lamp.receive(sent.bytes))
        for source in [SocketAddress(.loopback, port: 30_000), try group["lamp-2"].address] {
            try group.deliver(group.manager.deliver(answer, from: source))
        }
        #expect(group.confirmed == [])
        try group.deliver(group.manager.deliver(answer, from: lamp.address))
        #expect(group.confirmed == ["lamp-1"])
    }

    @Test(.requirement("GM-0313", "GM-0317"))
    func theAnswerOfAnotherOrOfEarlierCountsForNothing() throws {
        let group = try group()
        let (lamp, other) = (try group["lamp-1"], try group["lamp-2"])
        // The answer to the keys before, recorded.
        try group.rekey()
        let former = try #require(lamp.latestAnswer)
        lamp.respond = { _ in nil }
        try group.rekey()
        let datagram = try #require(lamp.datagrams.last)
        let header = datagram.prefix(4 + Int(datagram[0] & 15))
        for recorded in [former, try #require(other.latestAnswer)] {
            // With the Message ID and the Token of the request that is open.
            var answer = recorded
            answer.replaceSubrange(2..<header.count, with: header[2...])
            try group.deliver(group.manager.deliver(answer, from: lamp.address))
        }
        #expect(group.confirmed == ["lamp-2"])
        try group.pass(.seconds(70))
        #expect(group.outcomes.last == ControlledGroup.outcome(2, 1, ["lamp-1"]))
    }
}
