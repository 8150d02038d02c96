import Bytes
import COSE
import CoAP
import TestSupport
import Testing

@testable import OSCORE

struct SecurityContextTests {
    private static let algorithms: [AEADAlgorithm] = [
        .aesCCM_16_64_128, .aesCCM_16_64_256, .aesCCM_64_64_128, .aesCCM_64_64_256, .aesCCM_16_128_128,
        .aesCCM_16_128_256, .aesCCM_64_128_128, .aesCCM_64_128_256, .a128GCM, .a192GCM, .a256GCM, .chaCha20Poly1305,
    ]

    @Test(.requirement("OSC-0005", "OSC-0059", "OSC-0012", "OSC-0004", "OSC-0076"), arguments: algorithms)
    func bothEndpointsAskAndAnswerWithOneContext(algorithm: AEADAlgorithm) throws {
        let length = try #require(algorithm.nonceLength)
        #expect(length >= 7)
        let pair = try Pair(client: Array(repeating: 7, count: length - 6), server: [], algorithm: algorithm)
        let (one, other) = (pair.client, pair.server)
        for (asker, answerer) in [(one, other), (other, one)] {
            let (request, binding) = try asker.protectRequest(Message(.get, [(.uriPath, [0x61])], payload: [1]))
            let body = request.body
            let protected = try ProtectedMessage(body.span)
            // The first number is 0, the kid the sender's own.
            let partialIV = protected.option.partialIV
            #expect(partialIV == .zero)
            let kid = try kid(of: protected.option)
            #expect(kid == asker.senderID.bytes)
            let verdict = answerer.verifyRequest(protected)
            var atServer = try #require(verdict.verified).binding
            let response = try answerer.protectResponse(Message(.content, payload: [2]), to: &atServer)
            #expect(response.options.oscore != nil)
            let answer = response.body
            let result = asker.verifyResponse(try ProtectedMessage(answer.span), to: binding)
            #expect(try result.get().payload == [2])
        }
    }

    @Test(.requirement("OSC-0015"), arguments: algorithms) func identifiersFitIntoTheNonce(algorithm: AEADAlgorithm)
        throws
    {
        let longest = try #require(algorithm.nonceLength) - 6
        _ = try Pair(client: Array(repeating: 1, count: longest), algorithm: algorithm)
        let tooLong = [UInt8](repeating: 1, count: longest + 1)
        guard SenderID(tooLong) != nil else { return }
        #expect(throws: ContextError.identifierTooLong) { try Pair(client: tooLong, algorithm: algorithm) }
        #expect(throws: ContextError.identifierTooLong) { try Pair(server: tooLong, algorithm: algorithm) }
    }

    @Test(.requirement("OSC-0015")) func noIdentifierHasEightBytes() {
        #expect(SenderID(Array(repeating: 1, count: 7)) != nil)
        #expect(SenderID(Array(repeating: 1, count: 8)) == nil)
    }

    @Test(.requirement("OSC-0059"), arguments: [0, 4, 5, 14, 25, -65534, 99])
    func unknownAndForbiddenAlgorithmsAreRefused(number: Int) {
        #expect(throws: ContextError.unsupportedAlgorithm) { try Pair(algorithm: AEADAlgorithm(rawValue: number)) }
    }

    @Test func nothingIsDerivedFromNoSecret() throws {
        let (client, server) = (try #require(SenderID([1])), try #require(SenderID([2])))
        let nothing: [UInt8] = []
        #expect(throws: ContextError.invalidKeyMaterial) {
            try SecurityContext(
                masterSecret: nothing.span, masterSalt: nothing.span, senderID: client, recipientID: server,
                reservation: SequenceReservation(resumingAt: 0), replayWindow: ReplayWindow())
        }
    }

    @Test func endpointsAreTwoAndIDContextsFit() throws {
        #expect(throws: ContextError.identifiersNotDistinct) { try Pair(client: [2]) }
        let longest = SecurityContext.maximumIDContextCount
        let pair = try Pair(
            client: Array(repeating: 1, count: 7), idContext: Array(repeating: 5, count: longest),
            sequence: PartialIV.maximum.value)
        let (request, _) = try pair.client.protectRequest(Message(.get))
        #expect(request.options.oscore?.count == OSCOREOption.maximumCount)
        _ = try pair.request(request)
        #expect(throws: ContextError.idContextTooLong) {
            try Pair(idContext: Array(repeating: 5, count: longest + 1))
        }
    }

    @Test(.requirement("OSC-0006")) func theRestHasTheDefaultsOfTheRFC() throws {
        let vector = try #require(RFC8613Vectors.shared.vectors.first { $0.id == "C.5" })
        let side = try #require(RFC8613Vectors.shared.side("C.2.1"))
        let secret = bytes(side.masterSecret)
        let none: [UInt8] = []
        var reservation = SequenceReservation(resumingAt: 20)
        reservation.extend(to: 21)
        let context = try SecurityContext(
            masterSecret: secret.span, masterSalt: none.span, senderID: try #require(SenderID(bytes(side.senderId))),
            recipientID: try #require(SenderID(bytes(side.recipientId))), reservation: reservation,
            replayWindow: ReplayWindow())
        #expect(context.algorithm == .aesCCM_16_64_128)
        #expect(context.replayWindow.size == 32)
        let plain = try Datagram(bytes(vector.unprotectedRequest))
        #expect(try Hex.encode(plain.encoded(as: context.protectRequest(plain.message).0)) == vector.protectedRequest)
    }

    @Test(.requirement("OSC-0014")) func aSecondContextWithTheSameInputsIsRefused() throws {
        let set = SecurityContextSet()
        let context = try Pair.context([1], [2], [5])
        try set.add(context)
        let same = try Pair.context([1], [3], [5], Pair.secret, .aesCCM_16_128_128)
        #expect(throws: ContextError.notUnique) { try set.add(same) }
        for other in [
            try Pair.context([2], [1], [5]), try Pair.context([1], [2], [6]), try Pair.context([1], [2]),
            try Pair.context([1], [2], [5], [UInt8](repeating: 1, count: 16)),
        ] {
            try set.add(other)
        }
        #expect(set.contexts.count == 5)
        set.remove(context)
        try set.add(same)
    }

    @Test(.requirement("OSC-0016", "OSC-0080")) func contextsWithOneRecipientIDAreTriedInTurn() throws {
        let one = try Pair(), other = try Pair(secret: [UInt8](repeating: 3, count: 16))
        let set = SecurityContextSet()
        try set.add(one.server)
        try set.add(other.server)
        let before = one.server.replayWindow
        let (request, _) = try other.client.protectRequest(Message(.get))
        let body = request.body
        let result = set.verifyRequest(try ProtectedMessage(body.span))
        #expect(result.verdict.verified != nil)
        #expect(result.context === other.server)
        #expect(one.server.replayWindow == before)
        let again = set.verifyRequest(try ProtectedMessage(body.span))
        #expect(again.verdict.isReplay)
        let (unknown, _) = try Pair(client: [9]).client.protectRequest(Message(.get))
        let stranger = unknown.body
        let refused = set.verifyRequest(try ProtectedMessage(stranger.span))
        #expect(refused.verdict.failure == .noContext)
    }

    @Test(.requirement("OSC-0056", "OSC-0080")) func theKidContextChoosesTheContext() throws {
        let one = try Pair(idContext: [1]), other = try Pair(idContext: [2]), none = try Pair()
        let set = SecurityContextSet()
        for pair in [none, one, other] { try set.add(pair.server) }
        for pair in [other, one] {
            let body = try pair.client.protectRequest(Message(.get)).0.body
            let result = set.verifyRequest(try ProtectedMessage(body.span))
            #expect(result.context === pair.server)
        }
        let body = try Pair(idContext: [1, 2]).client.protectRequest(Message(.get)).0.body
        let refused = set.verifyRequest(try ProtectedMessage(body.span))
        #expect(refused.verdict.failure == .noContext)
    }

    @Test(.requirement("OSC-0070", "OSC-0107", "OSC-0069")) func aSenderContextComesToItsEnd() throws {
        let pair = try Pair(sequence: PartialIV.maximum.value)
        let (last, binding) = try pair.client.protectRequest(Message(.get))
        #expect(binding.partialIV == .maximum)
        _ = try pair.request(last)
        #expect(throws: ProtectionError.sequenceNumbersExhausted) { try pair.client.protectRequest(Message(.get)) }
        // A policy may end it earlier.
        var reservation = SequenceReservation(resumingAt: 9, lastNumber: try #require(PartialIV(10)))
        reservation.extend(to: try #require(reservation.wantedEnd))
        #expect(reservation.reservedEnd == 11)
        _ = try reservation.take()
        _ = try reservation.take()
        #expect(throws: ProtectionError.sequenceNumbersExhausted) { try reservation.take() }
        #expect(reservation.isExhausted && reservation.wantedEnd == nil)
    }

    @Test(.requirement("OSC-0069")) func whatCannotBeProtectedUsesNoNumberUp() throws {
        let pair = try Pair()
        let before = pair.client.reservation
        // AES-CCM with a nonce of 13 counts to 65535, and the Code is one of them.
        let longest = Message(.put, payload: Array(repeating: 1, count: 65535 - 2))
        #expect(throws: ProtectionError.tooLong) {
            try pair.client.protectRequest(Message(.put, payload: longest.payload + [1]))
        }
        let body = Message(.get).body
        #expect(throws: ProtectionError.tooLong) {
            _ = try [UInt8](capacity: 12) { output throws(ProtectionError) in
                _ = try pair.client.protectRequest(code: .get, body: body.span, into: &output)
            }
        }
        let malformed: [UInt8] = [0xff]
        #expect(throws: ProtectionError.malformedMessage) {
            _ = try [UInt8](capacity: 99) { output throws(ProtectionError) in
                _ = try pair.client.protectRequest(code: .get, body: malformed.span, into: &output)
            }
        }
        #expect(pair.client.reservation == before)
        let (sent, _) = try pair.client.protectRequest(longest)
        #expect(try pair.request(sent).message == longest)
    }

    @Test(.requirement("OSC-0068", "OSC-0076")) func aDelayedResponseStillAnswersItsRequest() throws {
        let pair = try Pair()
        let requests = try (0..<3).map { _ in try pair.client.protectRequest(Message(.get)) }
        var bindings = try requests.map { try pair.request($0.0).binding }
        for index in [2, 0, 1] {
            let sent = try pair.server.protectResponse(Message(.content, payload: [UInt8(index)]), to: &bindings[index])
            for other in 0..<3 {
                let result = try pair.atClient(sent, requests[other].1)
                #expect((try? result.get().payload) == (other == index ? [UInt8(index)] : nil))
            }
        }
    }

    @Test(.requirement("OSC-0071", "OSC-0073", "OSC-0081")) func aReplayIsRefusedAndAForgeryIsNotMarked() throws {
        let pair = try Pair()
        let (request, _) = try pair.client.protectRequest(Message(.get))
        var forged = request
        forged.payload[2] ^= 4
        let before = pair.server.replayWindow
        #expect(try pair.atServer(forged).failure == .decryption)
        #expect(pair.server.replayWindow == before)
        _ = try pair.request(request)
        #expect(try pair.atServer(request).isReplay)
        // The window is asked before the cipher.
        #expect(try pair.atServer(forged).isReplay)
    }

    @Test(.requirement("OSC-0055")) func aRequestWithoutPartialIVOrKidIsMalformed() throws {
        let pair = try Pair()
        let (request, _) = try pair.client.protectRequest(Message(.get))
        for value in [[], [0x01, 0x00], [0x08, 0x01]] as [[UInt8]] {
            var other = request
            other.options.set(.oscore, value)
            #expect(try pair.atServer(other).failure == .malformed)
        }
        var group = request
        group.options.set(.oscore, [0x29, 0x00, 0x01])
        #expect(try pair.atServer(group).failure == .mode)
    }

    @Test(.requirement("OSC-0057", "OSC-0086")) func aResponseNamesNeitherContextNorSender() throws {
        let pair = try Pair(idContext: [5, 6])
        let (request, binding) = try pair.client.protectRequest(Message(.get))
        #expect(request.options.oscore == [0x19, 0, 2, 5, 6, 1])
        for usesOwnPartialIV in [false, true] {
            var atServer = RequestBinding(kid: binding.kid, partialIV: binding.partialIV)
            let response = try pair.server.protectResponse(
                Message(.content), to: &atServer, usesOwnPartialIV: usesOwnPartialIV)
            #expect(response.options.oscore == (usesOwnPartialIV ? [1, 0] : []))
        }
    }

    /// Who was answered before a restart is not known after it.
    @Test(.requirement("OSC-0069")) func aRestoredBindingGivesNoNonceAway() throws {
        let pair = try Pair()
        let (_, binding) = try pair.client.protectRequest(Message(.get))
        var restored = RequestBinding.restored(kid: binding.kid, partialIV: binding.partialIV)
        #expect(throws: ProtectionError.requestNonceUsed) {
            try pair.server.protectResponse(Message(.content), to: &restored)
        }
        let response = try pair.server.protectResponse(Message(.content), to: &restored, usesOwnPartialIV: true)
        #expect(response.options.oscore == [1, 0])
    }

    @Test(.requirement("OSC-0068")) func aRequestOfAnotherPeerIsNotAnswered() throws {
        let pair = try Pair()
        var binding = RequestBinding(kid: try #require(SenderID([9])), partialIV: .zero)
        #expect(throws: ProtectionError.wrongContext) {
            try pair.server.protectResponse(Message(.content), to: &binding)
        }
        #expect(binding.isRequestNonceFree)
    }

    /// One context protects and verifies by turns, with Partial IVs of every length: what it keeps from one message does
    /// not show in the next.
    @Test(.requirement("OSC-0058", "OSC-0062", "OSC-0069")) func messagesLeaveNoTraceInOneAnother() throws {
        var random = SeededGenerator(seed: 7)
        let used = try Pair(client: [1, 2], idContext: [3])
        for step in 0..<300 {
            let number = UInt64.random(in: 0...PartialIV.maximum.value, using: &random) >> UInt64(step % 40)
            let partialIV = try #require(PartialIV(number))
            let payload = (0..<(step % 50)).map { _ in UInt8.random(in: 0...255, using: &random) }
            let body = Message(.put, payload: payload).body
            func protect(_ pair: Pair) throws -> [UInt8] {
                try [UInt8](capacity: 200) { output throws(ProtectionError) in
                    let binding = RequestBinding(kid: pair.client.senderID, partialIV: partialIV)
                    if step.isMultiple(of: 3) {
                        _ = try pair.client.protectRequest(
                            code: .put, body: body.span, partialIV: partialIV, into: &output)
                    } else {
                        _ = try pair.server.protectResponse(
                            code: .content, body: body.span, to: binding,
                            partialIV: step.isMultiple(of: 2) ? partialIV : nil, into: &output)
                    }
                }
            }
            let expected = try protect(Pair(client: [1, 2], idContext: [3]))
            let actual = try protect(used)
            #expect(actual == expected, "step \(step)")
        }
    }

    /// A copy of the reservation, kept while others send, cannot bring used numbers back.
    @Test(.requirement("OSC-0069")) func aReservationNeverGoesBack() throws {
        let pair = try Pair()
        var stale = pair.client.reservation
        let first = try pair.client.protectRequest(Message(.put, payload: [1])).1
        stale.extend(to: 2000)
        pair.client.extendReservation(to: stale.reservedEnd)
        let second = try pair.client.protectRequest(Message(.put, payload: [2])).1
        #expect(second.partialIV > first.partialIV)
        #expect(pair.client.reservation.reservedEnd == 2000)
        pair.client.extendReservation(to: 5)
        #expect(pair.client.reservation.reservedEnd == 2000)
        // Nobody can assign one.
        let path: AnyKeyPath = \SecurityContext.reservation
        #expect(!(path is ReferenceWritableKeyPath<SecurityContext, SequenceReservation>))
    }

    /// The kid of an option.
    private func kid(of option: borrowing OSCOREOption) throws -> [UInt8] {
        guard let kid = option.kid else { throw VerificationFailure.malformed }
        return [UInt8](copying: kid)
    }
}
