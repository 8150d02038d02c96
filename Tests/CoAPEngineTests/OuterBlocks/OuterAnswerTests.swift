import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

/// Answers that whoever asked wants in outer blocks.
struct OuterAnswerTests {
    private static let get = OuterServerBench.request(.get)

    private static func asking(_ number: UInt32, _ size: BlockSize, payload: Bool) -> Message {
        var message = get
        if !payload { message.payload = [] }
        message.options.block2 = BlockOption(number: number, isMore: false, size: size)
        return message
    }

    /// Collects an answer as a proxy does.
    private static func fetch(_ server: OuterServerBench, _ size: BlockSize) -> [Message] {
        var blocks: [Message] = []
        while let block = server.ask(asking(UInt32(blocks.count), size, payload: blocks.isEmpty)) {
            blocks.append(block)
            guard block.options.block2?.isMore == true, blocks.count < 100 else { break }
        }
        return blocks
    }

    @Test(.requirement("OSC-0028"), arguments: [BlockSize.bytes64, .bytes256])
    func areProtectedOnceAndKept(size: BlockSize) throws {
        let server = OuterServerBench()
        let blocks = Self.fetch(server, size)
        let whole = blocks.flatMap(\.payload)
        #expect(whole.suffix(600) == OuterServerBench.body)
        #expect(blocks.dropLast().allSatisfy { $0.payload.count == size.byteCount })
        #expect(blocks.indices.allSatisfy { blocks[$0].options.block2?.number == UInt32($0) })
        // All are of one message, which was asked for once.
        #expect(Set(blocks.map { $0.options.oscore }).count == 1)
        #expect(server.protected == 1)
        #expect(server.verified.count == 1)
        #expect(server.counters.answersCut == 1)
        // They can be had again, and in smaller blocks.
        let smaller = try #require(server.ask(Self.asking(2, .bytes32, payload: false)))
        #expect(smaller.payload == Array(whole[64..<96]))
        #expect(server.protected == 1)
    }

    @Test func areWholeForWhoeverDoesNotAsk() throws {
        let server = OuterServerBench()
        let answer = try #require(server.ask(Self.get))
        #expect(answer.options.block2 == nil)
        #expect(answer.payload.count > 600)
        #expect(server.keptAnswers.count == 0)
        // Nor is what fits into one block cut or kept.
        let short = try #require(server.ask(Self.asking(0, .bytes1024, payload: true)))
        #expect(short.options.block2 == nil)
        #expect(server.keptAnswers.count == 0)
    }

    @Test(.requirement("OSC-0084"))
    func thatAreGoneCannotBeContinued() throws {
        let server = OuterServerBench()
        #expect(server.ask(Self.asking(1, .bytes64, payload: false))?.code == .requestEntityIncomplete)
        _ = server.ask(Self.asking(0, .bytes64, payload: true))
        #expect(server.ask(Self.asking(100, .bytes64, payload: false))?.code == .badRequest)
        // Not from another address.
        let elsewhere = server.ask(Self.asking(1, .bytes64, payload: false), from: ServerBench.bob)
        #expect(elsewhere?.code == .requestEntityIncomplete)
        server.wait(.seconds(200))
        #expect(server.ask(Self.asking(1, .bytes64, payload: false))?.code == .content)
        server.wait(.seconds(200))
        #expect(server.ask(Self.asking(2, .bytes64, payload: false))?.code == .content)
        server.wait(.seconds(300))
        #expect(server.ask(Self.asking(3, .bytes64, payload: false))?.code == .requestEntityIncomplete)
        #expect(server.keptAnswers.count == 0)
        #expect(server.verified.count == 1)
    }

    @Test func comeAfterARequestInBlocks() throws {
        let server = OuterServerBench()
        var answer: Message?
        var large = OuterServerBench.request(.put, OuterServerBench.body)
        large.options.block2 = BlockOption(number: 0, isMore: false, size: .bytes16)
        let blocks = OuterServerBench.blocks(of: large, .bytes128)
        for block in blocks { answer = server.ask(block) }
        #expect(answer?.options.block1 == blocks.last?.options.block1)
        // Short enough for one.
        #expect(answer?.options.block2 == nil)
    }

    @Test(.requirement("COAP-0150"))
    func notificationsAreCutLikeTheFirst() throws {
        let server = OuterServerBench { tree in
            var properties = ResourceProperties()
            properties.isObservable = true
            properties.notifiesConfirmably = true
            tree.register(
                path: ["t"],
                Resource(
                    methods: [
                        .get: .immediate { _ in ResourceResponse(.content, .octetStream, OuterServerBench.body) }
                    ],
                    properties: properties))
        }
        server.endpoint.protectedServer.settings.verifiedAddresses = .trust
        var inner = Message(code: .get)
        inner.options.uriPath = ["t"]
        inner.options.observe = 0
        var outer = Message(code: .fetch, payload: [Code.get.rawValue] + inner.body)
        outer.options.oscore = [1]
        outer.options.observe = 0
        outer.options.block2 = BlockOption(number: 0, isMore: false, size: .bytes256)
        let first = try #require(server.ask(outer))
        #expect(first.options.observe != nil)
        #expect(first.payload.count == 256)
        let notification = try #require(server.changed().first)
        #expect(notification.options.observe != nil)
        #expect(notification.options.block2 == BlockOption(number: 0, isMore: true, size: .bytes256))
        #expect(notification.options.oscore != first.options.oscore)
        // The rest is asked for without Observe, and is the rest of the newest.
        var rest = outer
        rest.options.observe = nil
        rest.payload = []
        rest.options.block2 = BlockOption(number: 1, isMore: false, size: .bytes256)
        let second = try #require(server.ask(rest))
        #expect(second.options.oscore == notification.options.oscore)
        #expect(second.options.observe == nil)
        #expect(server.keptAnswers.count == 1)
    }

    @Test func areKeptWithinLimits() throws {
        var settings = OuterBlockSettings()
        settings.answers = ShareLimits(entries: 2, entriesPerPeer: 2, bytes: 2_000, bytesPerPeer: 2_000)
        let server = OuterServerBench(settings)
        for number in UInt8(1)...5 {
            var message = OuterServerBench.request(.get, number: number)
            message.options.block2 = BlockOption(number: 0, isMore: false, size: .bytes64)
            #expect(server.ask(message)?.options.block2?.isMore == true)
            #expect(server.keptAnswers.count <= 2)
            #expect(server.keptAnswers.bytes <= 2_000)
        }
        #expect(server.counters.evictions == 3)
        // What can never be kept goes out in one piece.
        settings.answers.bytes = 100
        let other = OuterServerBench(settings)
        #expect(other.ask(Self.asking(0, .bytes64, payload: true))?.options.block2 == nil)
    }
}
