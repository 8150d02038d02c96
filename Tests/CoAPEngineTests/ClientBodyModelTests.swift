import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

/// Bodies in blocks against servers that change, forget and lose things at random: what arrives is always a body that
/// somebody had, and never a mix of two.
struct ClientBodyModelTests {
    /// A server whose representation changes under the client's hands.
    private struct ChangingServer {
        var random: SeededGenerator
        var version: UInt8 = 0
        var body: [UInt8] = []
        /// Every body that there was.
        var history: Set<[UInt8]> = []
        /// The ETag counts on, so that none stands for two bodies.
        var tag: UInt64 = 0

        init(seed: UInt64) {
            random = SeededGenerator(seed: seed)
            change()
        }

        mutating func change() {
            version &+= 1
            tag += 1
            // Each body has one byte value and, most of the time, the same length as the one before: a mix would fit.
            let length = Int.random(in: 0..<4, using: &random) == 0 ? Int.random(in: 0...90, using: &random) : 70
            body = Array(repeating: version, count: length)
            history.insert(body)
        }

        mutating func answer(_ request: Message) -> Message {
            let limit = [BlockSize.bytes16, .bytes16, .bytes32, .bytes64].randomElement(using: &random) ?? .bytes16
            var bytes: [UInt8] = []
            for shift in [16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: tag >> UInt64(shift))) }
            if let wanted = request.options.block2, wanted.offset > body.count { return .response(.badRequest) }
            return .block(of: body, eTag: bytes, for: request, atMost: limit)
        }
    }

    @Test(.requirement("COAP-0163", "COAP-0164"), arguments: 0..<8)
    func aDownloadIsOneRepresentation(seed: UInt64) throws {
        var harness = ClientHarness(seed: seed)
        var server = ChangingServer(seed: seed &+ 1000)
        var complete = 0
        for run in 0..<120 {
            let isObserving = run % 4 == 3
            let request = ClientRequest(
                .request { $0.observe = isObserving ? 0 : nil }, to: ClientHarness.server)
            let id = try harness.start(request)
            let shared = harness.last
            var answered = harness.sent.count - 1
            var number: UInt32 = 0
            for _ in 0..<60 where harness.ends[id] == nil {
                if Int.random(in: 0..<10, using: &server.random) == 0 { server.change() }
                if isObserving, Int.random(in: 0..<6, using: &server.random) == 0 {
                    number += 1
                    var notification = server.answer(shared.message)
                    notification.options.observe = number
                    harness.answer(notification, to: shared)
                }
                guard answered < harness.sent.count else { continue }
                let sent = harness.sent[answered]
                answered += 1
                if sent.transmission.continuing != nil || (isObserving && sent.exchange == shared.exchange) { continue }
                if Int.random(in: 0..<40, using: &server.random) == 0 {
                    harness.fail(.timeout, sent)
                    continue
                }
                let response = server.answer(sent.message)
                harness.answer(response, to: sent)
                // The network brings some twice.
                if Bool.random(using: &server.random) { harness.answer(response, to: sent) }
            }
            if isObserving {
                harness.cancel(id)
                harness.answer(.response(), to: shared)
            }
            let end = try #require(harness.ends[id], "seed \(seed), run \(run)")
            if end == .complete { complete += 1 }
        }
        let strange = harness.responses.filter {
            $0.response.message.code == .content && !server.history.contains($0.response.message.payload)
        }
        #expect(strange.isEmpty, "seed \(seed)")
        #expect(harness.surprises == 0)
        #expect(complete > 50, "seed \(seed): too few to say anything")
        #expect(harness.client.load.assembledBytes == 0)
        #expect(harness.client.load.exchanges == 0)
        #expect(harness.client.load.timers == 0)
    }

    /// A server that puts bodies together from whatever reaches it, in whatever order; one message never counts twice,
    /// which is what a replay window is for.
    private struct AssemblingServer {
        var random: SeededGenerator
        var partial: [[[UInt8]]: [UInt8]] = [:]
        var whole: [[UInt8]] = []

        mutating func answer(_ request: Message) -> Message {
            guard let block = request.options.block1 else {
                whole.append(request.payload)
                return .response(.changed)
            }
            let tags = request.options.requestTags
            let roll = Int.random(in: 0..<60, using: &random)
            if block.number == 0 {
                if roll == 0, block.size > .bytes16 {
                    return .response(.requestEntityTooLarge) {
                        $0.block1 = BlockOption(number: 0, isMore: true, size: .bytes16)
                    }
                }
                partial[tags] = []
            } else if roll == 1 {
                partial[tags] = nil
            }
            guard let begun = partial[tags], begun.count == block.offset else {
                return .response(.requestEntityIncomplete)
            }
            partial[tags] = begun + request.payload
            guard block.isMore else {
                whole.append(begun + request.payload)
                partial[tags] = nil
                return .response(.changed) { $0.block1 = block }
            }
            let size = roll < 10 ? BlockSize.bytes16 : block.size
            return .response(.continue) {
                $0.block1 = BlockOption(number: block.number, isMore: true, size: size)
            }
        }
    }

    @Test(.requirement("COAP-0170", "COAP-0203", "ECHO-0018"), arguments: 0..<10)
    func twoUploadsAreNeverPutTogetherAsOne(seed: UInt64) throws {
        var harness = ClientHarness(seed: seed)
        var server = AssemblingServer(random: SeededGenerator(seed: seed &+ 2000))
        var bodies: Set<[UInt8]> = []
        // What has not arrived may yet: somebody held it back.
        var held: [Message] = []
        var counts: [OperationEnd: Int] = [:]
        for run in 0..<1000 {
            let body = [UInt8(truncatingIfNeeded: run), UInt8(truncatingIfNeeded: run >> 8)]
            let repeated = (0..<70).map { body[$0 % 2] }
            bodies.insert(repeated)
            var request = ClientRequest(
                .request(.post, payload: repeated), to: ClientHarness.server, peer: .association([1]))
            request.blockSize = [.bytes16, .bytes32, .bytes64].randomElement(using: &server.random) ?? .bytes32
            let first = harness.sent.count
            let id = try harness.start(request)
            var next = first
            while next < harness.sent.count, harness.ends[id] == nil {
                let sent = harness.sent[next]
                next += 1
                while !held.isEmpty, Int.random(in: 0..<3, using: &server.random) == 0 {
                    let index = Int.random(in: 0..<held.count, using: &server.random)
                    _ = server.answer(held.remove(at: index))
                }
                switch Int.random(in: 0..<20, using: &server.random) {
                case 0:
                    held.append(sent.message)
                    harness.fail(.timeout, sent)
                case 1:
                    // It arrived, and its answer is lost.
                    _ = server.answer(sent.message)
                    harness.fail(.timeout, sent)
                case 2:
                    held.append(sent.message)
                    harness.cancel(id)
                default: harness.answer(server.answer(sent.message), to: sent)
                }
            }
            let end = try #require(harness.ends[id], "seed \(seed), run \(run)")
            counts[end, default: 0] += 1
        }
        #expect(server.whole.filter { !bodies.contains($0) }.isEmpty, "seed \(seed)")
        // Each body was taken once at most.
        #expect(Set(server.whole).count == server.whole.count, "seed \(seed)")
        #expect(counts[.complete] ?? 0 > 300)
        #expect(counts[.failed(.timeout)] ?? 0 > 50)
        #expect(counts[.cancelled] ?? 0 > 30)
        #expect(harness.surprises == 0)
        #expect(harness.client.load.exchanges == 0)
        #expect(harness.client.load.timers == 0)
    }
}
