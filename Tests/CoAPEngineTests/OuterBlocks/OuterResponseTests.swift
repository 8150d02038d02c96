import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

/// Protected responses that a proxy has cut.
struct OuterResponseTests {
    private static let body = OuterServerBench.body
    private static let whole = OuterClientBench.response(.content, body)

    private static var get: Message {
        var message = Message(code: .get)
        message.options.uriPath = ["t"]
        return message
    }

    @Test(.requirement("OSC-0028", "OSC-0091"), arguments: [BlockSize.bytes64, .bytes512])
    func areFetchedAndVerifiedOnce(size: BlockSize) throws {
        let client = OuterClientBench()
        let (_, request) = try client.start(Self.get)
        client.answer(request, OuterClientBench.block(0, size, of: Self.whole))
        var number = 0
        while client.responses.isEmpty {
            number += 1
            let further = try client.next()
            // The same outer message, for the next block of its response; nothing is protected for it.
            #expect(further.header.code == request.header.code)
            #expect(further.header.token != request.header.token)
            #expect(further.message.payload.isEmpty)
            #expect(further.message.options.oscore == request.message.options.oscore)
            #expect(further.message.options.block2 == BlockOption(number: UInt32(number), isMore: false, size: size))
            #expect(further.datagram.destination == request.datagram.destination)
            #expect(client.verified.isEmpty)
            client.answer(further, OuterClientBench.block(number, size, of: Self.whole))
        }
        #expect(client.responses.map(\.message.payload) == [Self.body])
        #expect(client.verified == [Self.whole])
        #expect(client.protected == 1)
        #expect(client.ends == [.complete])
        #expect(client.counters.outerBlocks.responsesCompleted == 1)
        #expect(client.isIdle)
        #expect(client.sent.isEmpty)
    }

    @Test(.requirement("OSC-0091"))
    func areFetchedInTheSizeThatIsUsedLast() throws {
        let client = OuterClientBench()
        let (_, request) = try client.start(Self.get)
        client.answer(request, OuterClientBench.block(0, .bytes256, of: Self.whole))
        client.answer(try client.next(), OuterClientBench.block(4, .bytes64, of: Self.whole))
        #expect(try client.next().message.options.block2 == BlockOption(number: 5, isMore: false, size: .bytes64))
    }

    @Test(.requirement("OSC-0031"))
    func thatGrowTooLongAreDiscarded() throws {
        var settings = OuterBlockSettings()
        settings.maximumUnfragmentedSize = try #require(MaximumUnfragmentedSize(byteCount: 500))
        let client = OuterClientBench(settings)
        let (_, request) = try client.start(Self.get)
        for number in 0..<8 {
            let asked = number == 0 ? request : try client.next()
            client.answer(asked, OuterClientBench.block(number, .bytes64, of: Self.whole))
        }
        #expect(client.sent.isEmpty)
        #expect(client.downloads == 0)
        #expect(client.counters.outerBlocks.tooLong == 1)
        #expect(client.counters.responsesRefused == 1)
        #expect(client.verified.isEmpty)
        // Anybody may have sent that: the operation ends with its time.
        #expect(client.ends.isEmpty)
        client.wait(.seconds(300))
        #expect(client.ends == [.failed(.timeout)])
        #expect(client.isIdle)
    }

    @Test(.requirement("OSC-0031"))
    func thatSayThatTheyAreTooLongAreNotFetched() throws {
        let client = OuterClientBench()
        let (_, request) = try client.start(Self.get)
        var block = OuterClientBench.block(0, .bytes64, of: Self.whole)
        block.options.size2 = 10_000
        client.answer(request, block)
        #expect(client.sent.isEmpty)
        #expect(client.counters.outerBlocks.tooLong == 1)
    }

    /// Somebody on the way begins a response that never ends; the genuine one is heard all the same.
    @Test(.requirement("OSC-0091"))
    func thatAreForgedDoNotKeepTheGenuineOneOut() throws {
        let client = OuterClientBench()
        let (_, request) = try client.start(Self.get)
        client.answer(request, OuterClientBench.block(0, .bytes64, of: Self.whole), isSeparate: true)
        let further = try client.next()
        client.answer(request, Self.whole)
        #expect(client.responses.count == 1)
        #expect(client.ends == [.complete])
        // What comes of the other one is nobody's.
        client.answer(further, OuterClientBench.block(1, .bytes64, of: Self.whole))
        #expect(client.isIdle)
        #expect(client.responses.count == 1)
    }

    @Test(.requirement("OSC-0091"))
    func whoseBlocksDoNotBelongTogetherAreDropped() throws {
        let others: [(Message) -> Message] = [
            { _ in Message(code: .requestEntityIncomplete) },
            { _ in Message(code: .continue) },
            { _ in OuterClientBench.block(1, .bytes64, of: OuterClientBench.response(.content, Self.body, number: 9)) },
            { _ in OuterClientBench.block(2, .bytes64, of: Self.whole) },
            { block in
                var block = block
                block.payload.removeLast()
                return block
            },
            { block in
                var block = block
                block.options.set(.block2, [0x1f])
                return block
            },
        ]
        for (index, other) in others.enumerated() {
            let client = OuterClientBench()
            let (_, request) = try client.start(Self.get)
            client.answer(request, OuterClientBench.block(0, .bytes64, of: Self.whole), isSeparate: true)
            let wrong = other(OuterClientBench.block(1, .bytes64, of: Self.whole))
            client.answer(try client.next(), wrong)
            #expect(client.downloads == 0, "\(index)")
            #expect(client.verified.isEmpty)
            #expect(client.counters.responsesRefused == 1, "\(index)")
            client.answer(request, Self.whole)
            #expect(client.ends == [.complete], "\(index)")
        }
    }

    /// We send no outer blocks: nothing of what answers such is ours.
    @Test(arguments: [Code.continue, .requestEntityIncomplete, .requestEntityTooLarge])
    func answersToBlocksThatWereNeverSentAreRefused(code: Code) throws {
        let client = OuterClientBench()
        let (_, request) = try client.start(Message(code: .put, payload: Array(repeating: 1, count: 3_000)))
        var answer = Message(code: code)
        answer.options.block1 = BlockOption(number: 0, isMore: true, size: .bytes16)
        client.answer(request, answer, isSeparate: true)
        #expect(client.counters.responsesRefused == 1)
        #expect(client.ends.isEmpty)
        #expect(client.sent.isEmpty)
    }

    @Test(.requirement("OSC-0091"))
    func thatComeAgainAreNotFetchedAgain() throws {
        let client = OuterClientBench()
        let (_, request) = try client.start(Self.get)
        let first = OuterClientBench.block(0, .bytes512, of: Self.whole)
        client.answer(request, first)
        client.answer(request, first)
        client.answer(request, first, isSeparate: true)
        #expect(client.sent.count == 1)
        client.answer(try client.next(), OuterClientBench.block(1, .bytes512, of: Self.whole))
        #expect(client.responses.count == 1)
    }

    @Test(.requirement("OSC-0091"))
    func whoseFurtherBlocksDoNotComeAreGivenUp() throws {
        let client = OuterClientBench()
        let (id, request) = try client.start(Self.get)
        client.answer(request, OuterClientBench.block(0, .bytes64, of: Self.whole))
        client.wait(.seconds(300))
        #expect(client.ends == [.failed(.timeout)])
        #expect(client.isIdle)
        client.cancel(id)
        // Nor is an operation that ends earlier kept by them.
        let other = OuterClientBench()
        let (cancelled, asked) = try other.start(Self.get)
        other.answer(asked, OuterClientBench.block(0, .bytes64, of: Self.whole))
        other.cancel(cancelled)
        other.wait(.seconds(300))
        #expect(other.isIdle)
    }

    @Test(.requirement("OSC-0091", "COAP-0150"))
    func ofAnObservationAreTheNewestState() throws {
        let client = OuterClientBench()
        var message = Self.get
        message.options.observe = 0
        let (_, request) = try client.start(message)
        let states = (0..<3).map { number in
            OuterClientBench.response(
                .content, Self.body.map { $0 &+ UInt8(number) }, number: UInt8(number), observe: UInt32(number))
        }
        client.answer(request, OuterClientBench.block(0, .bytes512, of: states[0]))
        let first = try client.next()
        #expect(first.message.options.observe == nil)
        client.answer(first, OuterClientBench.block(1, .bytes512, of: states[0]))
        #expect(client.responses.map(\.message.payload) == [Self.body])
        // A newer one while the rest of an older one is under way.
        client.answer(request, OuterClientBench.block(0, .bytes512, of: states[1]), isSeparate: true)
        let older = try client.next()
        client.answer(request, OuterClientBench.block(0, .bytes512, of: states[2]), isSeparate: true)
        #expect(client.sent.isEmpty)
        client.answer(older, OuterClientBench.block(1, .bytes512, of: states[1]))
        let newer = try client.next()
        client.answer(newer, OuterClientBench.block(1, .bytes512, of: states[2]))
        #expect(client.responses.count == 2)
        #expect(client.responses.last?.message.payload.first == 2)
        #expect(client.ends.isEmpty)
    }

    @Test(.requirement("OSC-0031"))
    func areBoundedInNumber() throws {
        var settings = OuterBlockSettings()
        settings.responses = 2
        let client = OuterClientBench(settings)
        for _ in 0..<4 {
            let (_, request) = try client.start(Self.get) { $0.reliability = .nonConfirmable }
            client.answer(request, OuterClientBench.block(0, .bytes64, of: Self.whole), isSeparate: true)
            if client.sent.isEmpty { break }
            _ = try client.next()
        }
        #expect(client.downloads == 2)
        #expect(client.counters.responsesRefused == 1)
    }
}
