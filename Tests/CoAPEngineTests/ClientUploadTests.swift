import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

/// Bodies of requests in blocks (RFC 7959 §2.5, RFC 9175 §3).
struct ClientUploadTests {
    private let body = pattern(150)

    private func put(_ code: Code = .put, peer: PeerIdentity? = nil, size: BlockSize = .bytes64) -> ClientRequest {
        var request = ClientRequest(
            .request(code, payload: body) {
                $0.contentFormat = ContentFormat(rawValue: 60)
                $0.ifNoneMatch = true
            }, to: ClientHarness.server, peer: peer)
        request.blockSize = size
        return request
    }

    private func confirmation(of sent: ClientHarness.Sent, size: BlockSize? = nil) -> Message {
        .response(.continue) { options in
            options.block1 = sent.options.block1.map {
                BlockOption(number: $0.number, isMore: $0.isMore, size: size ?? $0.size)
            }
        }
    }

    @Test(.requirement("COAP-0166", "COAP-0167", "COAP-0172", "COAP-0173"))
    func aLongBodyGoesInBlocksOneAfterTheOther() throws {
        var harness = ClientHarness()
        let id = try harness.start(put())
        harness.answer(confirmation(of: harness.last))
        harness.answer(confirmation(of: harness.last))
        #expect(harness.sent.count == 3)
        harness.answer(.response(.changed) { $0.block1 = harness.last.options.block1 })
        #expect(harness.sent.map(\.options.block1) == [block(0, true), block(1, true), block(2, false)])
        #expect(harness.sent.flatMap(\.message.payload) == body)
        #expect(harness.sent.allSatisfy { $0.options.contentFormat == ContentFormat(rawValue: 60) })
        #expect(harness.sent.map(\.options.ifNoneMatch) == [true, false, false])
        #expect(harness.sent.map(\.options.size1) == [150, nil, nil])
        #expect(harness.codes == [.changed])
        #expect(harness.responses.first?.response.message.options.block1 == nil)
        #expect(harness.ends == [id: .complete])
    }

    @Test
    func aBodyThatFitsGoesWhole() throws {
        var harness = ClientHarness()
        var request = put(size: .bytes1024)
        try harness.start(request)
        #expect(harness.last.options.block1 == nil)
        #expect(harness.last.message.payload == body)
        request.message.payload = pattern(1024)
        try harness.start(request)
        #expect(harness.last.options.block1 == nil)
        request.message.payload = pattern(1025)
        try harness.start(request)
        #expect(harness.last.options.block1 == BlockOption(number: 0, isMore: true, size: .bytes1024))
    }

    @Test(.requirement("COAP-0163"))
    func smallerBlocksContinueAtTheSameOffset() throws {
        var harness = ClientHarness()
        try harness.start(put())
        harness.answer(confirmation(of: harness.last, size: .bytes16))
        #expect(harness.last.options.block1 == BlockOption(number: 4, isMore: true, size: .bytes16))
        while harness.last.options.block1?.isMore == true { harness.answer(confirmation(of: harness.last)) }
        #expect(harness.sent.flatMap(\.message.payload) == body)
    }

    @Test
    func aTooLargeFirstBlockIsTriedSmaller() throws {
        var harness = ClientHarness()
        // Sent whole, sent in blocks; the size of blocks and the size of bodies as hints.
        let hints: [(BlockSize, BlockSize, (inout Options) -> Void)] = [
            (.bytes1024, .bytes32, { $0.block1 = BlockOption(number: 0, isMore: false, size: .bytes32) }),
            (.bytes64, .bytes32, { $0.block1 = BlockOption(number: 0, isMore: true, size: .bytes32) }),
            (.bytes1024, .bytes128, { $0.size1 = 150 }), (.bytes64, .bytes32, { $0.size1 = 1000 }),
        ]
        for (size, smaller, edit) in hints {
            try harness.start(put(size: size))
            harness.answer(.response(.requestEntityTooLarge, with: edit))
            #expect(harness.last.options.block1 == BlockOption(number: 0, isMore: true, size: smaller))
            #expect(harness.last.message.payload == Array(body.prefix(smaller.byteCount)))
        }
        #expect(harness.codes.isEmpty)
    }

    @Test
    func aBodyThatIsTooLargeInAnySizeIsAnswered() throws {
        var harness = ClientHarness()
        let edits: [(inout Options) -> Void] = [
            { $0.size1 = 149 }, { _ in }, { $0.block1 = BlockOption(number: 0, isMore: true, size: .bytes64) },
        ]
        for edit in edits {
            let id = try harness.start(put())
            harness.answer(.response(.requestEntityTooLarge, with: edit))
            #expect(harness.ends[id] == .complete)
        }
        #expect(harness.codes == Array(repeating: .requestEntityTooLarge, count: 3))
        // A server that is never content runs out of sizes.
        let id = try harness.start(put(size: .bytes1024))
        for _ in 0..<10 where harness.ends[id] == nil {
            harness.answer(.response(.requestEntityTooLarge) { $0.size1 = 150 })
        }
        #expect(harness.ends[id] == .complete)
        #expect(harness.last.options.block1?.size == .bytes16)
    }

    @Test(.requirement("COAP-0170"))
    func aLostUploadIsBegunAnewOnceWithAnotherTag() throws {
        var harness = ClientHarness()
        let id = try harness.start(put())
        harness.answer(confirmation(of: harness.last))
        harness.answer(.response(.requestEntityIncomplete))
        #expect(harness.last.options.block1 == block(0, true))
        let tag = harness.last.options.requestTags
        #expect(tag != harness.sent[0].options.requestTags)
        harness.answer(confirmation(of: harness.last))
        #expect(harness.last.options.requestTags == tag)
        harness.answer(.response(.requestEntityIncomplete))
        #expect(harness.ends == [id: .failed(.uploadRefused)])
    }

    @Test
    func anErrorEndsTheUpload() throws {
        var harness = ClientHarness()
        let id = try harness.start(put())
        harness.answer(.response(.preconditionFailed))
        #expect(harness.codes == [.preconditionFailed])
        #expect(harness.ends == [id: .complete])
    }

    @Test
    func answersThatDoNotFitAreUnusable() throws {
        let answers: [Message] = [
            .response(.changed),
            .response(.continue) { $0.block1 = BlockOption(number: 1, isMore: true, size: .bytes64) },
            .response(.continue),
        ]
        for answer in answers {
            var harness = ClientHarness()
            let id = try harness.start(put())
            harness.answer(answer)
            #expect(harness.ends == [id: .failed(.unusableResponse)])
        }
        var harness = ClientHarness()
        let id = try harness.start(put(size: .bytes128))
        harness.answer(confirmation(of: harness.last))
        harness.answer(confirmation(of: harness.last))
        #expect(harness.ends == [id: .failed(.unusableResponse)])
    }

    @Test(.requirement("COAP-0171"))
    func anUploadIsFollowedByTheDownloadOfItsAnswer() throws {
        var harness = ClientHarness()
        let answer = pattern(100, from: 50)
        let id = try harness.start(put(.fetch, peer: .association([1])))
        harness.answer(confirmation(of: harness.last))
        harness.answer(confirmation(of: harness.last))
        #expect(harness.last.options.block2 == BlockOption(number: 0, isMore: false, size: .bytes64))
        let tag = harness.last.options.requestTags
        harness.answer(
            .block(of: answer, eTag: [1], for: harness.last.message, atMost: .bytes32) {
                $0.block1 = harness.last.options.block1
            })
        #expect(harness.last.options.block1 == nil)
        #expect(harness.last.options.size1 == nil)
        #expect(harness.last.options.block2 == BlockOption(number: 1, isMore: false, size: .bytes32))
        #expect(harness.last.message.payload.isEmpty)
        #expect(harness.last.options.contentFormat == ContentFormat(rawValue: 60))
        // Still the same operation (RFC 9175 §3.3).
        #expect(tag.count == 1)
        #expect(harness.last.options.requestTags == tag)
        for _ in 0..<3 { harness.answer(.block(of: answer, eTag: [1], for: harness.last.message)) }
        #expect(harness.bodies == [answer])
        #expect(harness.ends == [id: .complete])
    }

    @Test(.requirement("COAP-0202", "ECHO-0016"))
    func aTagInAResponseMeansNothing() throws {
        var harness = ClientHarness()
        let id = try harness.start(put(peer: .association([1])))
        let tag = harness.last.options.requestTags
        for _ in 0..<2 {
            var answer = confirmation(of: harness.last)
            answer.options.requestTags = [[9]]
            harness.answer(answer)
            #expect(harness.last.options.requestTags == tag)
        }
        harness.answer(
            .response(.changed) {
                $0.block1 = harness.last.options.block1
                $0.requestTags = [[9]]
            })
        #expect(harness.ends == [id: .complete])
        #expect(harness.responses.first?.response.message.options.requestTags == [])
    }

    @Test(.requirement("COAP-0170", "COAP-0203", "ECHO-0018"))
    func noTagComesTwice() throws {
        var harness = ClientHarness()
        var tags: Set<[[UInt8]]> = []
        let request = put(peer: .association([1]))
        for _ in 0..<3 {
            // The answer to the last block is lost.
            let lost = try harness.start(request)
            tags.insert(harness.last.options.requestTags)
            harness.answer(confirmation(of: harness.last))
            harness.answer(confirmation(of: harness.last))
            harness.fail(.timeout)
            #expect(harness.ends[lost] == .failed(.timeout))
        }
        #expect(tags.count == 3)
        // With an association the absence of a tag is never used: it may have been before a restart.
        #expect(!tags.contains([]))
        var restarted = ClientHarness(seed: 2)
        try restarted.start(request)
        #expect(!tags.contains(restarted.last.options.requestTags))
    }

    @Test(.requirement("COAP-0170"))
    func withoutSecurityTheTagIsLeftOutAsLongAsNothingIsUnfinished() throws {
        var harness = ClientHarness()
        for _ in 0..<2 {
            try harness.start(put())
            #expect(harness.last.options.requestTags.isEmpty)
            let first = harness.last
            // A second upload to the resource at the same time, whatever its method.
            let second = try harness.start(put(.post))
            #expect(harness.last.options.requestTags.count == 1)
            harness.cancel(second)
            harness.answer(confirmation(of: first), to: first)
            harness.answer(confirmation(of: harness.last))
            harness.answer(.response(.changed))
        }
        let cancelled = try harness.start(put())
        harness.cancel(cancelled)
        try harness.start(put())
        #expect(harness.last.options.requestTags.count == 1)
    }

    @Test(.requirement("COAP-0203"))
    func whenTooManyUploadsAreUnfinishedAllHaveATag() throws {
        var settings = RequestClientSettings()
        settings.untaggedUploads = 2
        var harness = ClientHarness(settings: settings)
        var isTagged: [Bool] = []
        for path in 0..<4 {
            var request = put()
            request.message.options.uriPath = ["\(path)"]
            let id = try harness.start(request)
            isTagged.append(!harness.last.options.requestTags.isEmpty)
            harness.cancel(id)
        }
        #expect(isTagged == [false, false, true, true])
    }

    @Test
    func moreBlocksThanCanBeNumberedAreRefused() {
        var harness = ClientHarness()
        var request = put(size: .bytes16)
        request.message.payload = [UInt8](repeating: 0, count: 16 << 20)
        #expect(harness.refusal(of: request) == nil)
        request.message.payload.append(0)
        #expect(harness.refusal(of: request) == .bodyTooLarge)
    }

    private func block(_ number: UInt32, _ isMore: Bool) -> BlockOption {
        BlockOption(number: number, isMore: isMore, size: .bytes64)
    }
}
