import ACEGroupcomm
import CoAP
import CoAPEngine
import TestSupport
import Testing

@testable import GroupManager

/// Somebody asks for keys in the moment in which the group gets new ones.
struct OldAnswerTests {
    /// Both come in one batch, and are made durable with one commit: the answer leaves behind it, and tells the new keys.
    @Test(.requirement("GM-0336")) func whoAsksWhileSomebodyLeavesIsToldTheNewKeys() throws {
        let fixture = try Fixture(seed: 1_260)
        let manager = fixture.manager
        let (reader, leaver) = (try fixture.member("a"), try fixture.member("b"))
        let place = try #require(manager.store.groups["g7"]?.members["b"]?.nodeName)
        let (readers, leavers) = (try reader.link(), try leaver.link())
        let asked = try readers.protect(TestClient.message(.get, "ace-group/g7"))
        let left = try leavers.protect(TestClient.message(.delete, "ace-group/g7/nodes/\(place)"))
        let token = readers.lastToken
        let commits = manager.engine.counters.commits
        let sent = manager.deliver([(asked, from: reader.address), (left, from: leaver.address)])
        #expect(manager.engine.counters.commits == commits + 1)
        #expect(manager.store.groups["g7"]?.record.version == 1)
        let answers = try sent.filter {
            try $0.destination == reader.address && DatagramCodec.decode($0.bytes.span).0.token == token
        }
        let answer = try #require(answers.first)
        let opened = try readers.open(answer.bytes)
        #expect(opened.code == .content)
        let payload = opened.payload
        #expect(try KeyDistribution(decoding: payload.span).version == 1)
    }
}
