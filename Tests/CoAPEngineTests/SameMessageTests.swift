import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

/// A group request that is sent again for those who missed it.
struct SameMessageTests {
    @Test(.requirement("COAP-0099", "COAP-0100"), arguments: [true, false])
    func isSentAgainByteForByte(repeatsSameMessage: Bool) throws {
        var client = CoAPEngine.Endpoint(protection: NoProtection())
        var random = SeededGenerator(seed: 1)
        var now = MonotonicInstant(nanoseconds: 1_000_000_000)
        var collection = ResponseCollection(deadline: .seconds(400))
        collection.repeats = 20
        collection.repeatsSameMessage = repeatsSameMessage
        var effects: [EndpointEffect] = []
        _ = try client.start(
            ClientRequest(Message(code: .get), to: Endpoint.group, group: collection), at: now, random: &random,
            effects: &effects)
        while let deadline = client.nextDeadline, deadline < MonotonicInstant(nanoseconds: 390_000_000_000) {
            now = max(now, deadline)
            client.handleTimers(at: now, random: &random, effects: &effects)
        }
        var sent: [[UInt8]] = []
        for case .transmit(let datagram) in effects { sent.append(datagram.bytes) }
        #expect(Set(sent).count == (repeatsSameMessage ? 1 : sent.count))
        // The same one only within 102 s, in which one each 22 s fits.
        #expect(repeatsSameMessage ? sent.count == 5 : sent.count > 10)
    }
}
