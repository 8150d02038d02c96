import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

struct ServerCallTests {
    private func bench(_ settings: RequestServerSettings = RequestServerSettings()) -> ServerBench {
        var settings = settings
        // Its clients are where they say.
        settings.verifiedAddresses = .trust
        var properties = ResourceProperties()
        properties.isObservable = true
        let slow = ResourceHandler<BenchRequest>.deferred { _ in ResourceResponse(.content) }
        return ServerBench(settings) {
            $0.register(path: ["thing"], Resource(methods: [.get: slow, .post: slow], properties: properties))
        }
    }

    @Test func aDeferredHandlerAnswersOnce() async throws {
        var bench = bench()
        let effects = bench.effects(Message(.post, payload: [1, 2]))
        let call = try #require(effects.calls.first)
        #expect(effects.count == 1)
        #expect(call.request.payload == [1, 2])
        let answer = try bench.complete(call.id, ResourceResponse(.changed, payload: [3])).answer
        #expect(answer?.message == Message(code: .changed, payload: [3]))
        #expect(bench.complete(call.id, ResourceResponse(.changed)).isEmpty)
        #expect(bench.server.counters.answersTooLate == 1)
        #expect(bench.server.load.calls == 0)
        #expect(bench.server.nextDeadline == nil)
    }

    @Test func aHandlerThatNeverAnswersIsGivenUp() throws {
        var bench = bench()
        let call = try #require(bench.effects(Message(.get)).calls.first)
        let done = bench.advance(by: .seconds(300))
        #expect(done.map(\.at) == [.seconds(247)])
        #expect(try done.map(\.effect).answer?.message.code == .serviceUnavailable)
        #expect(bench.complete(call.id, ResourceResponse(.content)).isEmpty)
        #expect(bench.server.counters.expiredCalls == 1)
    }

    @Test func onePeerCannotHaveAllHandlers() throws {
        var settings = RequestServerSettings()
        settings.limits.calls = ShareLimits(entries: 3, entriesPerPeer: 2, bytes: 1_000, bytesPerPeer: 1_000)
        var bench = bench(settings)
        for _ in 0..<2 { #expect(bench.effects(Message(.get)).calls.count == 1) }
        #expect(try bench.ask(Message(.get))?.code == .serviceUnavailable)
        #expect(bench.effects(Message(.get), from: ServerBench.bob).calls.count == 1)
        #expect(try bench.ask(Message(.get), from: ServerBench.bob)?.code == .serviceUnavailable)
        #expect(bench.server.counters.overload == 2)
    }

    @Test func whoWaitsForAHandlerIsNotLookedForWithoutEnd() throws {
        var settings = RequestServerSettings()
        settings.observing.pace = .zero
        settings.limits.calls = ShareLimits(entries: 9, entriesPerPeer: 1, bytes: 1_000, bytesPerPeer: 1_000)
        var bench = bench(settings)
        for token in 1...2 as ClosedRange<UInt64> {
            let call = try #require(bench.effects(Message(.get) { $0.observe = 0 }, token: token).calls.first)
            #expect(bench.complete(call.id, ResourceResponse(.content)).observing.count == 1)
        }
        #expect(bench.changed("thing").calls.count == 1)
        // What is due at once when it is found that there is no room is due again and again, with no end.
        let deadline = bench.server.nextDeadline
        #expect(deadline ?? bench.now > bench.now)
    }

    @Test(.requirement("COAP-0166"))
    func theLastBlockOfABodyThatIsAtWorkStartsNothing() throws {
        var bench = bench()
        let first = Message(.post, payload: bytes(16)) { $0.block1 = block(0, true, .bytes16) }
        let last = Message(.post, payload: bytes(3)) { $0.block1 = block(1, false, .bytes16) }
        _ = bench.effects(first)
        let call = try #require(bench.effects(last).calls.first)
        #expect(call.request.payload == bytes(16) + bytes(3))
        #expect(try bench.ask(last) == nil)
        let answer = try bench.complete(call.id, ResourceResponse(.changed)).answer?.message
        #expect(answer?.options.block1 == block(1, false, .bytes16))
        #expect(try bench.ask(last) == answer)
    }

    @Test(.requirement("COAP-0136"))
    func aChangeWhileTheFirstAnswerIsMadeIsNotLost() throws {
        var bench = bench()
        let call = try #require(bench.effects(Message(.get) { $0.observe = 0 }).calls.first)
        #expect(bench.changed("thing").isEmpty)
        let effects = bench.complete(call.id, ResourceResponse(.content, .textPlain, [1]))
        #expect(try effects.answer?.message.options.observe != nil)
        let again = try #require(effects.calls.first)
        // Changes during this one ask once more.
        #expect(bench.changed("thing").isEmpty)
        let notified = bench.complete(again.id, ResourceResponse(.content, .textPlain, [2]))
        #expect(notified.notifications.map(\.message.payload) == [[2]])
        #expect(notified.calls.isEmpty)
        let later = bench.advance(by: .seconds(3))
        #expect(later.map(\.effect).calls.count == 1)
    }

    @Test func theCallOfAnEndedObservationIsForgotten() throws {
        var bench = bench()
        let first = try #require(bench.effects(Message(.get) { $0.observe = 0 }).calls.first)
        let id = try #require(bench.complete(first.id, ResourceResponse(.content)).observing.first)
        let second = try #require(bench.changed("thing").calls.first)
        #expect(bench.ended(id, .reset).endedObservations == [id])
        #expect(bench.server.load.calls == 0)
        #expect(bench.complete(second.id, ResourceResponse(.content)).isEmpty)
        #expect(bench.server.nextDeadline == nil)
    }
}
