import Bytes
import CoAP
import TestSupport
import Testing

@testable import OSCORE

struct RederivationTests {
    private static let (r1, r2, r3): ([UInt8], [UInt8], [UInt8]) = (
        Array(repeating: 1, count: 8), Array(repeating: 2, count: 8), Array(repeating: 3, count: 8)
    )
    private let ask = Message(.get, [(.uriPath, [0x61])])

    private func parameters(_ sender: UInt8, _ recipient: UInt8) throws -> ContextParameters {
        let secret = Pair.secret
        return ContextParameters(
            masterSecret: SecretBytes(copying: secret.span), masterSalt: [7],
            senderID: try #require(SenderID([sender])), recipientID: try #require(SenderID([recipient])))
    }

    private func client() throws -> RederivationClient { try RederivationClient(parameters(1, 2), r1: Self.r1) }

    private func server(groupIDs: Set<[UInt8]> = []) throws -> RederivationServer {
        try RederivationServer(parameters(2, 1), groupIDs: groupIDs)
    }

    private func deliver(
        _ message: Message, _ server: inout RederivationServer, r2: [UInt8] = Self.r2, at now: Duration = .zero
    ) throws -> RederivationServer.Outcome {
        let body = message.body
        return server.verifyRequest(try ProtectedMessage(body.span), r2: r2, at: now)
    }

    private func challenge(
        _ client: inout RederivationClient, _ message: Message, _ binding: RequestBinding, r3: [UInt8] = Self.r3
    ) throws -> VerificationFailure? {
        let body = message.body
        return client.receiveChallenge(try ProtectedMessage(body.span), to: binding, r3: r3)
    }

    private func confirmation(
        _ client: inout RederivationClient, _ message: Message, _ binding: RequestBinding
    ) throws -> Result<Message, VerificationFailure> {
        let body = message.body
        return client.receiveConfirmation(try ProtectedMessage(body.span), to: binding)
    }

    @Test(.requirement("OSC-0113")) func aRunComesToOneNewContextOnBothSides() throws {
        var client = try self.client()
        var server = try self.server()
        let (request1, binding1) = try client.context.protectRequest(ask)
        // CBOR: a byte string of 8.
        #expect(kidContext(of: request1) == [0x48] + Self.r1)
        let response1 = try #require(deliver(request1, &server).challenge)
        #expect(kidContext(of: response1) == [0x48] + Self.r2)
        #expect(try challenge(&client, response1, binding1) == nil)
        let notYet = client.establishedContext
        #expect(notYet == nil)

        let (request2, binding2) = try client.context.protectRequest(ask)
        #expect(kidContext(of: request2) == [0x50] + Self.r2 + Self.r3)
        let (context, verified) = try #require(deliver(request2, &server).established)
        #expect(verified.message == ask)
        #expect(context.idContext == Self.r2 + Self.r3)
        var atServer = verified.binding
        let response2 = try context.protectResponse(Message(.content, payload: [9]), to: &atServer)
        #expect(kidContext(of: response2) == nil)
        #expect(try confirmation(&client, response2, binding2).get() == Message(.content, payload: [9]))
        let end = client.establishedContext
        let established = try #require(end)

        let (later, _) = try established.protectRequest(ask)
        let body = later.body
        let first = context.verifyRequest(try ProtectedMessage(body.span))
        #expect(first.verified?.message == ask)
        // A replay of request #2 is one to the new context, and opens no door at the machine either.
        let replay = request2.body
        let again = context.verifyRequest(try ProtectedMessage(replay.span))
        #expect(again.isReplay)
        #expect(try deliver(request2, &server, r2: Self.r3).established == nil)
    }

    @Test(.requirement("OSC-0113")) func aServerThatLostItsPartLeadsTheClientOn() throws {
        let first = try self.client()
        var server = try self.server()
        let (request, binding) = try first.context.protectRequest(ask)
        var second = try RederivationClient(parameters(1, 2), continuing: first.context)
        let response = try #require(deliver(request, &server).challenge)
        #expect(try challenge(&second, response, binding) == nil)
        let (again, _) = try second.context.protectRequest(ask)
        #expect(try deliver(again, &server).established != nil)
    }

    /// R3 = ID1 makes the third context the second one: response #2 would go under the nonce of response #1.
    @Test(.requirement("OSC-0113", "OSC-0069")) func theOldIDContextIsNoR3() throws {
        var client = try self.client()
        var server = try self.server()
        let (request1, binding1) = try client.context.protectRequest(ask)
        let response1 = try #require(deliver(request1, &server).challenge)
        #expect(try challenge(&client, response1, binding1, r3: Self.r1) == .noContext)
        // A client that does it all the same is not followed.
        let second = try parameters(1, 2).transientContext(idContext: Self.r2 + Self.r1)
        let (plain, _) = try second.protectRequest(ask)
        var wrapped = plain
        var option: [UInt8] = []
        let idContext = WrappedNonce.wrap(Self.r2 + Self.r1)
        OSCOREOption.write(
            isGroupMode: false, partialIV: .zero, kidContext: idContext.span, kid: SenderID([1]),
            into: &option)
        wrapped.options.set(.oscore, option)
        #expect(try deliver(wrapped, &server).failure == .noContext)
        // The run is still open.
        #expect(try challenge(&client, response1, binding1) == nil)
        let (request2, _) = try client.context.protectRequest(ask)
        #expect(try deliver(request2, &server).established != nil)
    }

    @Test(.requirement("OSC-0113")) func forgedMessagesMoveNobody() throws {
        var client = try self.client()
        var server = try self.server()
        let (request1, binding1) = try client.context.protectRequest(ask)
        var forged = request1
        forged.payload[0] ^= 1
        #expect(try deliver(forged, &server).failure == .decryption)
        let response1 = try #require(deliver(request1, &server).challenge)
        for byte in response1.payload.indices {
            var forged = response1
            forged.payload[byte] ^= 0x80
            #expect(try challenge(&client, forged, binding1) == .decryption)
        }
        // Another R2 than the server's gives other keys.
        var other = response1
        other.options.set(.oscore, [0x10, 9, 0x48] + Self.r3)
        #expect(try challenge(&client, other, binding1) == .decryption)
        let unmoved = client.context
        #expect(unmoved.idContext == Self.r1)
        #expect(try challenge(&client, response1, binding1, r3: [1, 2, 3]) == .noContext)
        #expect(try challenge(&client, response1, binding1) == nil)
        // Response #1 once more, now that response #2 is awaited.
        #expect(try challenge(&client, response1, binding1) == .noContext)
        #expect(try confirmation(&client, response1, binding1).failure != nil)
        let notYet = client.establishedContext
        #expect(notYet == nil)
    }

    @Test(.requirement("OSC-0113")) func aResponseToAnotherRequestIsRefused() throws {
        var client = try self.client()
        var server = try self.server()
        let (request1, _) = try client.context.protectRequest(ask)
        let (_, later) = try client.context.protectRequest(ask)
        let response1 = try #require(deliver(request1, &server).challenge)
        #expect(try challenge(&client, response1, later) == .decryption)
    }

    @Test(.requirement("OSC-0113")) func requestTwoNeedsAnR2OfThisServerInTime() throws {
        for delay in [Duration.zero, RederivationServer.runLifetime + .seconds(1)] {
            var client = try self.client()
            var server = try self.server()
            let (request1, binding1) = try client.context.protectRequest(ask)
            let response1 = try #require(deliver(request1, &server).challenge)
            #expect(try challenge(&client, response1, binding1) == nil)
            let (request2, _) = try client.context.protectRequest(ask)
            let outcome = try deliver(request2, &server, r2: Self.r3, at: delay)
            #expect((outcome.established != nil) == (delay == .zero))
            // A restarted server has given nothing out.
            var restarted = try self.server()
            #expect(try deliver(request2, &restarted).established == nil)
        }
    }

    @Test(.requirement("OSC-0113")) func crossingRunsEndWithTheFirstThatSucceeds() throws {
        var one = try self.client()
        var two = try self.client()
        var server = try self.server()
        let (firstOfOne, bindingOfOne) = try one.context.protectRequest(ask)
        let (firstOfTwo, bindingOfTwo) = try two.context.protectRequest(ask)
        let toOne = try #require(deliver(firstOfOne, &server, r2: Self.r2).challenge)
        // One R2 is never given twice.
        #expect(try deliver(firstOfTwo, &server, r2: Self.r2).challenge == nil)
        let toTwo = try #require(deliver(firstOfTwo, &server, r2: Self.r2 + [9]).challenge)
        #expect(try challenge(&one, toOne, bindingOfOne) == nil)
        #expect(try challenge(&two, toTwo, bindingOfTwo) == nil)
        let (secondOfTwo, _) = try two.context.protectRequest(ask)
        let (secondOfOne, _) = try one.context.protectRequest(ask)
        #expect(try deliver(secondOfTwo, &server, r2: Self.r1).established != nil)
        #expect(try deliver(secondOfOne, &server, r2: Self.r3).established == nil)
    }

    @Test(.requirement("OSC-0113")) func onlySoManyRunsAreOpen() throws {
        let client = try self.client()
        var server = try self.server()
        let (request, _) = try client.context.protectRequest(ask)
        for run in 0..<RederivationServer.maximumRunCount {
            #expect(try deliver(request, &server, r2: Self.r2 + [UInt8(run)]).challenge != nil)
        }
        #expect(try deliver(request, &server, r2: Self.r3).isBusy)
        #expect(try deliver(request, &server, r2: Self.r3, at: .seconds(1000)).challenge != nil)
        server.forgetRuns()
    }

    @Test(.requirement("OSC-0113")) func aGidStartsNoRun() throws {
        let client = try self.client()
        let gid = [0x48] + Self.r1
        var server = try self.server(groupIDs: [gid])
        let (request, _) = try client.context.protectRequest(ask)
        #expect(try deliver(request, &server).failure == .noContext)
        // And where the protocol is not in use, an unknown kid context is an unknown context.
        let body = request.body
        let plain = try Pair(client: [1], server: [2]).server
        let verdict = plain.verifyRequest(try ProtectedMessage(body.span))
        #expect(verdict.failure == .noContext)
    }

    @Test(
        .requirement("OSC-0113"),
        arguments: [
            [], [0x48, 1, 1, 1, 1, 1, 1, 1], [0x47, 1, 1, 1, 1, 1, 1, 1], [0x48, 1, 1, 1, 1, 1, 1, 1, 1, 1],
            [0x58, 8, 1, 1, 1, 1, 1, 1, 1, 1], [0x68, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61],
        ] as [[UInt8]])
    func whatIsNoWrappedNonceStartsNoRun(kidContext: [UInt8]) throws {
        var server = try self.server()
        let request = Message(
            .post, [(.oscore, [0x19, 0, UInt8(kidContext.count)] + kidContext + [1])], payload: Array(0..<20))
        #expect(try deliver(request, &server).failure == .noContext)
    }

    @Test func shortNoncesAreRefused() throws {
        #expect(throws: ContextError.invalidKeyMaterial) {
            try Self.start(parameters(1, 2), r1: [1, 2, 3, 4, 5, 6, 7])
        }
        let context = try Pair().client
        #expect(throws: ContextError.invalidKeyMaterial) { try Self.resume(parameters(1, 2), context) }
    }

    private static func start(_ parameters: consuming ContextParameters, r1: [UInt8]) throws {
        _ = try RederivationClient(parameters, r1: r1)
    }

    private static func resume(_ parameters: consuming ContextParameters, _ context: SecurityContext) throws {
        _ = try RederivationClient(parameters, continuing: context)
    }

    private func kidContext(of message: Message) -> [UInt8]? {
        let value = message.options.oscore ?? []
        guard let option = try? OSCOREOption(value.span), let kidContext = option.kidContext else { return nil }
        return [UInt8](copying: kidContext)
    }
}

extension RederivationServer.Outcome {
    fileprivate var challenge: Message? { if case .challenge(let message) = self { message } else { nil } }
    fileprivate var established: (SecurityContext, VerifiedRequest)? {
        if case .established(let context, let request) = self { (context, request) } else { nil }
    }
    fileprivate var failure: VerificationFailure? { if case .rejected(let failure) = self { failure } else { nil } }
    fileprivate var isBusy: Bool { if case .busy = self { true } else { false } }
}
