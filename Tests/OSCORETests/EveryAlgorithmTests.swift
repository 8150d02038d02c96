import COSE
import CoAP
import OSCORE
import TestSupport
import Testing

/// Plain OSCORE with every AEAD Algorithm.
struct EveryAlgorithmTests {
    static let algorithms: [AEADAlgorithm] = [
        .a128GCM, .a192GCM, .a256GCM, .aesCCM_16_64_128, .aesCCM_16_64_256, .aesCCM_64_64_128, .aesCCM_64_64_256,
        .aesCCM_16_128_128, .aesCCM_16_128_256, .aesCCM_64_128_128, .aesCCM_64_128_256, .chaCha20Poly1305,
    ]

    @Test(arguments: algorithms)
    func aRequestAndItsResponsesArrive(algorithm: AEADAlgorithm) throws {
        let pair = try Pair(algorithm: algorithm)
        let on = Message(.put, [(.uriPath, Array("lamp".utf8))], payload: Array("on".utf8))
        let (request, binding) = try pair.client.protectRequest(on)
        // Code, option and its value, marker and payload, and the tag.
        #expect(request.payload.count == 1 + 5 + 1 + 2 + (try #require(algorithm.tagLength)))
        let received = try pair.request(request)
        #expect(received.message == on)
        #expect(try pair.atServer(request).isReplay)
        // Under the request's nonce, and under its own.
        for usesOwnPartialIV in [false, true] {
            var served = received.binding
            let done = Message(.changed, payload: Array("done".utf8))
            let response = try pair.server.protectResponse(done, to: &served, usesOwnPartialIV: usesOwnPartialIV)
            #expect(try pair.atClient(response, binding).get() == done)
        }
    }

    @Test(arguments: algorithms)
    func anotherKeyOrAnotherAlgorithmReadsNothing(algorithm: AEADAlgorithm) throws {
        let pair = try Pair(algorithm: algorithm)
        let request = try pair.client.protectRequest(Message(.get)).0
        let stranger = try Pair(secret: Array(Pair.secret.reversed()), algorithm: algorithm)
        #expect(try stranger.atServer(request).failure == .decryption)
        for other in Self.algorithms where other != algorithm {
            #expect(try Pair(algorithm: other).atServer(request).failure == .decryption, "\(other.name)")
        }
    }
}
