// example: oscore-embedding-imports
import Bytes
import CoAP
import CryptoPrimitives
import OSCORE
// end
import Testing

// example: oscore-embedding-stored
/// What an endpoint keeps of one context. One commit writes all of it.
struct StoredContext: Sendable {
    let masterSecret: [UInt8]
    let masterSalt: [UInt8]
    let senderID: SenderID
    let recipientID: SenderID
    /// Every Sender Sequence Number below it may have been used.
    var reservedEnd: UInt64 = 0
    /// What was accepted from the peer; `nil` while nothing was.
    var replayWindow: ReplayWindow.Snapshot?
}
// end

// example: oscore-embedding-endpoint
/// One endpoint of one context. An actor: the context belongs to one thread at a time.
actor Endpoint {
    private var stored: StoredContext
    private let context: SecurityContext
    private let commit: @Sendable (StoredContext) throws -> Void
    private var challenge: EchoChallenge?
    private var failures: [VerificationFailure: Int] = [:]

    /// - Parameter commit: Returns once what it is given is durable.
    init(_ stored: StoredContext, commit: @escaping @Sendable (StoredContext) throws -> Void) throws {
        context = try SecurityContext(
            masterSecret: stored.masterSecret.span, masterSalt: stored.masterSalt.span, senderID: stored.senderID,
            recipientID: stored.recipientID, reservation: SequenceReservation(resumingAt: stored.reservedEnd),
            replayWindow: stored.replayWindow.map { try ReplayWindow(restoring: $0) } ?? ReplayWindow())
        self.stored = stored
        self.commit = commit
    }

    /// Makes the next numbers durable before the first of them is used.
    private func reserve() throws {
        guard let end = context.reservation.wantedEnd else { return }
        stored.reservedEnd = end
        try commit(stored)
        context.extendReservation(to: end)
    }
}
// end

// example: oscore-embedding-client
extension Endpoint {
    /// Protects a request. The caller keeps the binding under the Token of the request.
    func ask(_ request: Message) throws -> (sent: Message, binding: RequestBinding) {
        try reserve()
        return try context.protectRequest(request)
    }

    /// Verifies the response that came under that Token.
    func check(_ received: [UInt8], to binding: RequestBinding) throws -> Result<Message, VerificationFailure> {
        context.verifyResponse(try ProtectedMessage(received.span), to: binding)
    }
}
// end

// example: oscore-embedding-server
extension Endpoint {
    typealias Handler = @Sendable (VerifiedRequest) -> Message

    /// Verifies a request and has it handled; `nil` if nothing is to be answered.
    func serve(_ received: [UInt8], at now: Duration, _ handler: Handler) throws -> Message? {
        let message = try ProtectedMessage(received.span)
        return try answer(context.verifyRequest(message), at: now, handler)
    }

    private func answer(_ verdict: RequestVerdict, at now: Duration, _ handler: Handler) throws -> Message? {
        switch verdict {
        case .verified(var request):
            // Durable before anything is done: after a crash the same bytes are a replay.
            stored.replayWindow = context.replayWindow.snapshot
            try commit(stored)
            return try context.protectResponse(handler(request), to: &request.binding)
        case .unproven(let request):
            return try prove(request, at: now, handler)
        case .replay:
            return OSCOREErrorResponse.responseToReplay(mayBeGroupRequest: false)
        case .rejected(let failure):
            failures[failure, default: 0] += 1
            return OSCOREErrorResponse.response(to: failure, mayBeGroupRequest: false)
        }
    }
}
// end

// example: oscore-embedding-echo
extension Endpoint {
    /// Asks the client to show that its request is new; takes the request that shows it.
    private func prove(_ request: UnprovenRequest, at now: Duration, _ handler: Handler) throws -> Message? {
        if let challenge, challenge.isAnswered(by: request.echo, at: now) {
            self.challenge = nil
            return try answer(context.accept(request), at: now, handler)
        }
        // A replay must not drive out the challenge that the client is about to answer.
        if challenge.map({ now - $0.issued > $0.lifetime }) ?? true {
            var random = SecureRandom()
            challenge = EchoChallenge(random: random.bytes(EchoChallenge.valueCount).span, at: now)
        }
        guard let challenge else { return nil }
        var binding = request.binding
        try reserve()
        return try context.protectResponse(challenge.response, to: &binding, usesOwnPartialIV: true)
    }

    /// Notes that what was received before is not known any more.
    func loseReplayWindow() {
        context.loseReplayWindow()
    }
}
// end

struct OSCOREEmbeddingExample {
    private let clientDisk: Disk<StoredContext>
    private let serverDisk: Disk<StoredContext>
    private let handler: Endpoint.Handler = { _ in Message(code: .content, payload: Array("21 °C".utf8)) }

    init() throws {
        let secret = [UInt8](repeating: 1, count: 16)
        let (clientID, serverID) = (try #require(SenderID([0x00])), try #require(SenderID([0x01])))
        clientDisk = Disk(
            StoredContext(masterSecret: secret, masterSalt: [], senderID: clientID, recipientID: serverID))
        serverDisk = Disk(
            StoredContext(masterSecret: secret, masterSalt: [], senderID: serverID, recipientID: clientID))
    }

    @Test func asksAndAnswers() async throws {
        let (clientDisk, serverDisk) = (clientDisk, serverDisk)
        // example: oscore-embedding-exchange
        let client = try Endpoint(clientDisk.stored) { clientDisk.write($0) }
        let server = try Endpoint(serverDisk.stored) { serverDisk.write($0) }

        var request = Message(code: .get)
        request.options.uriPath = ["temperature"]
        let (sent, binding) = try await client.ask(request)

        let answer = try await server.serve(sent.body, at: .zero) { request in
            request.message.options.uriPath == ["temperature"]
                ? Message(code: .content, payload: Array("21 °C".utf8)) : Message(code: .notFound)
        }
        guard let answer else { throw VerificationFailure.malformed }

        let response = try await client.check(answer.body, to: binding).get()
        // end
        #expect(sent.code == .post)
        #expect(sent.options.uriPath.isEmpty)
        #expect(answer.code == .changed)
        #expect(response == Message(code: .content, payload: Array("21 °C".utf8)))
        #expect(clientDisk.stored.reservedEnd == SequenceReservation.defaultBlockSize)
        #expect(serverDisk.stored.replayWindow?.highest == 0)
        // The response used the nonce of the request.
        #expect(serverDisk.stored.reservedEnd == 0)
    }

    @Test func aRestartRepeatsNoNumberAndAcceptsNoReplay() async throws {
        let (clientDisk, serverDisk, handler) = (clientDisk, serverDisk, handler)
        let before = try await Endpoint(clientDisk.stored) { clientDisk.write($0) }.ask(Message(code: .get))
        let first = try Endpoint(serverDisk.stored) { serverDisk.write($0) }
        #expect(try await first.serve(before.sent.body, at: .zero, handler) != nil)
        // example: oscore-embedding-restart
        let client = try Endpoint(clientDisk.stored) { clientDisk.write($0) }
        let server = try Endpoint(serverDisk.stored) { serverDisk.write($0) }

        let replay = try await server.serve(before.sent.body, at: .zero, handler)
        let after = try await client.ask(Message(code: .get))
        // end
        #expect(replay == OSCOREErrorResponse.responseToReplay(mayBeGroupRequest: false))
        #expect(replay?.options.oscore == nil)
        #expect(before.binding.partialIV == .zero)
        #expect(after.binding.partialIV.value == SequenceReservation.defaultBlockSize)
        #expect(try await server.serve(after.sent.body, at: .zero, handler) != nil)
    }

    @Test func aLostWindowIsHealedByEcho() async throws {
        let (clientDisk, serverDisk, handler) = (clientDisk, serverDisk, handler)
        let client = try Endpoint(clientDisk.stored) { clientDisk.write($0) }
        let server = try Endpoint(serverDisk.stored) { serverDisk.write($0) }
        let request = Message(code: .get)
        // example: oscore-embedding-lost-window
        await server.loseReplayWindow()

        let first = try await client.ask(request)
        let challenge = try await server.serve(first.sent.body, at: .seconds(1), handler)
        guard let challenge else { throw VerificationFailure.malformed }

        // The client sees a genuine 4.01 with an Echo value and sends the request again with it.
        let response = try await client.check(challenge.body, to: first.binding).get()
        guard let repeated = request.answering(challenge: response) else { throw VerificationFailure.malformed }
        let second = try await client.ask(repeated)
        let answer = try await server.serve(second.sent.body, at: .seconds(2), handler)
        // end
        #expect(response.code == .unauthorized)
        #expect(try await client.check(#require(answer).body, to: second.binding).get().code == .content)
        for replay in [first.sent, second.sent] {
            let response = try await server.serve(replay.body, at: .seconds(3), handler)
            #expect(response == OSCOREErrorResponse.responseToReplay(mayBeGroupRequest: false))
        }
    }

    @Test func whatIsNotGenuineIsNotHandled() async throws {
        let (clientDisk, serverDisk) = (clientDisk, serverDisk)
        let client = try Endpoint(clientDisk.stored) { clientDisk.write($0) }
        let server = try Endpoint(serverDisk.stored) { serverDisk.write($0) }
        let (sent, binding) = try await client.ask(Message(code: .get))
        var forged = sent
        forged.payload[0] ^= 1
        let response = try await server.serve(forged.body, at: .zero) { _ in
            Issue.record("handled")
            return Message(code: .content)
        }
        #expect(response == OSCOREErrorResponse.response(to: .decryption, mayBeGroupRequest: false))
        #expect(serverDisk.stored.replayWindow == nil)
        let unprotected = try #require(response).body
        await #expect(throws: VerificationFailure.notProtected) { try await client.check(unprotected, to: binding) }
    }

    @Test func lostNumbersTakeNewKeys() async throws {
        let (clientState, serverState) = (clientDisk.stored, serverDisk.stored)
        let request = Message(code: .get)
        // example: oscore-embedding-rederivation
        var random = SecureRandom()
        var client = try RederivationClient(
            ContextParameters(
                masterSecret: SecretBytes(copying: clientState.masterSecret.span), masterSalt: clientState.masterSalt,
                senderID: clientState.senderID, recipientID: clientState.recipientID),
            r1: random.bytes(RederivationClient.nonceCount))
        var server = RederivationServer(
            ContextParameters(
                masterSecret: SecretBytes(copying: serverState.masterSecret.span), masterSalt: serverState.masterSalt,
                senderID: serverState.senderID, recipientID: serverState.recipientID))

        let (first, firstBinding) = try client.context.protectRequest(request)
        let firstBody = first.body
        guard
            case .challenge(let challenge) = server.verifyRequest(
                try ProtectedMessage(firstBody.span), r2: random.bytes(8), at: .zero)
        else { throw VerificationFailure.malformed }
        let challengeBody = challenge.body
        let failure = client.receiveChallenge(
            try ProtectedMessage(challengeBody.span), to: firstBinding, r3: random.bytes(RederivationClient.nonceCount))

        let (second, secondBinding) = try client.context.protectRequest(request)
        let secondBody = second.body
        guard
            case .established(let context, var verified) = server.verifyRequest(
                try ProtectedMessage(secondBody.span), r2: random.bytes(8), at: .zero)
        else { throw VerificationFailure.malformed }
        let answer = try context.protectResponse(Message(code: .content), to: &verified.binding)
        let answerBody = answer.body
        let response = client.receiveConfirmation(try ProtectedMessage(answerBody.span), to: secondBinding)
        // end
        #expect(failure == nil)
        #expect(try response.get().code == .content)
        #expect(client.establishedContext != nil)
        #expect(verified.message == request)
    }
}
