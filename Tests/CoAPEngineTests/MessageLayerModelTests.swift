import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

/// A message layer in the middle of everything that it can do, and a network full of nonsense.
///
/// `GOSC_MODEL_DATAGRAMS` says how many datagrams the model tests take in.
struct MessageLayerModelTests {
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
        var nonsense: Nonsense
        var exchanges: [ExchangeID] = []
        var everOpened: Set<ExchangeID> = []
        var notifications: [NotificationID] = []

        init(seed: UInt64) throws {
            endpoint = Endpoint(
                parameters: try TransmissionParameters(
                    nStart: 2, probingRate: 50, mayHurryMoreThanStandard: true), limits: Self.limits)
            endpoint.random = SeededGenerator(seed: seed)
            nonsense = Nonsense(seed: seed &+ 1_000)
        }

        private mutating func pick(_ bound: Int) -> Int { nonsense.pick(bound) }

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
                timeout: .seconds(1 + pick(100)), payload: nonsense.bytes(30))
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
                    path: DatagramPath(source: nonsense.source(), destination: Endpoint.group.address),
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
                    nonsense.see(datagram.bytes)
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
                    default:
                        done = endpoint.respond(
                            to: request.handle, Message(code: .content, payload: nonsense.bytes(60)))
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
        for round in 0..<ModelDatagrams.layers / 2 {
            let bytes = world.nonsense.datagram()
            let destination = round.isMultiple(of: 5) ? Endpoint.group.address : Endpoint.home
            try world.check(
                world.endpoint.receive(bytes, from: world.nonsense.source(), to: destination), seed: seed)
            guard round.isMultiple(of: 8) else { continue }
            try world.check(world.act(), seed: seed)
            try world.checkLoad(seed: seed)
            guard round.isMultiple(of: 16) else { continue }
            for (_, effect) in world.endpoint.advance(by: .milliseconds(400)) { try world.check([effect], seed: seed) }
            try world.checkLoad(seed: seed)
        }
        let counters = world.endpoint.layer.counters
        #expect(counters.received == UInt64(ModelDatagrams.layers / 2))
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
