import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

/// What goes to an address that a genuine registration may have been sent under by somebody who has caught it.
struct UnprovenObserverTests {
    private let thing = Thing(bytes(20))
    private let peer = PeerIdentity.association([1])

    private func bench(_ change: (inout RequestServerSettings) -> Void = { _ in }) -> ServerBench {
        var properties = ResourceProperties()
        properties.isObservable = true
        properties.groupAccess = .all
        var settings = RequestServerSettings()
        change(&settings)
        return ServerBench(settings) {
            $0.register(path: ["thing"], methods: thing.methods, properties: properties)
        }
    }

    private func length(_ message: Message) -> Int { 4 + 8 + message.bodyLength }

    private func observe(_ bench: inout ServerBench, to destination: IPv6Address = ServerBench.home) throws
        -> ObservationID
    {
        try #require(
            bench.effects(Message(.get) { $0.observe = 0 }, to: destination, byteCount: 40, peer: peer)
                .observing.first)
    }

    @Test(.requirement("COAP-0196", "COAP-0267"), arguments: [ServerBench.home, ServerBench.group])
    func aVerifiedObserverAcknowledgesBeforeItGetsMuch(destination: IPv6Address) throws {
        var bench = bench()
        let id = try observe(&bench, to: destination)
        thing.response.payload = bytes(1_000)
        let first = try #require(bench.changed("thing").notifications.first)
        #expect(first.isConfirmable)
        #expect(length(first.message) <= 136)
        _ = bench.ended(id, .acknowledged)
        let second = try #require(bench.changed("thing").notifications.first)
        #expect(!second.isConfirmable)
        #expect(second.message.payload == bytes(1_000))
    }

    @Test(.requirement("COAP-0196", "COAP-0267"), arguments: [ServerBench.home, ServerBench.group])
    func whatAVerifiedObserverDoesNotAcknowledgeIsTheLast(destination: IPv6Address) throws {
        var bench = bench()
        let id = try observe(&bench, to: destination)
        _ = bench.changed("thing")
        let ended = bench.ended(id, .timeout).endedObservations
        #expect(ended == [id])
    }

    @Test(.requirement("COAP-0196"))
    func whatAnUnprovenObserverGetsIsNotSentAgain() throws {
        var bench = bench()
        _ = try observe(&bench)
        var repeated: [Bool] = []
        for case .notify(_, _, isConfirmable: _, isRetransmitted: let isRetransmitted, after: _) in bench.changed(
            "thing")
        {
            repeated.append(isRetransmitted)
        }
        #expect(repeated == [false])
    }

    @Test(.requirement("COAP-0196"))
    func whoHasShownItsAddressIsNotAskedAgain() throws {
        var bench = bench { $0.verifiedAddresses = .challengeAll }
        thing.response.payload = bytes(1_000)
        let challenge = try #require(try bench.ask(Message(.get), byteCount: 20, peer: peer)?.options.echo)
        _ = try bench.ask(Message(.get) { $0.echo = challenge }, byteCount: 40, peer: peer)
        _ = try observe(&bench)
        let notification = try #require(bench.changed("thing").notifications.first)
        #expect(!notification.isConfirmable)
        #expect(notification.message.payload == bytes(1_000))
    }

    @Test func trustIsASetting() throws {
        var bench = bench { $0.verifiedAddresses = .trust }
        _ = try observe(&bench)
        #expect(try #require(bench.changed("thing").notifications.first).isConfirmable == false)
    }

    @Test(.requirement("COAP-0196"))
    func theErrorThatEndsAnObservationIsShortToo() throws {
        for isAuthenticated in [true, false] {
            var bench = bench()
            thing.response = ResourceResponse(.content, .octetStream, bytes(20))
            _ = bench.effects(Message(.get) { $0.observe = 0 }, isAuthenticated: isAuthenticated, byteCount: 20)
            thing.response = ResourceResponse(.notFound, diagnostic: String(repeating: "gone ", count: 100))
            let last = try #require(bench.changed("thing").notifications.first)
            #expect(last.message.code == .notFound)
            #expect(length(last.message) <= 136)
        }
    }

    @Test func aShortErrorKeepsItsExplanation() throws {
        var bench = bench()
        _ = try observe(&bench)
        thing.response = ResourceResponse(.notFound, diagnostic: "gone")
        #expect(try #require(bench.changed("thing").notifications.first).message.text == "gone")
    }
}
