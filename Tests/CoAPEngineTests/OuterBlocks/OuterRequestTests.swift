import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

/// Protected requests that a proxy has cut.
struct OuterRequestTests {
    private static let upload = OuterServerBench.request(.put, OuterServerBench.body)

    @Test(.requirement("OSC-0028", "OSC-0084", "COAP-0182"), arguments: [BlockSize.bytes64, .bytes512])
    func isVerifiedOnceAndWhole(size: BlockSize) throws {
        let server = OuterServerBench()
        let blocks = OuterServerBench.blocks(of: Self.upload, size)
        for block in blocks.dropLast() {
            let answer = try #require(server.ask(block))
            #expect(answer.code == .continue)
            #expect(answer.options.block1 == block.options.block1)
            // Whoever makes the blocks has no keys.
            #expect(!answer.options.contains(.oscore))
            #expect(server.verified.isEmpty)
        }
        let answer = try #require(server.ask(blocks[blocks.count - 1]))
        #expect(server.verified == [Self.upload])
        #expect(answer.options.contains(.oscore))
        #expect(answer.options.block1 == blocks.last?.options.block1)
        #expect(answer.payload.suffix(3) == Array("600".utf8))
        #expect(server.counters.requestsCompleted == 1)
        #expect(server.keptRequests.count == 0)
        #expect(server.keptRequests.bytes == 0)
        #expect(server.isIdle)
    }

    @Test(.requirement("OSC-0084"))
    func inOneBlockIsWholeAtOnce() throws {
        let server = OuterServerBench()
        var message = OuterServerBench.request(.put, [1, 2])
        message.options.block1 = BlockOption(number: 0, isMore: false, size: .bytes64)
        let answer = try #require(server.ask(message))
        #expect(answer.options.contains(.oscore))
        #expect(answer.options.block1?.number == 0)
        #expect(server.verified.count == 1)
    }

    @Test(.requirement("COAP-0166", "OSC-0084"))
    func withAGapIsIncomplete() throws {
        let server = OuterServerBench()
        let blocks = OuterServerBench.blocks(of: Self.upload, .bytes128)
        #expect(server.ask(blocks[1])?.code == .requestEntityIncomplete)
        #expect(server.ask(blocks[0])?.code == .continue)
        #expect(server.ask(blocks[2])?.code == .requestEntityIncomplete)
        #expect(server.counters.incomplete == 2)
        // What is there is not lost by that, and a block that comes again is known.
        #expect(server.ask(blocks[1])?.code == .continue)
        #expect(server.ask(blocks[1])?.code == .continue)
        // Another block in its place is none of this message.
        var forged = blocks[1]
        forged.payload[0] ^= 1
        #expect(server.ask(forged)?.code == .requestEntityIncomplete)
        for block in blocks[2...] { _ = server.ask(block) }
        #expect(server.verified == [Self.upload])
        // After the last one there is nothing left to go on with.
        #expect(server.ask(blocks[blocks.count - 1])?.code == .requestEntityIncomplete)
    }

    @Test(.requirement("OSC-0084"))
    func beginsAnewWithItsFirstBlock() throws {
        let server = OuterServerBench()
        let blocks = OuterServerBench.blocks(of: Self.upload, .bytes128)
        for block in blocks[...2] { _ = server.ask(block) }
        for block in blocks { _ = server.ask(block) }
        #expect(server.verified == [Self.upload])
    }

    /// All resources look alike to a proxy.
    @Test(.requirement("OSC-0084", "COAP-0169"))
    func isNotMixedWithAnother() throws {
        let server = OuterServerBench()
        let other = OuterServerBench.request(.put, OuterServerBench.body.reversed(), number: 2)
        var tagged = other
        tagged.options.requestTags = [[1]]
        let messages = [Self.upload, other, tagged]
        let blocks = messages.map { OuterServerBench.blocks(of: $0, .bytes128) }
        for index in blocks[0].indices {
            for list in blocks { _ = server.ask(list[index]) }
            // Nor with what somebody else sends.
            if index < 2 { _ = server.ask(blocks[0][index], from: ServerBench.bob) }
        }
        #expect(server.verified == messages)
        #expect(server.keptRequests.count == 1)
    }

    @Test(.requirement("OSC-0031", "COAP-0182", "GOSC-0361"))
    func withoutEndIsDropped() throws {
        var settings = OuterBlockSettings()
        settings.maximumUnfragmentedSize = try #require(MaximumUnfragmentedSize(byteCount: 1_000))
        let server = OuterServerBench(settings)
        var answers: [Code] = []
        for number in 0..<100 {
            var block = OuterServerBench.request(.put)
            block.payload = Array(repeating: 1, count: 64)
            block.options.block1 = BlockOption(number: UInt32(number), isMore: true, size: .bytes64)
            answers.append(try #require(server.ask(block)).code)
            #expect(server.keptRequests.bytes <= 1_100)
        }
        // Option, marker and 15 blocks are 963 bytes.
        #expect(answers[14] == .continue)
        #expect(answers[15] == .requestEntityTooLarge)
        #expect(answers[16...].allSatisfy { $0 == .requestEntityIncomplete })
        #expect(server.counters.tooLong == 1)
        #expect(server.verified.isEmpty)
        #expect(server.keptRequests.count == 0)
    }

    @Test(.requirement("OSC-0031"))
    func thatSaysItIsTooLongIsRefusedAtOnce() throws {
        let server = OuterServerBench()
        var block = OuterServerBench.blocks(of: Self.upload, .bytes128)[0]
        block.options.size1 = 5_000
        let answer = try #require(server.ask(block))
        #expect(answer.code == .requestEntityTooLarge)
        #expect(answer.options.size1 == 4_096)
        #expect(server.keptRequests.count == 0)
    }

    @Test(.requirement("COAP-0161", "COAP-0162"))
    func inBlocksThatAreNoneIsABadRequest() throws {
        let server = OuterServerBench()
        var block = OuterServerBench.blocks(of: Self.upload, .bytes128)[0]
        block.payload.removeLast()
        #expect(server.ask(block)?.code == .badRequest)
        block.options.set(.block1, [0x0f])
        #expect(server.ask(block)?.code == .badRequest)
        #expect(server.counters.malformed == 2)
        #expect(server.verified.isEmpty)
    }

    @Test(.requirement("OSC-0084"))
    func toAGroupIsDropped() throws {
        let server = OuterServerBench()
        for block in OuterServerBench.blocks(of: Self.upload, .bytes128) {
            #expect(server.ask(block, to: ServerBench.group) == nil)
        }
        #expect(server.counters.fromGroup == 5)
        #expect(server.verified.isEmpty)
        #expect(server.keptRequests.count == 0)
    }

    @Test(.requirement("COAP-0168"))
    func isForgottenWhenItDoesNotGoOn() throws {
        let server = OuterServerBench()
        let blocks = OuterServerBench.blocks(of: Self.upload, .bytes128)
        _ = server.ask(blocks[0])
        let deadline = try #require(server.nextDeadline)
        #expect(server.now.duration(to: deadline) <= .seconds(247))
        server.wait(.seconds(246))
        #expect(server.keptRequests.count == 1)
        server.wait(.seconds(2))
        #expect(server.keptRequests.count == 0)
        #expect(server.counters.expired == 1)
        #expect(server.ask(blocks[1])?.code == .requestEntityIncomplete)
    }

    /// An endpoint that protects nothing has nothing to put together; the options are what they are without protection.
    @Test func withoutProtectionTheOptionIsUnknown() throws {
        let server = OuterServerBench { _ in }
        #expect(server.ask(OuterServerBench.blocks(of: Self.upload, .bytes128)[0])?.code != .continue)
        #expect(server.keptRequests.count == 0)
    }

    @Test(.requirement("OSC-0031"))
    func strangersFillTheirShareOnly() throws {
        var settings = OuterBlockSettings()
        settings.requests = ShareLimits(entries: 8, entriesPerPeer: 4, bytes: 4_000, bytesPerPeer: 2_000)
        let server = OuterServerBench(settings)
        let blocks = OuterServerBench.blocks(of: Self.upload, .bytes128)
        #expect(server.ask(blocks[0])?.code == .continue)
        // One network, many addresses.
        for host in 0..<100 {
            let source = SocketAddress(
                IPv6Address(high: 0x2001_0db8_0001_0000, low: UInt64(host)), port: UInt16(1_000 + host))
            #expect(server.ask(blocks[0], from: source)?.code == .continue)
        }
        #expect(server.keptRequests.count == 5)
        #expect(server.counters.evictions == 96)
        for block in blocks.dropFirst() { _ = server.ask(block) }
        #expect(server.verified == [Self.upload])
        // Many networks: the oldest goes.
        for network in 0..<100 {
            let source = SocketAddress(
                IPv6Address(high: 0x2001_0db8_0002_0000 + UInt64(network), low: 1), port: 5683)
            _ = server.ask(blocks[0], from: source)
        }
        #expect(server.keptRequests.count == 8)
        #expect(server.keptRequests.bytes <= 4_000)
    }
}
