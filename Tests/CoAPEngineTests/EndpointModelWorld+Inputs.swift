import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

extension EndpointModelWorld {
    /// Takes one datagram in.
    mutating func receiveOne() throws {
        // Now and then the same as before.
        let (bytes, path) = nonsense.pick(16) == 0 ? last : try arrival()
        last = (bytes, path)
        received += 1
        var effects: [EndpointEffect] = []
        endpoint.receive(bytes.span, from: path, at: now, random: &random, effects: &effects)
        try check(effects)
    }

    /// Nonsense, a request, or an answer.
    private mutating func arrival() throws -> ([UInt8], DatagramPath) {
        let destination = nonsense.pick(6) == 0 ? Endpoint.group.address : Self.home
        let path = DatagramPath(source: nonsense.source(), destination: destination)
        let kind = nonsense.pick(4)
        if kind == 0 { return (nonsense.datagram(), path) }
        if kind == 1 || asked.isEmpty { return (request(), path) }
        let datagram = asked[nonsense.pick(asked.count)]
        // Members answer for their group, and now and then somebody does who was not asked.
        let isStranger = datagram.destination.address.isMulticast || nonsense.pick(8) == 0
        let source = isStranger ? nonsense.source() : datagram.destination
        return (try response(to: datagram), DatagramPath(source: source, destination: Self.home))
    }

    private mutating func request() -> [UInt8] {
        var message = Message(code: [Code.get, .put, .post, .fetch, .delete][nonsense.pick(5)])
        message.options.uriPath =
            nonsense.pick(12) == 0 ? [".well-known", "core"] : [Self.paths[nonsense.pick(Self.paths.count)]]
        if message.code != .get { message.payload = nonsense.bytes(70) }
        for _ in 0..<nonsense.pick(4) {
            switch nonsense.pick(9) {
            case 0, 1: message.options.observe = UInt32(nonsense.pick(3) % 2)
            case 2: message.options.append(.block1, [UInt8(nonsense.pick(64))])
            case 3: message.options.append(.block2, [UInt8(nonsense.pick(64))])
            case 4: message.options.requestTags = [[UInt8(nonsense.pick(3))]]
            case 5: message.options.noResponse = UInt8(nonsense.pick(32))
            case 6: message.options.echo = echo
            case 7: message.options.eTags = [nonsense.bytes(8)]
            default: message.options.accept = .octetStream
            }
        }
        let type: MessageType = nonsense.pick(2) == 0 ? .confirmable : .nonConfirmable
        return datagram(
            type, message.code, id: UInt16(nonsense.pick(65_536)), token: Token(UInt64(nonsense.pick(20))),
            options: message.options, payload: message.payload)
    }

    /// What a server might answer.
    private mutating func response(to datagram: OutgoingDatagram) throws -> [UInt8] {
        let asking = datagram.bytes
        let (header, _) = try DatagramCodec.decode(asking.span)
        let codes: [Code] = [
            .content, .content, .content, .changed, .continue, .valid, .unauthorized, .serviceUnavailable,
            .requestEntityIncomplete, .requestEntityTooLarge, .notFound,
        ]
        var message = Message(code: codes[nonsense.pick(codes.count)], payload: nonsense.bytes(40))
        // One of two, so that a stored response is confirmed now and then.
        if message.code == .valid || nonsense.pick(3) == 0 { message.options.eTag = [UInt8(nonsense.pick(2))] }
        for _ in 0..<nonsense.pick(4) {
            switch nonsense.pick(9) {
            case 0, 6, 7: message.options.observe = UInt32(nonsense.pick(1 << 24))
            case 1:
                // Whole blocks of 16 bytes, so that some of them fit together.
                message.options.block2 = block(UInt32(nonsense.pick(4)), nonsense.pick(4) > 0, .bytes16)
                message.payload = bytes(16)
            case 2: message.options.append(.block1, [UInt8(nonsense.pick(64))])
            case 3: message.options.echo = nonsense.bytes(9)
            case 4: message.options.eTag = [UInt8(nonsense.pick(2))]
            case 5: message.options.maxAge = UInt32(nonsense.pick(100))
            default: message.options.append(OptionNumber(rawValue: 9999), [1])
            }
        }
        let type: MessageType =
            header.type == .confirmable ? [.acknowledgement, .confirmable][nonsense.pick(2)] : .nonConfirmable
        let id = type == .acknowledgement ? header.messageID.rawValue : UInt16(nonsense.pick(65_536))
        return CoAPEngineTests.datagram(
            type, message.code, id: id, token: header.token, options: message.options, payload: message.payload)
    }

    /// Does something that an application does.
    mutating func act() throws {
        var effects: [EndpointEffect] = []
        switch nonsense.pick(8) {
        case 0..<4:
            if let id = try? endpoint.start(clientRequest(), at: now, random: &random, effects: &effects) {
                operations.append(id)
            }
        case 4:
            if operations.isEmpty { break }
            let id = operations.remove(at: nonsense.pick(operations.count))
            endpoint.cancel(id, at: now, random: &random, effects: &effects)
        case 5, 6:
            let path = ["observed", "late-observed"][nonsense.pick(2)]
            endpoint.resourceChanged([path], at: now, random: &random, effects: &effects)
        default:
            if calls.isEmpty { break }
            let call = calls.remove(at: nonsense.pick(calls.count))
            endpoint.complete(
                call, with: ResourceResponse(.content, .octetStream, nonsense.bytes(150)), at: now, random: &random,
                effects: &effects)
        }
        try check(effects)
    }

    private mutating func clientRequest() -> ClientRequest {
        var message = Message(code: [Code.get, .get, .fetch, .put, .post][nonsense.pick(5)])
        message.options.uriPath = [Self.paths[nonsense.pick(Self.paths.count)]]
        let isSafe = message.code == .get || message.code == .fetch
        if isSafe, nonsense.pick(3) == 0 { message.options.observe = 0 }
        if message.code != .get { message.payload = nonsense.bytes(message.options.observe == nil ? 80 : 16) }
        let isForGroup = nonsense.pick(3) == 0
        var request = ClientRequest(
            message, to: isForGroup ? Endpoint.group : [Endpoint.peer, Endpoint.other][nonsense.pick(2)])
        request.blockSize = .bytes16
        request.maximumBodyLength = 100
        request.deadline = .seconds(60)
        request.retriesWhenUnavailable = nonsense.pick(2) == 0
        if isForGroup {
            request.message.payload = Array(request.message.payload.prefix(16))
            request.reliability = .nonConfirmable
            var collection = ResponseCollection(deadline: .seconds(60))
            collection.repeats = nonsense.pick(3)
            if nonsense.pick(2) == 0 { collection.completion = .responders(3) }
            request.group = collection
        } else if nonsense.pick(2) == 0 {
            request.reliability = .nonConfirmable
        }
        return request
    }

    /// Lets time pass, and does what falls due.
    mutating func advance(by duration: Duration) throws {
        let end = now.advanced(by: duration)
        var rounds = 0
        while let deadline = endpoint.nextDeadline, deadline <= end {
            now = max(now, deadline)
            var effects: [EndpointEffect] = []
            endpoint.handleTimers(at: now, random: &random, effects: &effects)
            try check(effects)
            if answersCalls { try answerCalls() }
            rounds += 1
            try #require(rounds < 100_000, "seed \(seed)")
        }
        now = end
    }

    private mutating func answerCalls() throws {
        while let call = calls.popLast() {
            var effects: [EndpointEffect] = []
            endpoint.complete(call, with: ResourceResponse(.content), at: now, random: &random, effects: &effects)
            try check(effects)
        }
    }

    /// Ends what only the application ends. From now on every handler answers: one that never does is asked again and
    /// again for the state that is observed.
    mutating func finish() throws {
        answersCalls = true
        try answerCalls()
        for id in operations {
            var effects: [EndpointEffect] = []
            endpoint.cancel(id, at: now, random: &random, effects: &effects)
            try check(effects)
        }
    }
}
