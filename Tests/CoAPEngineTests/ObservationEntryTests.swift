import Bytes
import CoAP
import Synchronization
import TestSupport
import Testing

@testable import CoAPEngine

/// What one entry in the list of observers is, and how long it lives.
struct ObservationEntryTests {
    private let thing = Thing()

    private func bench(_ settings: RequestServerSettings = RequestServerSettings()) -> ServerBench {
        var properties = ResourceProperties()
        properties.isObservable = true
        return ServerBench(settings) { $0.register(path: ["thing"], methods: thing.methods, properties: properties) }
    }

    private var observe: Message { Message(.get) { $0.observe = 0 } }

    @Test(.requirement("COAP-0137"))
    func twoTokensOfOneClientAreTwoObservations() throws {
        var bench = bench()
        let first = bench.effects(observe, token: 1).observing
        let second = bench.effects(observe, token: 2).observing
        #expect(first.count == 1 && second.count == 1 && first != second)
        #expect(bench.server.load.observations == 2)
    }

    @Test(.requirement("COAP-0139"))
    func anErrorInAnswerToARegistrationEndsTheOneBefore() throws {
        var bench = bench()
        let id = try #require(bench.effects(observe).observing.first)
        thing.response = ResourceResponse(.notFound)
        let effects = bench.effects(observe)
        #expect(try effects.answer?.message.code == .notFound)
        #expect(effects.endedObservations == [id])
        #expect(bench.server.load.observations == 0)
    }

    @Test(.requirement("COAP-0143"))
    func aDayIsTheLongestWhateverIsSet() throws {
        var settings = RequestServerSettings()
        settings.observing.confirmableInterval = .seconds(72 * 3600)
        var bench = bench(settings)
        _ = bench.effects(observe)
        let day = bench.advance(by: .seconds(24 * 3600))
        #expect(day.map(\.effect).notifications.map(\.isConfirmable) == [true])
    }

    /// In a whole endpoint: no second message while one is in transit, and its repetition has the newer state.
    @Test(.requirement("COAP-0144"))
    func theRepetitionOfANotificationCarriesTheNewerState() throws {
        let state = Mutex<UInt8>(0)
        var properties = ResourceProperties()
        properties.isObservable = true
        properties.notifiesConfirmably = true
        var tree = ResourceTree<UnprotectedRequest>()
        tree.register(
            path: ["thing"],
            methods: [.get: { _ in ResourceResponse(.content, .octetStream, [state.withLock(\.self)]) }],
            properties: properties)
        var settings = RequestServerSettings()
        settings.unprovenAddresses = .trust
        var server = CoAPEngine.Endpoint(
            protection: NoProtection(), openServer: RequestServer(resources: tree, settings: settings))
        var random = SeededGenerator(seed: 1)
        var now = MonotonicInstant(nanoseconds: 1_000_000_000)
        let registration = observe
        let request = datagram(.confirmable, .get, id: 1, token: Token(7), options: registration.options)
        var effects: [EndpointEffect] = []
        server.receive(
            request.span, from: DatagramPath(source: Endpoint.peer, destination: Endpoint.home), at: now,
            random: &random, effects: &effects)
        #expect(payloads(effects) == [[0]])
        effects = []
        for value in 1...3 as ClosedRange<UInt8> {
            state.withLock { $0 = value }
            server.resourceChanged(["thing"], at: now, random: &random, effects: &effects)
        }
        #expect(payloads(effects) == [[1]])
        effects = []
        let due = server.nextDeadline
        now = try #require(due)
        server.handleTimers(at: now, random: &random, effects: &effects)
        #expect(payloads(effects) == [[3]])
    }

    private func payloads(_ effects: [EndpointEffect]) -> [[UInt8]] {
        effects.compactMap { effect in
            guard case .transmit(let datagram) = effect else { return nil }
            return Sent(.transmit(datagram))?.message.payload
        }
    }
}
