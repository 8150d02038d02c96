import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

/// Blocks in any order, of any size, from anybody.
struct OuterNonsenseTests {
    @Test(.requirement("OSC-0031"), arguments: 0..<20 as Range<UInt64>)
    func neverKeepsMoreThanPermitted(seed: UInt64) throws {
        var settings = OuterBlockSettings()
        settings.maximumUnfragmentedSize = try #require(MaximumUnfragmentedSize(byteCount: 700))
        settings.requests = ShareLimits(entries: 6, entriesPerPeer: 3, bytes: 2_000, bytesPerPeer: 1_000)
        settings.answers = ShareLimits(entries: 4, entriesPerPeer: 2, bytes: 2_500, bytesPerPeer: 1_500)
        let server = OuterServerBench(settings)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            var message = OuterServerBench.request(
                [Code.put, .get, .post].randomElement(using: &random) ?? .put,
                Array(repeating: 1, count: Int.random(in: 0..<80, using: &random)),
                number: UInt8.random(in: 0..<4, using: &random))
            let size = BlockSize(rawValue: UInt8.random(in: 0..<3, using: &random)) ?? .bytes16
            let block = BlockOption(
                number: UInt32.random(in: 0..<6, using: &random), isMore: Bool.random(using: &random), size: size)
            if Int.random(in: 0..<10, using: &random) > 0 {
                message.options.block1 = block
                if Bool.random(using: &random) {
                    message.payload = Array(repeating: message.code.rawValue, count: size.byteCount)
                }
            }
            if Int.random(in: 0..<3, using: &random) == 0 {
                message.options.block2 = BlockOption(number: block.number / 2, isMore: false, size: size)
            }
            if Int.random(in: 0..<20, using: &random) == 0 {
                message.options.set(.block1, [UInt8.random(in: 0...255, using: &random)])
            }
            let source = SocketAddress(
                IPv6Address(high: 0x2001_0db8_0000_0000 + UInt64.random(in: 0..<3, using: &random), low: 7), port: 5683)
            _ = server.ask(message, from: source)
            #expect(server.keptRequests.count <= 6 && server.keptRequests.bytes <= 2_000, "seed \(seed)")
            #expect(server.keptAnswers.count <= 4 && server.keptAnswers.bytes <= 2_500, "seed \(seed)")
            #expect(server.verified.allSatisfy { $0.bodyLength <= 700 }, "seed \(seed)")
            if Int.random(in: 0..<50, using: &random) == 0 { server.wait(.seconds(100)) }
        }
        server.wait(.seconds(1_000))
        #expect(server.keptRequests == (0, 0), "seed \(seed)")
        #expect(server.keptAnswers == (0, 0), "seed \(seed)")
        #expect(server.isIdle, "seed \(seed)")
    }
}
