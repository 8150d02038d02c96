import Bytes
import CoAP
import TestSupport
import Testing

@testable import OSCORE

struct RecoveryTests {
    private static let random: [UInt8] = [0, 0xff, 2, 3, 4, 5, 6, 7]
    private let pair: Pair
    private let challenge: EchoChallenge

    init() throws {
        pair = try Pair(sequence: 70)
        let random = Self.random
        let challenge = EchoChallenge(random: random.span, at: .seconds(100), lifetime: .seconds(10))
        self.challenge = try #require(challenge)
    }

    @Test(.requirement("OSC-0109", "OSC-0075", "ECHO-0002", "ECHO-0004", "ECHO-0006"))
    func aLostWindowIsRecoveredByAnEchoedChallenge() throws {
        let request = Message(.put, [(.uriPath, [0x61])], payload: [1, 2, 3])
        let (early, _) = try pair.client.protectRequest(request)
        _ = try pair.request(early)
        pair.server.loseReplayWindow()
        // A replay of what was accepted before is answered, but shows nothing of itself to the application.
        let replayed = try #require(pair.atServer(early).unproven)
        #expect(replayed.echo == nil)

        let (first, firstBinding) = try pair.client.protectRequest(request)
        let unproven = try #require(pair.atServer(first).unproven)
        var binding = unproven.binding
        #expect(throws: ProtectionError.requestNonceUsed) {
            try pair.server.protectResponse(challenge.response, to: &binding)
        }
        let answer = try pair.server.protectResponse(challenge.response, to: &binding, usesOwnPartialIV: true)
        #expect(answer.options.oscore == [1, 70])
        #expect(!answer.options.contains(.echo))
        let opened = try pair.atClient(answer, firstBinding).get()
        #expect(opened.code == .unauthorized)
        #expect(opened.options.encoded.count == 10 && opened.options.echo == Self.random)
        #expect(opened.payload.isEmpty)

        let repeated = try #require(request.answering(challenge: opened))
        // The one in between stays unused: Partial IV 76.
        while pair.client.reservation.next < 76 { _ = try pair.client.sender.reservation.take() }
        let (late, _) = try pair.client.protectRequest(request)
        let (second, secondBinding) = try pair.client.protectRequest(repeated)
        #expect(secondBinding.partialIV.value == 77)
        #expect(!second.options.contains(.echo))
        let proven = try #require(pair.atServer(second).unproven)
        #expect(challenge.isAnswered(by: proven.echo, at: .seconds(105)))
        let accepted = try #require(pair.server.accept(proven).verified)
        #expect(accepted.message == repeated)
        // 77 is the lower limit.
        #expect(pair.server.accept(proven).isReplay)
        #expect(try pair.atServer(second).isReplay)
        #expect(try pair.atServer(late).isReplay)
        #expect(try pair.atServer(early).isReplay)
        let (next, nextBinding) = try pair.client.protectRequest(request)
        #expect(nextBinding.partialIV.value == 78)
        #expect(try pair.request(next).message == request)
        // The request's nonce is new after all, and may be used once.
        var free = accepted.binding
        _ = try pair.server.protectResponse(Message(.changed), to: &free)
    }

    @Test(.requirement("ECHO-0005", "OSC-0109")) func anUnprovenRequestReachesNobody() throws {
        pair.server.loseReplayWindow()
        let body = try pair.client.protectRequest(Message(.put, payload: [1, 2, 3])).0.body
        var isUnproven = false
        let written = try [UInt8](capacity: body.count) { output throws(VerificationFailure) in
            if case .unproven = pair.server.verifyRequest(try ProtectedMessage(body.span), into: &output) {
                isUnproven = true
            }
        }
        #expect(isUnproven && written.isEmpty)
        #expect(challenge.response == Message(.unauthorized, [(.echo, Self.random)]))
    }

    @Test(.requirement("OSC-0109")) func forgeriesGetNoChallenge() throws {
        pair.server.loseReplayWindow()
        var (forged, _) = try pair.client.protectRequest(Message(.get))
        forged.payload[0] ^= 1
        #expect(try pair.atServer(forged).failure == .decryption)
        #expect(!pair.server.replayWindow.isValid)
    }

    @Test(.requirement("OSC-0109")) func twoProvenRequestsAreBothAcceptedOnce() throws {
        pair.server.loseReplayWindow()
        let requests = try (0..<3).map { _ in
            try #require(pair.atServer(pair.client.protectRequest(Message(.get)).0).unproven)
        }
        #expect(pair.server.accept(requests[1]).verified != nil)
        #expect(pair.server.accept(requests[0]).isReplay)
        #expect(pair.server.accept(requests[2]).verified != nil)
        #expect(pair.server.accept(requests[2]).isReplay)
    }

    @Test(.requirement("ECHO-0003", "ECHO-0015")) func onlyTheOwnValueInTimeAnswersAChallenge() throws {
        #expect(challenge.isAnswered(by: Self.random, at: .seconds(100)))
        #expect(challenge.isAnswered(by: Self.random, at: .seconds(110)))
        #expect(!challenge.isAnswered(by: Self.random, at: .seconds(110) + .nanoseconds(1)))
        // The clock was reset.
        #expect(!challenge.isAnswered(by: Self.random, at: .seconds(99)))
        #expect(!challenge.isAnswered(by: nil, at: .seconds(101)))
        #expect(!challenge.isAnswered(by: Array(Self.random.dropLast()), at: .seconds(101)))
        #expect(!challenge.isAnswered(by: Self.random + [0], at: .seconds(101)))
        for bit in 0..<64 {
            var other = Self.random
            other[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!challenge.isAnswered(by: other, at: .seconds(101)))
        }
    }

    @Test(.requirement("ECHO-0009", "ECHO-0004", "COAP-0194")) func anOuterEchoProvesNothing() throws {
        pair.server.loseReplayWindow()
        var (request, _) = try pair.client.protectRequest(Message(.put))
        request.options.append(.echo, Self.random)
        let unproven = try #require(pair.atServer(request).unproven)
        #expect(unproven.echo == nil)
        #expect(!challenge.isAnswered(by: unproven.echo, at: .seconds(101)))
    }

    @Test(.requirement("ECHO-0001", "COAP-0190")) func theEchoOptionIsElectiveAndNotPartOfTheCacheKey() throws {
        let number = OptionNumber.echo
        #expect(number.rawValue == 252)
        #expect(!number.isCritical && !number.isUnsafe && number.isNoCacheKey && !number.isRepeatable)
        for (count, isThere) in [(0, false), (1, true), (40, true), (41, false)] {
            let message = Message(.get, [(.echo, [UInt8](repeating: 0, count: count))])
            #expect((message.options.echo != nil) == isThere)
        }
        // 252 is 13 and 239 more.
        #expect(Message(.get, [(.echo, Self.random)]).options.encoded == [0xd8, 0xef] + Self.random)
    }

    @Test(.requirement("ECHO-0014"), arguments: [0, 4, 7, 9]) func challengesHave64Bits(count: Int) {
        let random = [UInt8](repeating: 1, count: count)
        let challenge = EchoChallenge(random: random.span, at: .zero)
        #expect(challenge == nil)
    }

    @Test(.requirement("ECHO-0006")) func onlyA401WithEchoIsAChallenge() {
        let request = Message(.put, payload: [1])
        #expect(request.answering(challenge: Message(.unauthorized)) == nil)
        #expect(request.answering(challenge: Message(.content, [(.echo, [1])])) == nil)
        let repeated = request.answering(challenge: Message(.unauthorized, [(.echo, [0, 0xff])]))
        #expect(repeated == Message(.put, [(.echo, [0, 0xff])], payload: [1]))
    }

    @Test(.requirement("ECHO-0008")) func anEchoThatNobodyNeedsIsNoObstacle() throws {
        let (request, _) = try pair.client.protectRequest(Message(.get, [(.echo, [1])]))
        #expect(try pair.request(request).message.options.echo == [1])
    }

    /// Recipient IDs need not be unique among contexts.
    @Test(.requirement("OSC-0016", "OSC-0109")) func anUnprovenRequestIsAcceptedByItsOwnContextOnly() throws {
        let one = try Pair(secret: Array(0..<16))
        let other = try Pair(secret: Array(16..<32))
        one.server.loseReplayWindow()
        other.server.loseReplayWindow()
        let request = try #require(one.atServer(try one.client.protectRequest(Message(.put, payload: [1])).0).unproven)
        #expect(other.server.accept(request).failure == .noContext)
        #expect(one.server.accept(request).verified != nil)
        #expect(one.server.accept(request).isReplay)
    }

    @Test(.requirement("OSC-0109")) func anUnprovenRequestDoesNotPrintWhatItAsksFor() throws {
        pair.server.loseReplayWindow()
        let secret = Array("open the door".utf8)
        let verdict = try pair.atServer(try pair.client.protectRequest(Message(.put, payload: secret)).0)
        let request = try #require(verdict.unproven)
        var dumped = ""
        dump(verdict, to: &dumped)
        for text in ["\(verdict)", "\(request)", String(reflecting: verdict), dumped] {
            #expect(!text.contains("100, 111, 111, 114") && !text.contains("door") && !text.contains("- 111"))
        }
    }

    /// The caller's memory keeps nothing of a request that is not handed over.
    @Test(.requirement("OSC-0109")) func anUnprovenRequestIsWipedOutOfTheCallersMemory() throws {
        pair.server.loseReplayWindow()
        let body = try pair.client.protectRequest(Message(.put, payload: Array("open the door".utf8))).0.body
        let memory = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: body.count + 1)
        memory.initialize(repeating: 0xee)
        defer { memory.deallocate() }
        var output = OutputSpan(buffer: memory, initializedCount: 1)
        let outcome = pair.server.verifyRequest(try ProtectedMessage(body.span), into: &output)
        guard case .unproven = outcome else {
            Issue.record("an invalid window decided")
            return
        }
        let count = output.finalize(for: memory)
        #expect(count == 1)
        #expect(memory[0] == 0xee)
        // Payload marker and payload, wiped; what was never written is as it was.
        #expect(memory[1..<15].allSatisfy { $0 == 0 })
    }
}
