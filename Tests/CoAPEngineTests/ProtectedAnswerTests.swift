import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

/// A response with OSCORE to a request without.
struct ProtectedAnswerTests {
    private let now = MonotonicInstant(nanoseconds: 1_000_000_000)

    @Test(arguments: [false, true])
    func endsTheRequestThatItCannotAnswer(isSeparate: Bool) throws {
        var client = CoAPEngine.Endpoint(protection: NoProtection())
        var random = SeededGenerator(seed: 1)
        var effects: [EndpointEffect] = []
        let id = try client.start(
            ClientRequest(Message(code: .get), to: Endpoint.peer), at: now, random: &random, effects: &effects)
        guard case .transmit(let request)? = effects.first else { throw Surprise() }
        let (header, _) = try DatagramCodec.decode(request.bytes.span)
        effects = []
        let answer = answer(to: header, isSeparate: isSeparate)
        client.receive(
            answer.span, from: DatagramPath(source: Endpoint.peer, destination: ServerBench.home), at: now,
            random: &random, effects: &effects)
        let ends = effects.compactMap { effect -> OperationEnd? in
            guard case .ended(id, let end) = effect else { return nil }
            return end
        }
        #expect(ends == [.failed(.unusableResponse)])
        #expect(client.counters.responsesRefused == 1)
        #expect(client.client.load.operations == 0)
    }

    private func answer(to header: DatagramHeader, isSeparate: Bool) -> [UInt8] {
        var options = Options()
        options.append(.oscore, [])
        return datagram(
            isSeparate ? .nonConfirmable : .acknowledgement, .content,
            id: isSeparate ? 9 : header.messageID.rawValue, token: header.token, options: options)
    }
}
