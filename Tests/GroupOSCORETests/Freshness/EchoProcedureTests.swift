import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// The whole procedure between a client and a server whose resource needs fresh requests.
struct EchoProcedureTests {
    @Test(
        .requirement(
            "GOSC-0092", "GOSC-0163", "GOSC-0263", "GOSC-0264", "GOSC-0270", "ECHO-0005", "ECHO-0006", "COAP-0191"))
    func theRequestIsDeliveredAfterTheEcho() throws {
        let client = try TestGroup.member(TestGroup.client, generations: 1...1)
        let server = try TestGroup.member(TestGroup.server, generations: 1...1)
        var random = SeededGenerator(seed: 30)
        var kept = KeptRequests<Token>(lifetime: .seconds(30))
        let (message, token) = try client.sendGroupRequest()
        kept.keep(TestGroup.request, as: token, now: .seconds(100))
        let first = try #require(try server.receive(request: message).request)

        var binding = first.binding
        let verdict = judge(first, by: server, now: .seconds(100), random: &random)
        guard case .challenge(let value) = verdict else {
            Issue.record("not challenged but \(verdict)")
            return
        }
        let context = try #require(server.latest).context
        let (challenge, partialIV) = try protect(EchoChallengeResponse.message(value), to: &binding, with: context)
        #expect(partialIV != nil)
        guard case .deliver(let received) = try client.receive(response: challenge, token: token) else {
            Issue.record("the challenge is not genuine")
            return
        }
        #expect(received.response.partialIV == partialIV)
        let answer = kept.followUp(
            to: received.response, of: token, under: received.groupID, algorithms: TestGroup.algorithms,
            now: .seconds(101))
        let followUp = try #require(answer)
        #expect(followUp.server == TestGroup.server)
        #expect(followUp.groupID == client.latest?.context.groupID)

        let (again, secondBinding) = try #require(client.latest).context.protectRequest(followUp.request)
        #expect(secondBinding.request.partialIV > first.binding.request.partialIV)
        let second = try #require(try server.receive(request: again).request)
        guard case .deliver = judge(second, by: server, now: .seconds(102), random: &random) else {
            Issue.record("not delivered")
            return
        }
        // The same value proves nothing a second time: the request comes from a client that is known as fresh now, and
        // passes for that reason only.
        #expect(server.freshness.challenges.count == 0)
    }

    @Test(.requirement("ECHO-0009", "COAP-0194"))
    func anOuterEchoProvesNothing() throws {
        let client = try TestGroup.context(1, member: TestGroup.client)
        let server = try TestGroup.member(TestGroup.server, generations: 1...1)
        var random = SeededGenerator(seed: 31)
        let peer = EchoPeer(groupID: TestGroup.groupID(1), kid: TestGroup.client)
        guard
            case .challenge(let value) = server.freshness.judgeUnproven(
                echo: nil, of: peer, now: .seconds(100), random: &random)
        else {
            Issue.record("not challenged")
            return
        }
        var message = try client.protectRequest(TestGroup.request).0
        message.options.echo = value.bytes
        let request = try #require(try server.receive(request: message).request)
        #expect(request.message.options.echo == nil)
        guard case .challenge = judge(request, by: server, now: .seconds(100), random: &random) else {
            Issue.record("an attacker's option counts")
            return
        }
    }

    /// A server that does not know any more what it has accepted: it asks, and the answer makes its window valid.
    @Test(.requirement("COAP-0135", "COAP-0198", "COAP-0200"))
    func aServerWithoutItsWindowAsksBeforeItServes() throws {
        let client = try TestGroup.member(TestGroup.client, generations: 1...1)
        let server = try TestGroup.member(TestGroup.server, generations: 1...1)
        var random = SeededGenerator(seed: 32)
        var kept = KeptRequests<Token>(lifetime: .seconds(30))
        let (captured, _) = try client.sendGroupRequest(token: 1)
        #expect(try server.receive(request: captured).request != nil)
        guard case .replay = try server.receive(request: captured) else {
            Issue.record("served twice")
            return
        }
        let context = try #require(server.latest).context
        context.recipients[TestGroup.client]?.replayWindow.invalidate()
        // The captured one and a new one look alike now: neither is handled, and what is sent back is an inner Echo.
        let (message, token) = try client.sendGroupRequest(token: 2)
        kept.keep(TestGroup.request, as: token, now: .seconds(100))
        _ = try challenge(captured, by: server, context, now: .seconds(100), random: &random)
        let challenge = try challenge(message, by: server, context, now: .seconds(100), random: &random)
        guard case .deliver(let received) = try client.receive(response: challenge, token: token) else {
            Issue.record("the challenge is not genuine")
            return
        }
        let answer = kept.followUp(
            to: received.response, of: token, under: received.groupID, algorithms: TestGroup.algorithms,
            now: .seconds(101))
        let followUp = try #require(answer)
        let (again, _) = try #require(client.latest).context.protectRequest(followUp.request)
        guard case .unproven(let proof) = try server.receive(request: again),
            case .deliver = server.freshness.judge(proof, now: .seconds(102), random: &random),
            case .verified(let request) = context.accept(proof)
        else {
            Issue.record("the echo proves nothing")
            return
        }
        #expect(request.sender == TestGroup.client)
        // The window is valid again, from this request on.
        for old in [captured, message, again] {
            guard case .replay = try server.receive(request: old) else {
                Issue.record("served twice")
                continue
            }
        }
        let (next, _) = try client.sendGroupRequest(token: 3)
        #expect(try server.receive(request: next).request != nil)
    }

    /// What a server without a valid window sends back.
    private func challenge(
        _ message: Message, by server: GroupGenerations, _ context: GroupContext, now: Duration,
        random: inout SeededGenerator
    ) throws -> Message {
        guard case .unproven(let unproven) = try server.receive(request: message),
            case .challenge(let value) = server.freshness.judge(unproven, now: now, random: &random)
        else {
            Issue.record("an invalid window decided")
            throw BenchError.notVerified
        }
        var binding = unproven.binding
        let (challenge, partialIV) = try protect(EchoChallengeResponse.message(value), to: &binding, with: context)
        #expect(partialIV != nil)
        #expect(!challenge.options.contains(.echo))
        return challenge
    }

    /// Protects a challenge as the rules for its fields have it, and says which Partial IV it carries.
    private func protect(
        _ challenge: Message, to binding: inout GroupRequestBinding, with context: GroupContext
    ) throws -> (Message, PartialIV?) {
        let server = ServedRequest.Server(
            groupID: context.groupID, senderID: TestGroup.server, installedAt: .zero)
        let fields = ServedRequest(binding, senderID: TestGroup.server).nextFields(
            from: server, isEchoChallenge: true, now: .zero)
        let plain = challenge.body
        var code = Code.empty
        let body = try [UInt8](capacity: plain.count + GroupContext.maximumExpansion) { output in
            code = try context.protectGroupResponse(
                code: challenge.code, body: plain.span, to: &binding, usesOwnPartialIV: fields.ownPartialIV,
                into: &output)
        }
        let partialIV = try ProtectedMessage(body.span).option.partialIV
        return (try Message(code: code, body: body.span), partialIV)
    }

    private func judge(
        _ request: GroupOSCORE.VerifiedRequest, by server: GroupGenerations, now: Duration,
        random: inout SeededGenerator
    ) -> RequestFreshness.Verdict {
        server.freshness.judge(
            .firstRequest, echo: request.message.options.echo.flatMap(EchoValue.init), of: EchoPeer(request.binding),
            now: now, contextEstablishedAt: .zero, canAnswer: true, random: &random)
    }
}
