import Bytes
import COSE
import CoAP
import TestSupport
import Testing

@testable import OSCORE

/// What anybody on the way can change, one bit at a time. Header, token and outer Class U options are unprotected by rule
/// (RFC 8613 §4): changing them changes nothing that is verified.
struct TamperTests {
    private static let algorithms: [AEADAlgorithm] = [.aesCCM_16_64_128, .a128GCM, .chaCha20Poly1305]
    private let request = Message(.put, [(.uriHost, [0x61]), (.uriPath, [0x62])], payload: [1, 2, 3])

    /// Every message that differs from `message` in one bit of its option value or its payload.
    private func altered(_ message: Message) -> [Message] {
        var altered: [Message] = []
        let value = message.options.oscore ?? []
        for bit in 0..<(8 * value.count) {
            var other = message
            var changed = value
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            other.options.set(.oscore, changed)
            altered.append(other)
        }
        for bit in 0..<(8 * message.payload.count) {
            var other = message
            other.payload[bit / 8] ^= 1 << UInt8(bit % 8)
            altered.append(other)
        }
        return altered
    }

    @Test(.requirement("OSC-0082", "OSC-0079", "OSC-0073", "OSC-0115"), arguments: algorithms)
    func noBitOfARequestCanBeChanged(algorithm: AEADAlgorithm) throws {
        for idContext in [nil, [], [5, 6]] as [[UInt8]?] {
            let pair = try Pair(idContext: idContext, algorithm: algorithm, sequence: 0x1234)
            let (sent, _) = try pair.client.protectRequest(request)
            // Something was received before.
            _ = try pair.request(pair.client.protectRequest(request).0)
            let (window, reservation) = (pair.server.replayWindow, pair.server.reservation)
            for message in altered(sent) {
                let body = message.body
                var isRefused = true
                let written = [UInt8](capacity: body.count) { output in
                    guard let message = try? ProtectedMessage(body.span) else { return }
                    if case .verified = pair.server.verifyRequest(message, into: &output) { isRefused = false }
                }
                #expect(isRefused && written.isEmpty)
                #expect(pair.server.replayWindow == window)
                #expect(pair.server.reservation == reservation)
            }
            #expect(try pair.request(sent).message == request)
        }
    }

    @Test(.requirement("OSC-0090", "OSC-0115"), arguments: algorithms)
    func noBitOfAResponseCanBeChanged(algorithm: AEADAlgorithm) throws {
        for usesOwnPartialIV in [false, true] {
            let pair = try Pair(algorithm: algorithm, sequence: 0x1234)
            let (sent, binding) = try pair.client.protectRequest(request)
            var atServer = try pair.request(sent).binding
            let response = Message(.content, [(.eTag, [1])], payload: [4, 5])
            let answer = try pair.server.protectResponse(response, to: &atServer, usesOwnPartialIV: usesOwnPartialIV)
            let (window, reservation) = (pair.client.replayWindow, pair.client.reservation)
            for message in altered(answer) {
                let body = message.body
                var isRefused = true
                let written = [UInt8](capacity: body.count) { output in
                    guard let message = try? ProtectedMessage(body.span) else { return }
                    if case .verified = pair.client.verifyResponse(message, to: binding, into: &output) {
                        isRefused = false
                    }
                }
                #expect(isRefused && written.isEmpty)
                #expect(pair.client.replayWindow == window && pair.client.reservation == reservation)
            }
            #expect(try pair.atClient(answer, binding).get() == response)
        }
    }

    @Test(.requirement("OSC-0068", "OSC-0090", "OSC-0060")) func everyStoredRequestValueCounts() throws {
        for usesOwnPartialIV in [false, true] {
            let pair = try Pair(client: [0x25, 0x26], idContext: [5])
            let (sent, binding) = try pair.client.protectRequest(request)
            var atServer = try pair.request(sent).binding
            let answer = try pair.server.protectResponse(
                Message(.content), to: &atServer, usesOwnPartialIV: usesOwnPartialIV)
            for bit in 0..<40 {
                let other = try #require(PartialIV(binding.partialIV.value ^ 1 << UInt64(bit)))
                let changed = RequestBinding(kid: binding.kid, partialIV: other)
                #expect(try pair.atClient(answer, changed).failure == .decryption)
            }
            for bit in 0..<16 {
                var kid = binding.kid.bytes
                kid[bit / 8] ^= 1 << UInt8(bit % 8)
                let changed = RequestBinding(kid: try #require(SenderID(kid)), partialIV: binding.partialIV)
                #expect(try pair.atClient(answer, changed).failure == .noContext)
            }
            // The kid context belongs to the context: another one has other keys.
            for bit in 0..<8 {
                let other = try Pair(client: [0x25, 0x26], idContext: [5 ^ 1 << UInt8(bit)])
                #expect(try other.atClient(answer, binding).failure == .decryption)
            }
            #expect(try pair.atClient(answer, binding).failure == nil)
        }
    }

    @Test(.requirement("OSC-0051", "OSC-0017")) func theOuterCodeAndClassUOptionsAreUnprotectedByRule() throws {
        let pair = try Pair()
        var (sent, _) = try pair.client.protectRequest(request)
        sent.code = .delete
        sent.options.set(.uriHost, [0x63])
        let verified = try pair.request(sent).message
        #expect(verified == Message(.put, [(.uriHost, [0x63]), (.uriPath, [0x62])], payload: [1, 2, 3]))
    }

    @Test(.requirement("OSC-0115", "OSC-0090", "OSC-0003")) func noPrefixOfAMessageIsAccepted() throws {
        let pair = try Pair(idContext: [5])
        let (sent, binding) = try pair.client.protectRequest(request)
        var atServer = try pair.request(sent).binding
        let answer = try pair.server.protectResponse(Message(.content, payload: [1]), to: &atServer)
        pair.server.replayWindow = try ReplayWindow()
        for body in [sent.body, answer.body] {
            for count in 0..<body.count {
                let prefix = Array(body.prefix(count))
                guard let message = try? ProtectedMessage(prefix.span) else { continue }
                let asRequest = pair.server.verifyRequest(message)
                #expect(asRequest.verified == nil)
                let asResponse = pair.client.verifyResponse(message, to: binding)
                #expect(asResponse.failure != nil)
            }
        }
        #expect(try pair.atServer(sent).verified != nil)
    }
}
