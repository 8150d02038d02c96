import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

/// Bodies of responses in blocks (RFC 7959 §2.4).
struct ClientDownloadTests {
    private let get = ClientRequest(.request { $0.observe = nil }, to: ClientHarness.server)

    @Test(.requirement("COAP-0163"))
    func theServersBlockSizeIsUsed() throws {
        var harness = ClientHarness()
        let body = pattern(200)
        let id = try harness.start(
            ClientRequest(.request { $0.uriQuery = ["a"] }, to: ClientHarness.server))
        #expect(harness.last.options.block2 == nil)
        harness.answer(.block(of: body, eTag: [1], for: harness.last.message, atMost: .bytes64) { $0.maxAge = 9 })
        #expect(harness.last.options.block2 == BlockOption(number: 1, isMore: false, size: .bytes64))
        #expect(harness.last.options.uriPath == ["x"])
        #expect(harness.last.options.uriQuery == ["a"])
        // Smaller in the middle: the offset stays.
        harness.answer(.block(of: body, eTag: [1], for: .request { $0.block2 = block(2, .bytes32) }, atMost: .bytes32))
        #expect(harness.last.options.block2 == BlockOption(number: 3, isMore: false, size: .bytes32))
        for _ in 0..<4 { harness.answer(.block(of: body, eTag: [1], for: harness.last.message)) }
        #expect(harness.bodies == [body])
        let response = try #require(harness.responses.first?.response.message)
        #expect(response.options.maxAge == 9)
        #expect(response.options.eTag == [1])
        #expect(response.options.block2 == nil)
        #expect(harness.ends == [id: .complete])
        #expect(harness.client.load.assembledBytes == 0)
    }

    @Test(.requirement("COAP-0163"))
    func aPreferredBlockSizeIsAskedFor() throws {
        var harness = ClientHarness()
        var request = get
        request.blockSize = .bytes64
        try harness.start(request)
        #expect(harness.last.options.block2 == block(0, .bytes64))
    }

    @Test(.requirement("COAP-0164"))
    func anotherRepresentationIsFetchedFromTheStart() throws {
        var harness = ClientHarness()
        let (old, new) = (pattern(150), pattern(150, from: 100))
        let id = try harness.start(get)
        harness.answer(.block(of: old, eTag: [1], for: harness.last.message, atMost: .bytes64))
        harness.answer(.block(of: new, eTag: [2], for: harness.last.message))
        #expect(harness.last.options.block2 == nil)
        harness.answer(.block(of: new, eTag: [2], for: harness.last.message, atMost: .bytes64))
        harness.answer(.block(of: new, eTag: [2], for: harness.last.message))
        harness.answer(.block(of: new, eTag: [2], for: harness.last.message))
        #expect(harness.bodies == [new])
        #expect(harness.ends == [id: .complete])
    }

    @Test(.requirement("COAP-0164"))
    func aRepresentationThatNeverRestsIsGivenUp() throws {
        var harness = ClientHarness()
        let id = try harness.start(get)
        for tag in UInt8(0)..<3 {
            harness.answer(.block(of: pattern(150), eTag: [tag], for: harness.last.message, atMost: .bytes64))
            harness.answer(.block(of: pattern(150), eTag: [tag &+ 1], for: harness.last.message))
        }
        #expect(harness.ends == [id: .failed(.inconsistentBlocks)])
        #expect(harness.bodies.isEmpty)
        #expect(harness.client.load.assembledBytes == 0)
    }

    @Test(.requirement("COAP-0164"))
    func blocksThatDoNotFitTogetherAreNotMixed() throws {
        let body = pattern(150)
        let edits: [(inout Message) -> Void] = [
            { $0.code = .changed }, { $0.options.contentFormat = ContentFormat(rawValue: 7) },
            { $0.options.eTag = nil },
            { $0.options.block2 = BlockOption(number: 2, isMore: false, size: .bytes64) }, { $0.options.block2 = nil },
            { $0 = Message(code: .requestEntityIncomplete) },
        ]
        for edit in edits {
            var harness = ClientHarness()
            try harness.start(get)
            harness.answer(.block(of: body, eTag: [1], for: harness.last.message, atMost: .bytes64))
            var second = Message.block(of: body, eTag: [1], for: harness.last.message)
            edit(&second)
            harness.answer(second)
            #expect(harness.sent.count == 3)
            #expect(harness.last.options.block2 == nil)
            #expect(harness.bodies.isEmpty)
        }
    }

    @Test(.requirement("COAP-0162"))
    func aBlockThatIsNotFullIsTheLast() throws {
        for (count, isMore) in [(63, true), (65, true), (65, false), (0, true)] {
            var harness = ClientHarness()
            let id = try harness.start(get)
            harness.answer(.block(of: pattern(150), eTag: [1], for: harness.last.message, atMost: .bytes64))
            harness.answer(
                .response(payload: pattern(count)) {
                    $0.block2 = BlockOption(number: 1, isMore: isMore, size: .bytes64)
                    $0.eTag = [1]
                })
            #expect(harness.ends == [id: .failed(.inconsistentBlocks)])
        }
    }

    @Test
    func aBodyHasALongestLength() throws {
        var harness = ClientHarness()
        var request = get
        request.maximumBodyLength = 100
        let announced = try harness.start(request)
        harness.answer(.block(of: pattern(150), for: harness.last.message, atMost: .bytes64) { $0.size2 = 150 })
        #expect(harness.ends[announced] == .failed(.bodyTooLarge))
        let blocks = try harness.start(request)
        harness.answer(.block(of: pattern(150), for: harness.last.message, atMost: .bytes64))
        #expect(harness.ends[blocks] == nil)
        harness.answer(.block(of: pattern(150), for: harness.last.message))
        #expect(harness.ends[blocks] == .failed(.bodyTooLarge))
        let whole = try harness.start(request)
        harness.answer(.response(payload: pattern(101)))
        #expect(harness.ends[whole] == .failed(.bodyTooLarge))
        let fitting = try harness.start(request)
        harness.answer(.response(payload: pattern(100)))
        #expect(harness.ends[fitting] == .complete)
    }

    @Test
    func allBodiesTogetherHaveALongestLength() throws {
        var settings = RequestClientSettings()
        settings.assembledBytes = 3000
        var harness = ClientHarness(settings: settings)
        var ids: [OperationID] = []
        for _ in 0..<3 {
            ids.append(try harness.start(get))
            harness.answer(.block(of: pattern(5000), for: harness.last.message))
        }
        #expect(harness.ends == [ids[2]: .failed(.overloaded)])
        #expect(harness.client.load.assembledBytes == 2048)
        harness.cancel(ids[0])
        harness.fail(.timeout, harness.sent[3])
        #expect(harness.client.load.assembledBytes == 0)
    }

    @Test
    func anErrorInTheMiddleIsTheAnswerToARequestThatChangesNothing() throws {
        var harness = ClientHarness()
        try harness.start(get)
        harness.answer(.block(of: pattern(150), eTag: [1], for: harness.last.message, atMost: .bytes64))
        harness.answer(.response(.notFound))
        #expect(harness.codes == [.notFound])
        // A POST has been carried out: that its answer is lost is no answer.
        let post = try harness.start(ClientRequest(.request(.post, payload: [1]), to: ClientHarness.server))
        harness.answer(.block(of: pattern(150), eTag: [1], for: harness.last.message, atMost: .bytes64))
        harness.answer(.response(.notFound))
        #expect(harness.ends[post] == .failed(.inconsistentBlocks))
        let changed = try harness.start(ClientRequest(.request(.post, payload: [1]), to: ClientHarness.server))
        harness.answer(.block(of: pattern(150), eTag: [1], for: harness.last.message, atMost: .bytes64))
        harness.answer(.block(of: pattern(150), eTag: [2], for: harness.last.message))
        #expect(harness.ends[changed] == .failed(.inconsistentBlocks))
    }

    @Test(.requirement("COAP-0171"))
    func furtherRequestsAreLikeTheFirst() throws {
        var harness = ClientHarness()
        let body = pattern(150)
        // A FETCH asks with its body, so that a server without memory can answer; a POST does nothing twice.
        for (code, repeated) in [(Code.fetch, [UInt8(7)]), (.post, [])] {
            try harness.start(
                ClientRequest(
                    .request(code, payload: [7]) {
                        $0.contentFormat = ContentFormat(rawValue: 60)
                        $0.accept = ContentFormat(rawValue: 60)
                        $0.eTags = [[8]]
                    }, to: ClientHarness.server))
            harness.answer(.block(of: body, eTag: [1], for: harness.last.message, atMost: .bytes64))
            #expect(harness.last.message.code == code)
            #expect(harness.last.message.payload == repeated)
            #expect(harness.last.options.accept == ContentFormat(rawValue: 60))
            #expect(harness.last.options.contentFormat == ContentFormat(rawValue: 60))
            #expect(harness.last.options.eTags.isEmpty)
        }
    }

    @Test(.requirement("COAP-0192"))
    func aChallengeInTheMiddleIsAnswered() throws {
        var harness = ClientHarness()
        let body = pattern(150)
        try harness.start(get)
        harness.answer(.response(.unauthorized) { $0.echo = [1] })
        harness.answer(.block(of: body, eTag: [1], for: harness.last.message, atMost: .bytes64))
        #expect(harness.last.options.echo == [1])
        harness.answer(.response(.unauthorized) { $0.echo = [2] })
        #expect(harness.last.options.echo == [2])
        #expect(harness.last.options.block2 == block(1, .bytes64))
        harness.answer(.block(of: body, eTag: [1], for: harness.last.message))
        harness.answer(.block(of: body, eTag: [1], for: harness.last.message))
        #expect(harness.bodies == [body])
        #expect(harness.client.counters.challengesAnswered == 2)
    }

    private func block(_ number: UInt32, _ size: BlockSize) -> BlockOption {
        BlockOption(number: number, isMore: false, size: size)
    }
}
