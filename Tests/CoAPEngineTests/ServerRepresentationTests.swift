import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

struct ServerRepresentationTests {
    private let thing = Thing(bytes(200), .octetStream)

    private func bench(
        _ settings: RequestServerSettings = RequestServerSettings(),
        _ change: (inout ResourceProperties) -> Void = { _ in }
    ) -> ServerBench {
        var properties = ResourceProperties()
        properties.groupAccess = .all
        change(&properties)
        return ServerBench(settings) {
            $0.register(path: ["thing"], methods: thing.methods, properties: properties)
        }
    }

    private func get(_ number: UInt32, _ size: BlockSize, _ change: (inout Options) -> Void = { _ in }) -> Message {
        Message(.get) { options in
            options.block2 = block(number, false, size)
            change(&options)
        }
    }

    @Test(.requirement("COAP-0160", "COAP-0163", "COAP-0165", "COAP-0172"))
    func aRepresentationIsFetchedBlockByBlock() throws {
        var bench = bench()
        var body: [UInt8] = []
        var tags: Set<[UInt8]> = []
        for number in 0..<4 as Range<UInt32> {
            let answer = try #require(try bench.ask(get(number, .bytes64)))
            #expect(answer.code == .content)
            #expect(answer.options.block2 == block(number, number < 3, .bytes64))
            #expect(answer.options.size2 == (number == 0 ? 200 : nil))
            #expect(answer.options.contentFormat == .octetStream)
            tags.insert(try #require(answer.options.eTag))
            body += answer.payload
        }
        #expect(body == bytes(200))
        #expect(tags.count == 1)
        #expect(thing.requests.count == 1)
        #expect(try bench.ask(get(4, .bytes64))?.code == .badRequest)
        let sized = try bench.ask(get(1, .bytes64) { $0.size2 = 0 })
        #expect(sized?.options.size2 == 200)
    }

    @Test(.requirement("COAP-0163"))
    func theServersSizeIsTheLargest() throws {
        var settings = RequestServerSettings()
        settings.blockSize = .bytes64
        var bench = bench(settings)
        // Without being asked, and when asked for larger ones.
        #expect(try bench.ask(Message(.get))?.options.block2 == block(0, true, .bytes64))
        #expect(try bench.ask(get(0, .bytes1024))?.options.block2 == block(0, true, .bytes64))
        #expect(try bench.ask(get(2, .bytes32))?.options.block2 == block(2, true, .bytes32))
        // A client that does not follow gets the block at the place that it means.
        let far = try bench.ask(get(1, .bytes128))
        #expect(far?.options.block2 == block(2, true, .bytes64))
        #expect(far?.payload == Array(bytes(200)[128..<192]))
        // What fits needs no blocks.
        thing.response.payload = bytes(64)
        #expect(try bench.ask(Message(.get))?.options.block2 == nil)
        #expect(try bench.ask(get(0, .bytes64))?.options.block2 == block(0, false, .bytes64))
    }

    @Test(.requirement("COAP-0164", "COAP-0165"))
    func laterBlocksAreOfTheSameRepresentation() throws {
        var bench = bench()
        let first = try bench.ask(get(0, .bytes128))
        thing.response.payload = bytes(200, from: 1_000)
        let second = try bench.ask(get(1, .bytes128))
        #expect(second?.payload == Array(bytes(200)[128...]))
        #expect(second?.options.eTag == first?.options.eTag)
        // Another peer, another query, the beginning, or too late: the new one.
        let other = try bench.ask(get(1, .bytes128), from: ServerBench.bob)
        #expect(other?.payload == Array(bytes(200, from: 1_000)[128...]))
        #expect(other?.options.eTag != first?.options.eTag)
        #expect(try bench.ask(get(1, .bytes128) { $0.uriQuery = ["a"] })?.payload == other?.payload)
        _ = bench.advance(by: .seconds(248))
        #expect(bench.server.load.snapshots == 0)
        #expect(try bench.ask(get(1, .bytes128))?.payload == other?.payload)
        #expect(try bench.ask(get(0, .bytes128))?.payload == Array(bytes(200, from: 1_000)[..<128]))
    }

    @Test(.requirement("COAP-0165", "COAP-0204"))
    func theServerNamesRepresentationsAndWhatComesInSeveralBlocks() throws {
        let codes: [(Code, Code, Bool)] = [
            (.get, .content, true), (.fetch, .content, true), (.post, .changed, false), (.put, .changed, false),
            (.post, .created, false), (.delete, .deleted, false),
        ]
        for (method, code, isNamed) in codes {
            var bench = ServerBench {
                $0.register(
                    path: ["thing"],
                    methods: [
                        method: { _ in
                            ResourceResponse(code, payload: bytes(100))
                        }
                    ])
            }
            // In several blocks without being asked, and in one that was asked for.
            for size in [BlockSize.bytes32, .bytes128] {
                var request = Message(method) { $0.block2 = block(0, false, size) }
                if method == .fetch {
                    request.options.contentFormat = .textPlain
                    request.payload = [1]
                }
                let answer = try bench.ask(request)
                #expect(answer?.options.block2 == block(0, size == .bytes32, size))
                // RFC 9175 §3.9: blocks that are put together have an ETag, whatever they are part of.
                #expect((answer?.options.eTag != nil) == (isNamed || size == .bytes32), "\(method) \(code)")
            }
        }
        // What the handler says of the resource goes out.
        var bench = ServerBench {
            $0.register(
                path: ["thing"],
                methods: [
                    .put: { _ in
                        var answer = ResourceResponse(.changed, payload: bytes(100))
                        answer.options.eTag = [7]
                        return answer
                    }
                ])
        }
        #expect(try bench.ask(Message(.put) { $0.block2 = block(0, false, .bytes32) })?.options.eTag == [7])
    }

    @Test(.requirement("COAP-0171"))
    func anAnswerToAnUploadComesInBlocksWithoutActingAgain() throws {
        let thing = thing
        let search: ServerBench.Tree.Handler = { request in
            _ = thing.serve(request)
            var answer = ResourceResponse(.changed, payload: bytes(100))
            answer.options.locationPath = ["x"]
            return answer
        }
        var bench = ServerBench { $0.register(path: ["thing"], methods: [.post: search]) }
        let body = bytes(40)
        for number in 0..<2 as Range<UInt32> {
            let part = Message(.post, payload: Array(body[Int(number) * 32..<min(Int(number) * 32 + 32, 40)])) {
                $0.block1 = block(number, number == 0, .bytes32)
                $0.block2 = block(0, false, .bytes64)
            }
            let answer = try bench.ask(part)
            #expect(answer?.code == (number == 0 ? .continue : .changed))
            guard number == 1 else { continue }
            #expect(answer?.options.block1 == block(1, false, .bytes32))
            #expect(answer?.options.block2 == block(0, true, .bytes64))
        }
        let rest = Message(.post) { $0.block2 = block(1, false, .bytes64) }
        let last = try bench.ask(rest)
        #expect(last?.code == .changed)
        #expect(last?.payload == Array(bytes(100)[64...]))
        #expect(last?.options.block1 == nil)
        #expect(thing.requests.count == 1)
        #expect(try bench.ask(rest, from: ServerBench.bob)?.code == .requestEntityIncomplete)
        #expect(thing.requests.count == 1)
    }

    @Test(.requirement("COAP-0171", "COAP-0073"))
    func blocksOfAFetchBelongToItsBody() throws {
        let answers: ServerBench.Tree.Handler = { request in
            ResourceResponse(.content, .octetStream, bytes(100, from: Int(request.payload[0])))
        }
        var bench = ServerBench { $0.register(path: ["thing"], methods: [.fetch: answers]) }
        let fetch = { (number: UInt32, body: [UInt8]) in
            Message(.fetch, payload: body) {
                $0.block2 = block(number, false, .bytes64)
                if !body.isEmpty { $0.contentFormat = .octetStream }
            }
        }
        _ = try bench.ask(fetch(0, [1]))
        _ = try bench.ask(fetch(0, [2]))
        #expect(try bench.ask(fetch(1, [1]))?.payload == Array(bytes(100, from: 1)[64...]))
        #expect(try bench.ask(fetch(1, [2]))?.payload == Array(bytes(100, from: 2)[64...]))
        _ = try bench.ask(fetch(0, [3]))
        #expect(try bench.ask(fetch(1, []))?.payload == Array(bytes(100, from: 3)[64...]))
        #expect(try bench.ask(fetch(1, []), from: ServerBench.bob)?.code == .requestEntityIncomplete)
    }

    @Test(.requirement("COAP-0174", "COAP-0175", "COAP-0177", "COAP-0259"))
    func aGroupGetsTheFirstBlock() throws {
        thing.response.payload = bytes(5_000)
        var settings = RequestServerSettings()
        settings.verifiedAddresses = .trust
        var bench = bench(settings)
        let spontaneous = try bench.ask(Message(.get), to: ServerBench.group)
        #expect(spontaneous?.options.block2 == block(0, true, .bytes1024))
        let asked = try bench.ask(get(0, .bytes64), to: ServerBench.group)
        #expect(asked?.options.block2 == block(0, true, .bytes64))
        #expect(bench.server.counters.largeGroupAnswers == 2)
        // The rest is asked of each member alone, or of all.
        #expect(try bench.ask(get(1, .bytes64))?.payload == Array(bytes(5_000)[64..<128]))
        #expect(try bench.ask(get(2, .bytes64), to: ServerBench.group)?.payload == Array(bytes(5_000)[128..<192]))
        #expect(try bench.ask(get(1_000, .bytes64), to: ServerBench.group) == nil)
    }

    @Test func keptRepresentationsAreBounded() throws {
        var settings = RequestServerSettings()
        settings.limits.snapshots = ShareLimits(entries: 3, entriesPerPeer: 2, bytes: 700, bytesPerPeer: 500)
        settings.blockSize = .bytes64
        var bench = bench(settings)
        for number in 0..<9 {
            let source = number % 2 == 0 ? ServerBench.alice : ServerBench.bob
            _ = try bench.ask(Message(.get) { $0.uriQuery = ["\(number)"] }, from: source)
            #expect(bench.server.load.snapshots <= 3)
            #expect(bench.server.load.snapshotBytes <= 700)
            #expect(bench.server.timers.count == bench.server.load.snapshots)
        }
        #expect(bench.server.load.snapshots == 3)
        // What is too long to keep is asked for again, block by block.
        thing.response.payload = bytes(600)
        #expect(try bench.ask(get(0, .bytes64))?.options.block2 == block(0, true, .bytes64))
        #expect(try bench.ask(get(9, .bytes64))?.options.block2 == block(9, false, .bytes64))
    }
}
