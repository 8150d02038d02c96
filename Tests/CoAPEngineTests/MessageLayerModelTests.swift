import Bytes
import CoAP
import CoAPEngine
import Foundation
import TestSupport
import Testing

/// A message layer in the middle of everything that it can do, and a network full of nonsense.
///
/// `GOSC_MODEL_DATAGRAMS` says how many datagrams are taken in; a release build takes millions.
struct MessageLayerModelTests {
    private static let datagrams =
        ProcessInfo.processInfo.environment["GOSC_MODEL_DATAGRAMS"].flatMap { Int($0) } ?? 100_000

    private struct World {
        static let limits: MessageLayerLimits = {
            var limits = MessageLayerLimits()
            limits.exchanges = 30
            limits.queuedRequests = 20
            limits.destinations = 12
            limits.pendingRequests = 40
            limits.notifications = 10
            limits.rememberedNotifications = 20
            limits.rejectedTokens = 8
            limits.rememberedMessages = 200
            limits.rememberedAnswerBytes = 4_000
            limits.restingTokens = 50
            limits.numberedPeers = 16
            limits.answerRate = AnswerRate(perSecond: 1, burst: 4)
            return limits
        }()

        var endpoint: Endpoint
        var random: SeededGenerator
        var exchanges: [ExchangeID] = []
        var everOpened: Set<ExchangeID> = []
        var notifications: [NotificationID] = []
        /// What was seen on the wire lately, in both directions.
        var wire: [[UInt8]] = [[0x40, 1, 0, 1]]

        init(seed: UInt64) throws {
            endpoint = Endpoint(
                parameters: try TransmissionParameters(
                    nStart: 2, probingRate: 50, mayHurryMoreThanStandard: true), limits: Self.limits)
            endpoint.random = SeededGenerator(seed: seed)
            random = SeededGenerator(seed: seed &+ 1_000)
        }

        private mutating func pick(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
        private mutating func bytes(_ bound: Int) -> [UInt8] {
            (0..<pick(bound)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        }

        /// A datagram of some malformed or well-formed kind.
        mutating func nonsense() -> [UInt8] {
            switch pick(8) {
            case 0: return bytes(24)
            case 1:
                // A header with everything behind it at random.
                return [0x40 | UInt8(pick(0x40)), UInt8(pick(256)), UInt8(pick(256)), UInt8(pick(256))] + bytes(20)
            case 2, 3, 4:
                // Something seen, altered: a byte, the length, the type, the code.
                var seen = wire[pick(wire.count)]
                guard !seen.isEmpty else { return seen }
                switch pick(5) {
                case 0: seen[pick(seen.count)] ^= UInt8(1 << pick(8))
                case 1: seen.removeLast(pick(seen.count))
                case 2: seen += bytes(8)
                case 3: seen[0] = seen[0] & 0xcf | UInt8(pick(4) << 4)
                default: if seen.count > 1 { seen[1] = [0, 1, 2, 0x45, 0x84, 0x20, 0xe1][pick(7)] }
                }
                return seen
            case 5: return wire[pick(wire.count)]
            default:
                // An answer to something seen.
                let seen = wire[pick(wire.count)]
                guard let (header, _) = try? DatagramCodec.decode(seen.span) else { return seen }
                let type = MessageType.allCases[pick(4)]
                let code = [Code.empty, .content, .notFound, .get][pick(4)]
                let token = code == .empty ? Token.empty : header.token
                var options = Options()
                if code == .content, pick(4) == 0 { options.append(OptionNumber(rawValue: 9999), [1]) }
                return datagram(type, code, id: header.messageID.rawValue, token: token, options: options)
            }
        }

        mutating func source() -> SocketAddress {
            switch pick(20) {
            case 0: Endpoint.group
            case 1: SocketAddress(Endpoint.peer.address, port: 0)
            case 2..<8: Endpoint.peer
            case 8..<12: Endpoint.other
            default: SocketAddress(IPv6Address(high: 0x2001 << 48, low: UInt64(pick(400))), port: 5683)
            }
        }

        /// Does something of our own now and then, so that there is something to disturb.
        mutating func act() -> [MessageLayerEffect] {
            var effects: [MessageLayerEffect] = []
            let destination = [Endpoint.peer, Endpoint.other, Endpoint.group][pick(3)]
            let expects: OutgoingRequest.Expectation = [
                .oneResponse, .verifiedResponse, .manyResponses, .manyVerifiedResponses,
            ][pick(4)]
            let isConfirmable = destination != Endpoint.group && pick(2) == 0
            let request = get(
                to: destination, reliability: isConfirmable ? .confirmable : .nonConfirmable, expects: expects,
                timeout: .seconds(1 + pick(100)), payload: bytes(30))
            let exchange = exchanges.isEmpty ? nil : exchanges[pick(exchanges.count)]
            switch pick(7) {
            case 0, 1:
                if let (id, done) = try? endpoint.ask(request) {
                    effects = done
                    exchanges.append(id)
                    everOpened.insert(id)
                    if exchanges.count > 40 { exchanges.removeFirst() }
                }
            case 2: if let exchange { effects = (try? endpoint.send(request, continuing: exchange)) ?? [] }
            case 3:
                if let exchange {
                    effects = (try? endpoint.sendAgain(exchange, newMessageID: pick(2) == 0)) ?? []
                }
            case 4: if let exchange { endpoint.layer.end(exchange, rejectsFurther: pick(2) == 0, at: endpoint.now) }
            case 5:
                let notification = OutgoingNotification(
                    code: .content, body: [0xff, 1], token: Token(UInt64(pick(100))),
                    path: DatagramPath(source: source(), destination: Endpoint.group.address),
                    isConfirmable: pick(2) == 0, delay: .seconds(pick(2)))
                let (id, done) = endpoint.notify(notification)
                effects = done
                if let id { notifications.append(id) }
                if notifications.count > 20 { notifications.removeFirst() }
            default:
                if !notifications.isEmpty {
                    let id = notifications[pick(notifications.count)]
                    if pick(3) == 0 {
                        endpoint.layer.endNotification(id)
                    } else {
                        _ = endpoint.layer.replaceNotification(id, code: .content, body: [0xff, 2])
                    }
                }
            }
            return effects
        }

        /// Whether everything that was done may be done; answers requests by the way.
        mutating func check(_ effects: [MessageLayerEffect], seed: UInt64) throws {
            var effects = effects
            while !effects.isEmpty {
                switch effects.removeFirst() {
                case .transmit(let datagram):
                    let (header, offset) = try DatagramCodec.decode(datagram.bytes.span)
                    try DatagramCodec.checkBody(datagram.bytes.span.extracting(droppingFirst: offset))
                    // COAP-0084, COAP-0087: only requests of our own go to a group.
                    if datagram.destination.address.isMulticast {
                        try #require(header.code.isRequest && header.type == .nonConfirmable, "seed \(seed)")
                        try #require(datagram.destination == Endpoint.group, "seed \(seed)")
                    }
                    try #require(datagram.source?.isMulticast != true, "seed \(seed)")
                    try #require(datagram.destination.port != 0, "seed \(seed)")
                    if wire.count < 64 { wire.append(datagram.bytes) } else { wire[pick(64)] = datagram.bytes }
                case .request(let request):
                    try #require(request.code.isRequest && !request.path.source.address.isMulticast, "seed \(seed)")
                    var done: [MessageLayerEffect] = []
                    switch pick(6) {
                    case 0: break
                    case 1: endpoint.layer.stayingSilent(to: request.handle, effects: &done)
                    case 2: endpoint.layer.reject(request.handle, effects: &done)
                    case 3:
                        done = endpoint.respond(
                            to: request.handle, Message(code: .content, payload: [1]), after: .seconds(pick(5)))
                        done += endpoint.respond(to: request.handle, Message(code: .content))
                    default: done = endpoint.respond(to: request.handle, Message(code: .content, payload: bytes(60)))
                    }
                    effects += done
                case .response(let id, let response):
                    try #require(everOpened.contains(id), "seed \(seed)")
                    try #require(response.code.isResponse, "seed \(seed)")
                case .begun, .failed, .notification: break
                }
            }
        }

        /// Whether what is kept stays within its limits.
        func checkLoad(seed: UInt64) throws {
            let load = endpoint.layer.load
            let limits = Self.limits
            try #require(load.exchanges <= limits.exchanges, "seed \(seed)")
            try #require(load.queuedRequests <= limits.queuedRequests, "seed \(seed)")
            try #require(load.destinations <= limits.destinations, "seed \(seed)")
            try #require(load.pendingRequests <= limits.pendingRequests, "seed \(seed)")
            try #require(load.notifications <= limits.notifications, "seed \(seed)")
            try #require(load.rememberedNotifications <= limits.rememberedNotifications, "seed \(seed)")
            try #require(load.rejectedTokens <= limits.rejectedTokens, "seed \(seed)")
            try #require(load.rememberedMessages <= limits.rememberedMessages, "seed \(seed)")
            try #require(load.rememberedAnswerBytes <= limits.rememberedAnswerBytes, "seed \(seed)")
            try #require(load.numberedPeers <= limits.numberedPeers, "seed \(seed)")
            try #require(load.restingTokens <= limits.restingTokens, "seed \(seed)")
            let maximumTransmissions = limits.exchanges * 18 + limits.pendingRequests + limits.notifications
            try #require(load.transmissions <= maximumTransmissions, "seed \(seed)")
            let maximumTimers =
                load.exchanges + load.pendingRequests + load.notifications + load.transmissions + load.destinations
            try #require(load.timers <= maximumTimers, "seed \(seed)")
        }
    }

    @Test(.requirement("COAP-0018", "COAP-0044", "COAP-0057", "COAP-0084", "COAP-0087"), arguments: [1, 2])
    func nonsenseNeitherTrapsNorFillsTheMemoryNorReachesAGroup(seed: UInt64) throws {
        var world = try World(seed: seed)
        for round in 0..<Self.datagrams / 2 {
            let bytes = world.nonsense()
            let destination = round.isMultiple(of: 5) ? Endpoint.group.address : Endpoint.home
            try world.check(
                world.endpoint.receive(bytes, from: world.source(), to: destination), seed: seed)
            guard round.isMultiple(of: 8) else { continue }
            try world.check(world.act(), seed: seed)
            try world.checkLoad(seed: seed)
            guard round.isMultiple(of: 16) else { continue }
            for (_, effect) in world.endpoint.advance(by: .milliseconds(400)) { try world.check([effect], seed: seed) }
            try world.checkLoad(seed: seed)
        }
        let counters = world.endpoint.layer.counters
        #expect(counters.received == UInt64(Self.datagrams / 2))
        // Every way through the layer was taken.
        for count in [
            counters.malformed, counters.refusedFromGroup, counters.duplicates, counters.duplicatesAnswered,
            counters.pings, counters.resetsSent, counters.resetsReceived, counters.unmatched,
            counters.unmatchedResponses,
            counters.retransmissions, counters.timeouts, counters.queued, counters.rejectedNotifications,
            counters.unusableResponses, counters.answersTooLate, counters.overload, counters.lateGroupResponses,
            counters.rateLimited,
        ] {
            #expect(count > 0, "\(counters)")
        }
        // And when the network is quiet, everything ends.
        let unanswered = world.endpoint.layer.load.exchanges
        _ = world.endpoint.advance(by: .seconds(10_000))
        #expect(world.endpoint.layer.load.exchanges <= unanswered)
        #expect(world.endpoint.layer.load.pendingRequests == 0)
        #expect(world.endpoint.layer.load.transmissions == 0)
        #expect(world.endpoint.layer.load.queuedRequests == 0)
        #expect(world.endpoint.layer.load.timers == 0)
    }
}
