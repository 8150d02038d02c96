import Bytes
import CoAP
import CoAPSecurity
import OSCORE
import TestSupport
import Testing

@testable import CoAPEngine

/// Answers that come after many others.
struct SlowAnswerTests {
    private let path = DatagramPath(source: SocketAddress(.loopback, port: 5683), destination: .loopback)

    @Test(.requirement("OSC-0034"))
    func aSlowAnswerIsGivenAfterManyQuickOnes() throws {
        let ours = try TestAssociation.make(2, 1)
        var client = try EndpointSecurity(associations: [ours])
        var server = try EndpointSecurity(associations: [TestAssociation.make(1, 2)])
        var random = SeededGenerator(seed: 1)
        var answers: [SecuredResponseBinding] = []
        var questions: [SecuredRequestBinding] = []
        for number in 0..<100 as Range<UInt64> {
            let (request, question) = try client.protectRequest(Message(code: .get), for: ours.peer)
            let incoming = IncomingRequest(
                handle: RequestHandle(number: number), path: path, code: request.code, body: request.body,
                token: Token(number), type: .confirmable, byteCount: 20)
            let verdict = server.verifyRequest(incoming, at: MonotonicInstant(nanoseconds: 0), random: &random)
            guard case .verified(_, let answer, _) = verdict else { throw RawMember.NotVerified() }
            answers.append(answer)
            questions.append(question)
        }
        for number in (0..<100).reversed() {
            let protected = server.protectResponse(Message(code: .content), to: &answers[number])
            let response = try #require(protected)
            let incoming = IncomingResponse(path: path, code: response.code, body: response.body)
            let verified = client.verifyResponse(incoming, to: &questions[number])
            #expect(verified?.message.code == .content)
        }
    }
}
