import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

struct ServerUploadTests {
    private let thing = Thing()

    private func bench(
        maximumBody: Int = 1_000, _ settings: RequestServerSettings = RequestServerSettings()
    ) -> ServerBench {
        var properties = ResourceProperties()
        properties.maximumBody = maximumBody
        properties.groupAccess = .all
        return ServerBench(settings) {
            $0.register(path: ["thing"], methods: thing.methods, properties: properties)
        }
    }

    /// A block of a body of 16-byte blocks.
    private func part(
        _ number: UInt32, of body: [UInt8], tag: [UInt8]? = nil, _ change: (inout Options) -> Void = { _ in }
    ) -> Message {
        let start = Int(number) * 16
        let end = min(start + 16, body.count)
        return Message(.put, payload: Array(body[start..<end])) { options in
            options.block1 = block(number, end < body.count, .bytes16)
            if let tag { options.requestTags = [tag] }
            change(&options)
        }
    }

    @Test(.requirement("COAP-0166", "COAP-0160"))
    func aBodyIsHandedOverOnceItIsWhole() throws {
        var bench = bench()
        let body = bytes(40)
        for number in 0..<2 as Range<UInt32> {
            let answer = try bench.ask(part(number, of: body))
            #expect(answer?.code == .continue)
            #expect(answer?.options.block1 == block(number, true, .bytes16))
        }
        #expect(thing.requests.isEmpty)
        let answer = try bench.ask(part(2, of: body))
        #expect(answer?.code == .changed)
        #expect(answer?.options.block1 == block(2, false, .bytes16))
        #expect(thing.requests.map(\.payload) == [body])
        let request = try #require(thing.requests.first)
        #expect(!request.options.contains(.block1))
    }

    @Test(.requirement("COAP-0166"))
    func gapsAndUnknownBodiesAreIncomplete() throws {
        var bench = bench()
        let body = bytes(64)
        #expect(try bench.ask(part(1, of: body))?.code == .requestEntityIncomplete)
        _ = try bench.ask(part(0, of: body))
        #expect(try bench.ask(part(2, of: body))?.code == .requestEntityIncomplete)
        #expect(try bench.ask(part(1, of: body), from: ServerBench.bob)?.code == .requestEntityIncomplete)
        // The gap can still be filled.
        for number in 1..<3 as Range<UInt32> { #expect(try bench.ask(part(number, of: body))?.code == .continue) }
        #expect(try bench.ask(part(3, of: body))?.code == .changed)
        #expect(thing.requests.map(\.payload) == [body])
        #expect(bench.server.counters.incompleteUploads == 3)
    }

    @Test(.requirement("COAP-0166", "COAP-0168"))
    func aBlockThatComesAgainIsAnsweredAgainAndNotAddedAgain() throws {
        var bench = bench()
        let body = bytes(40)
        for number in [0, 0, 1, 1] as [UInt32] {
            #expect(try bench.ask(part(number, of: body))?.code == .continue)
        }
        #expect(bench.server.load.uploadBytes == 32)
        // Another block in the place of one that is here belongs to something else.
        var forged = part(1, of: body)
        forged.payload[3] ^= 1
        #expect(try bench.ask(forged)?.code == .requestEntityIncomplete)
        let answer = try bench.ask(part(2, of: body))
        #expect(answer?.code == .changed)
        #expect(try bench.ask(part(2, of: body)) == answer)
        #expect(thing.requests.map(\.payload) == [body])
        // From the start again it is a new operation.
        for number in 0..<3 as Range<UInt32> { _ = try bench.ask(part(number, of: body)) }
        #expect(thing.requests.count == 2)
    }

    @Test(.requirement("COAP-0162"))
    func blocksThatAreNotLastAreFull() throws {
        var bench = bench()
        for (count, isMore) in [(63, true), (65, true), (65, false)] {
            let request = Message(.put, payload: bytes(count)) { $0.block1 = block(0, isMore, .bytes64) }
            #expect(try bench.ask(request)?.code == .badRequest)
        }
        let whole = Message(.put, payload: bytes(63)) { $0.block1 = block(0, false, .bytes64) }
        let answer = try bench.ask(whole)
        #expect(answer?.code == .changed)
        #expect(answer?.options.block1 == block(0, false, .bytes64))
    }

    @Test(.requirement("COAP-0167"))
    func blocksOfAnotherFormatAreNotPutTogether() throws {
        var bench = bench()
        let body = bytes(48)
        _ = try bench.ask(part(0, of: body) { $0.contentFormat = .cbor })
        let other = part(1, of: body) { $0.contentFormat = .aceGroupcomm }
        #expect(try bench.ask(other)?.code == .requestEntityIncomplete)
        #expect(bench.server.load.uploads == 0)
    }

    @Test(.requirement("COAP-0166", "COAP-0042"))
    func bodiesAboveTheLimitAreTooLarge() throws {
        var bench = bench(maximumBody: 40)
        let answer = try bench.ask(Message(.post, payload: bytes(41)))
        #expect(answer?.code == .requestEntityTooLarge)
        #expect(answer?.options.size1 == 40)
        #expect(try bench.ask(Message(.post, payload: bytes(40)))?.code == .changed)
        // Announced, or found out on the way.
        let body = bytes(48)
        let announced = part(0, of: body) { $0.size1 = 48 }
        #expect(try bench.ask(announced)?.options.size1 == 40)
        for number in 0..<2 as Range<UInt32> { #expect(try bench.ask(part(number, of: body))?.code == .continue) }
        #expect(try bench.ask(part(2, of: body))?.code == .requestEntityTooLarge)
        #expect(bench.server.load.uploadBytes == 0)
    }

    @Test(.requirement("COAP-0169", "ECHO-0017"))
    func requestTagsTellOperationsApart() throws {
        var bench = bench()
        let (first, second) = (bytes(40), bytes(40, from: 100))
        for number in 0..<3 as Range<UInt32> {
            _ = try bench.ask(part(number, of: first, tag: [1]))
            _ = try bench.ask(part(number, of: second, tag: [2]))
        }
        #expect(thing.requests.map(\.payload) == [first, second])
        #expect(thing.requests.allSatisfy { !$0.options.contains(.requestTag) })
    }

    @Test(.requirement("COAP-0169", "ECHO-0017"))
    func everyListOfTagsIsAnOperationOfItsOwn() throws {
        var bench = bench()
        // None, an empty one, and what means the same to who reads numbers or sorts.
        let lists: [[[UInt8]]] = [[], [[]], [[0]], [[0, 0]], [[1], [2]], [[2], [1]], [[1], [1]], [[1, 2]]]
        let bodies = lists.indices.map { bytes(40, from: 30 * $0) }
        for number in 0..<3 as Range<UInt32> {
            for (list, body) in zip(lists, bodies) {
                _ = try bench.ask(part(number, of: body) { $0.requestTags = list })
            }
        }
        #expect(thing.requests.map(\.payload) == bodies)
    }

    @Test(.requirement("COAP-0202", "ECHO-0016"))
    func aTagWithoutBlocksMeansNothing() throws {
        var bench = bench()
        #expect(try bench.ask(Message(.get) { $0.requestTags = [[1], []] })?.text == "on")
    }

    @Test(.requirement("COAP-0168"))
    func partialBodiesAreForgotten() throws {
        var bench = bench()
        let body = bytes(48)
        _ = try bench.ask(part(0, of: body))
        _ = bench.advance(by: .seconds(246))
        #expect(try bench.ask(part(1, of: body))?.code == .continue)
        _ = bench.advance(by: .seconds(246))
        #expect(bench.server.load.uploads == 1)
        _ = bench.advance(by: .seconds(2))
        #expect(bench.server.load.uploads == 0)
        #expect(bench.server.counters.expiredUploads == 1)
        #expect(try bench.ask(part(2, of: body))?.code == .requestEntityIncomplete)
    }

    @Test(.requirement("COAP-0168"))
    func onePeerHasItsShareOfUploadsAndNoMore() throws {
        var bench = bench()
        for tag in 0..<8 as Range<UInt8> {
            #expect(try bench.ask(part(0, of: bytes(32), tag: [tag]))?.code == .continue)
        }
        for tag in 8..<255 as Range<UInt8> {
            let answer = try bench.ask(part(0, of: bytes(32), tag: [tag]))
            #expect(answer?.code == .serviceUnavailable)
            #expect(answer?.options.maxAge == 5)
        }
        #expect(bench.server.load.uploads == 8)
        #expect(try bench.ask(part(0, of: bytes(32)), from: ServerBench.bob)?.code == .continue)
        #expect(bench.server.counters.overload == 247)
    }

    @Test(.requirement("COAP-0168"))
    func strangersGiveWayToPeersThatAreKnown() throws {
        var settings = RequestServerSettings()
        settings.limits.uploads = ShareLimits(entries: 4, entriesPerPeer: 2, bytes: 96, bytesPerPeer: 64)
        settings.unprovenAddresses = .trust
        var bench = bench(settings)
        let source = { (number: UInt16) in SocketAddress(ServerBench.bob.address, port: number) }
        for number in 1...4 as ClosedRange<UInt16> {
            let answer = try bench.ask(part(0, of: bytes(32)), from: source(number), isAuthenticated: false)
            #expect(answer?.code == .continue)
        }
        let stranger = try bench.ask(part(0, of: bytes(32)), from: source(5), isAuthenticated: false)
        #expect(stranger?.code == .serviceUnavailable)
        #expect(try bench.ask(part(0, of: bytes(32)))?.code == .continue)
        #expect(bench.server.load.uploads == 4)
        // What no peer can have is not busy but too large.
        let large = part(0, of: bytes(80)) { $0.size1 = 80 }
        #expect(try bench.ask(large)?.options.size1 == 64)
    }

    @Test(.requirement("COAP-0168"))
    func answersThatAreRememberedMakeRoomAndLeaveNothingBehind() throws {
        var bench = bench()
        for tag in 0..<100 as Range<UInt8> {
            for number in 0..<2 as Range<UInt32> { _ = try bench.ask(part(number, of: bytes(20), tag: [tag])) }
            #expect(bench.server.load.uploads <= 8)
            #expect(bench.server.timers.count == bench.server.load.uploads)
        }
        #expect(thing.requests.count == 100)
        #expect(bench.server.counters.evictions == 92)
    }

    @Test(.requirement("COAP-0163"))
    func theServerAsksForSmallerBlocks() throws {
        var settings = RequestServerSettings()
        settings.blockSize = .bytes32
        var bench = bench(settings)
        let body = bytes(96)
        let first = Message(.put, payload: Array(body[..<64])) { $0.block1 = block(0, true, .bytes64) }
        #expect(try bench.ask(first)?.options.block1 == block(0, true, .bytes32))
        let last = Message(.put, payload: Array(body[64...])) { $0.block1 = block(2, false, .bytes32) }
        #expect(try bench.ask(last)?.code == .changed)
        #expect(thing.requests.map(\.payload) == [body])
    }

    @Test(.requirement("COAP-0173"))
    func aConditionInTheFirstBlockRefusesTheWhole() throws {
        var bench = bench()
        let body = bytes(48)
        #expect(try bench.ask(part(0, of: body) { $0.ifNoneMatch = true })?.code == .preconditionFailed)
        #expect(bench.server.load.uploads == 0)
        // It holds when the last block comes, too.
        thing.response = ResourceResponse(.notFound)
        for number in 0..<2 as Range<UInt32> {
            let request = part(number, of: body) { if number == 0 { $0.ifNoneMatch = true } }
            #expect(try bench.ask(request)?.code == .continue)
        }
        thing.response = ResourceResponse(.content)
        #expect(try bench.ask(part(2, of: body))?.code == .preconditionFailed)
        #expect(thing.requests.allSatisfy { $0.code == .get })
    }

    @Test(.requirement("COAP-0178"))
    func groupsSendNoBlocksOfBodies() throws {
        var bench = bench()
        #expect(try bench.ask(part(0, of: bytes(48)), to: ServerBench.group) == nil)
        #expect(try bench.ask(part(2, of: bytes(48)), to: ServerBench.group) == nil)
        #expect(bench.server.load.uploads == 0)
        let whole = Message(.put, payload: bytes(3)) { $0.block1 = block(0, false, .bytes64) }
        #expect(try bench.ask(whole, to: ServerBench.group)?.code == .changed)
    }

    /// Interleaved, repeated and lost blocks of several peers: what is handed over is what somebody sent.
    @Test(.requirement("COAP-0166", "COAP-0169"), arguments: 1...20 as ClosedRange<UInt64>)
    func neverAMixedBody(seed: UInt64) throws {
        var bench = bench()
        var random = SeededGenerator(seed: seed)
        let bodies = (0..<6).map { bytes(48 + 16 * $0, from: $0 * 50) }
        var next = Array(repeating: UInt32(0), count: bodies.count)
        for _ in 0..<400 {
            let index = Int.random(in: 0..<bodies.count, using: &random)
            let count = UInt32(bodies[index].count / 16)
            let source = index % 2 == 0 ? ServerBench.alice : ServerBench.bob
            let jump = UInt32.random(in: 0..<10, using: &random)
            let number = jump == 0 ? 0 : jump == 1 ? min(next[index] + 1, count - 1) : next[index] % count
            let answer = try bench.ask(part(number, of: bodies[index], tag: [UInt8(index)]), from: source)
            next[index] = answer?.code == .continue ? number + 1 : 0
        }
        #expect(thing.requests.count > 5)
        #expect(thing.requests.allSatisfy { bodies.contains($0.payload) }, "seed \(seed)")
    }
}
