import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

struct ServerObserveTests {
    private let thing = Thing()

    private func bench(
        _ settings: RequestServerSettings = RequestServerSettings(),
        _ change: (inout ResourceProperties) -> Void = { _ in }
    ) -> ServerBench {
        var properties = ResourceProperties()
        properties.isObservable = true
        properties.groupAccess = .all
        change(&properties)
        var settings = settings
        // Its clients are where they say.
        settings.verifiedAddresses = .trust
        return ServerBench(settings) {
            $0.register(path: ["thing"], methods: thing.methods, properties: properties)
            $0.register(path: ["still"], methods: thing.methods)
        }
    }

    private func observe(_ value: UInt32 = 0, path: [String] = ["thing"], _ change: (inout Options) -> Void = { _ in })
        -> Message
    {
        Message(.get, path: path) { options in
            options.observe = value
            change(&options)
        }
    }

    /// Every notification until nothing is due; confirmable ones are acknowledged.
    private func notifications(of effects: [ServerBench.Effect], _ bench: inout ServerBench) -> [Notification] {
        var all: [Notification] = []
        var effects = effects
        while !effects.isEmpty {
            let some = effects.notifications
            all += some
            effects = some.filter(\.isConfirmable).flatMap { bench.ended($0.id, .acknowledged) }
        }
        return all
    }

    @Test(.requirement("COAP-0136", "COAP-0139"))
    func whoRegistersIsToldOfChanges() throws {
        var bench = bench()
        let effects = bench.effects(observe())
        let id = try #require(effects.observing.first)
        // What the endpoint has to keep is said before the answer that may already use it.
        guard case .observing = effects.first else { throw Surprise() }
        let answer = try #require(try effects.answer?.message)
        #expect(answer.text == "on")
        let first = try #require(answer.options.observe)
        thing.response.payload = Array("off".utf8)
        let notification = try #require(bench.changed("thing").notifications.first)
        #expect(notification.id == id)
        #expect(notification.message.code == .content)
        #expect(notification.message.text == "off")
        #expect(try #require(notification.message.options.observe) > first)
        #expect(bench.changed("still").isEmpty)
        #expect(bench.changed("nothing").isEmpty)
    }

    @Test(.requirement("COAP-0136", "COAP-0147"))
    func whoDeregistersIsToldNoMore() throws {
        var bench = bench()
        let id = try #require(bench.effects(observe()).observing.first)
        // Another token, another peer, another resource: not this observation.
        #expect(bench.effects(observe(1), token: 2).endedObservations.isEmpty)
        #expect(bench.effects(observe(1), from: ServerBench.bob).endedObservations.isEmpty)
        #expect(bench.effects(observe(1), peer: .association([1])).endedObservations.isEmpty)
        let effects = bench.effects(observe(1))
        #expect(effects.endedObservations == [id])
        #expect(try effects.answer?.message.options.observe == nil)
        #expect(try effects.answer?.message.text == "on")
        #expect(bench.changed("thing").isEmpty)
        #expect(bench.server.load.observations == 0)
        #expect(bench.server.nextDeadline == nil)
    }

    @Test(.requirement("COAP-0137", "COAP-0154"))
    func registeringAgainChangesTheEntryAndMakesNoSecond() throws {
        var bench = bench()
        let first = bench.effects(observe(), to: ServerBench.group)
        let second = bench.effects(observe { $0.accept = .textPlain })
        #expect(first.observing.count == 1)
        #expect(second.observing == first.observing)
        let before = try #require(try first.answer?.message.options.observe)
        #expect(try #require(try second.answer?.message.options.observe) > before)
        #expect(bench.changed("thing").notifications.count == 1)
        #expect(thing.requests.last?.options.accept == .textPlain)
        #expect(bench.server.load.observations == 1)
    }

    @Test(.requirement("COAP-0136"))
    func whatCannotBeObservedIsAnsweredPlainly() throws {
        var bench = bench()
        #expect(try bench.ask(observe(path: ["still"]))?.options.observe == nil)
        #expect(try bench.ask(observe(7))?.options.observe == nil)
        #expect(try bench.ask(Message(.put) { $0.observe = 0 })?.options.observe == nil)
        thing.response = ResourceResponse(.notFound)
        let failed = bench.effects(observe())
        #expect(failed.observing.isEmpty)
        #expect(try failed.answer?.message.options.observe == nil)
        #expect(bench.server.load.observations == 0)
    }

    @Test(.requirement("COAP-0138"))
    func aFullRegistryAnswersPlainly() throws {
        var settings = RequestServerSettings()
        settings.limits.observations = ShareLimits(entries: 100, entriesPerPeer: 10, bytes: 10_000, bytesPerPeer: 1_000)
        var bench = bench(settings)
        for number in 0..<120 as Range<UInt16> {
            let source = SocketAddress(ServerBench.alice.address, port: 1_000 + number / 11)
            let answer = try bench.ask(observe(), from: source, token: UInt64(number))
            #expect(answer?.text == "on")
            #expect((answer?.options.observe != nil) == (number % 11 < 10 && number < 110))
        }
        #expect(bench.server.load.observations == 100)
        // What is there can still be renewed.
        let source = SocketAddress(ServerBench.alice.address, port: 1_000)
        #expect(try bench.ask(observe(), from: source, token: 0)?.options.observe != nil)
    }

    @Test(.requirement("COAP-0138"))
    func unverifiedObserversGiveWay() throws {
        var settings = RequestServerSettings()
        settings.limits.observations = ShareLimits(entries: 2, entriesPerPeer: 2, bytes: 1_000, bytesPerPeer: 1_000)
        var bench = bench(settings)
        let stranger = bench.effects(observe(), from: ServerBench.bob, isAuthenticated: false).observing
        #expect(bench.effects(observe()).observing.count == 1)
        let another = SocketAddress(ServerBench.bob.address, port: 9)
        #expect(bench.effects(observe(), from: another, isAuthenticated: false).observing.isEmpty)
        #expect(bench.effects(observe(), token: 2).endedObservations == stranger)
        #expect(bench.server.load.observations == 2)
    }

    @Test(.requirement("COAP-0139"))
    func anErrorIsTheLastNotification() throws {
        var bench = bench()
        let id = try #require(bench.effects(observe()).observing.first)
        bench.server.resources.remove(path: ["thing"])
        let effects = bench.changed("thing")
        let notification = try #require(effects.notifications.first)
        #expect(notification.message.code == .notFound)
        #expect(notification.message.options.observe == nil)
        #expect(notification.isConfirmable)
        #expect(effects.endedObservations == [id])
        #expect(bench.server.load.observations == 0)
        #expect(bench.ended(id, .acknowledged).isEmpty)
    }

    @Test(.requirement("COAP-0140"))
    func anotherFormatEndsTheObservation() throws {
        var bench = bench()
        _ = bench.effects(observe())
        thing.response = ResourceResponse(.content, .cbor, [1])
        let effects = bench.changed("thing")
        #expect(effects.notifications.map(\.message.code) == [.notAcceptable])
        #expect(effects.endedObservations.count == 1)
    }

    @Test(.requirement("COAP-0141"))
    func sequenceNumbersStayNewerByTheRuleOfClients() throws {
        var bench = bench { $0.notifiesConfirmably = true }
        var last = try #require(try bench.ask(observe())?.options.observe)
        var received = bench.now
        var random = SeededGenerator(seed: 3)
        for _ in 0..<3_000 {
            // Bursts, pauses of minutes, and often nothing in between.
            let pause = [0, 0, 0, 1, 900, 60_000, 127_000].randomElement(using: &random) ?? 0
            bench.now = bench.now.advanced(by: .milliseconds(pause))
            for notification in notifications(of: bench.changed("thing"), &bench) {
                let value = try #require(notification.message.options.observe)
                #expect(value < 1 << 24)
                let isNewer =
                    last < value && value - last < 1 << 23 || last > value && last - value > 1 << 23
                    || received.duration(to: bench.now) > .seconds(128)
                guard isNewer else {
                    Issue.record("\(value) after \(last)")
                    return
                }
                last = value
                received = bench.now
            }
        }
        #expect(bench.server.counters.notifications == 3_000)
    }

    @Test(.requirement("COAP-0143", "COAP-0147"), arguments: [NotificationOutcome.reset, .timeout])
    func whoIsNotThereIsForgotten(outcome: NotificationOutcome) throws {
        var bench = bench()
        let id = try #require(bench.effects(observe()).observing.first)
        _ = bench.changed("thing")
        #expect(bench.ended(id, outcome).endedObservations == [id])
        #expect(bench.server.load.observations == 0)
        #expect(bench.server.counters.lostObservers == 1)
        #expect(bench.changed("thing").isEmpty)
        #expect(bench.server.nextDeadline == nil)
    }

    @Test(.requirement("COAP-0143", "COAP-0267"))
    func onceADayTheClientMustConfirm() throws {
        var bench = bench()
        let id = try #require(bench.effects(observe()).observing.first)
        let day = bench.advance(by: .seconds(24 * 3600))
        #expect(day.map(\.at) == [.seconds(24 * 3600)])
        #expect(day.map(\.effect).notifications.map(\.isConfirmable) == [true])
        _ = bench.advance(by: .seconds(10))
        #expect(bench.ended(id, .acknowledged).isEmpty)
        #expect(bench.advance(by: .seconds(24 * 3600)).map(\.at) == [.seconds(24 * 3600)])
    }

    @Test(.requirement("COAP-0144"))
    func aNewerStateTakesThePlaceOfTheOneInTransit() throws {
        var bench = bench { $0.notifiesConfirmably = true }
        let id = try #require(bench.effects(observe()).observing.first)
        for text in ["a", "b", "c"] {
            thing.response.payload = Array(text.utf8)
            let notifications = bench.changed("thing").notifications
            #expect(notifications.map(\.message.text) == [text])
            #expect(notifications.map(\.id) == [id])
            #expect(notifications.map(\.isConfirmable) == [true])
        }
        // All is said with the acknowledgement.
        #expect(bench.ended(id, .acknowledged).isEmpty)
        #expect(bench.advance(by: .seconds(60)).isEmpty)
    }

    @Test(.requirement("COAP-0145"))
    func aClientGetsOneNonConfirmableNotificationInThreeSeconds() throws {
        var settings = RequestServerSettings()
        settings.observing.confirmableEvery = 1_000
        var bench = bench(settings)
        // Two observations of one client share the pace; another client has its own.
        _ = bench.effects(observe())
        _ = bench.effects(observe(), token: 2)
        _ = bench.effects(observe(), from: ServerBench.bob)
        let start = bench.now
        var sent: [ObservationID: [Duration]] = [:]
        for number in 0..<1_100 {
            thing.response.payload = Array("\(number)".utf8)
            var effects = bench.changed("thing")
            effects += bench.advance(by: .milliseconds(10)).map(\.effect)
            for notification in effects.notifications {
                #expect(!notification.isConfirmable)
                sent[notification.id, default: []].append(start.duration(to: bench.now))
            }
        }
        let alice = (sent[ObservationID(number: 1)] ?? []) + (sent[ObservationID(number: 2)] ?? [])
        for (earlier, later) in zip(alice.sorted(), alice.sorted().dropFirst()) {
            #expect(later - earlier >= .milliseconds(2_990))
        }
        #expect(sent[ObservationID(number: 1)]?.count == 2)
        #expect(sent[ObservationID(number: 2)]?.count == 2)
        #expect(sent[ObservationID(number: 3)]?.count == 4)
        // The last state is told in the end.
        let rest = bench.advance(by: .seconds(10)).map(\.effect).notifications
        #expect(Set(rest.map(\.message.text)) == ["1099"])
        #expect(rest.count == 3)
    }

    @Test(.requirement("COAP-0153", "COAP-0267"))
    func notificationsAreInterspersedWithConfirmableOnes() throws {
        var bench = bench()
        let id = try #require(bench.effects(observe(), to: ServerBench.group).observing.first)
        var kinds: [Bool] = []
        for _ in 0..<100 {
            kinds += bench.changed("thing").notifications.map(\.isConfirmable)
            if kinds.last == true { _ = bench.ended(id, .acknowledged) }
            _ = bench.advance(by: .seconds(60))
        }
        #expect(kinds.count == 100)
        #expect(kinds == (0..<100).map { $0 % 8 == 7 })
        // Without an acknowledgement nothing follows but replacements of that one.
        for _ in 0..<8 {
            _ = bench.changed("thing")
            _ = bench.advance(by: .seconds(60))
        }
        #expect(bench.changed("thing").notifications.map(\.isConfirmable) == [true])
    }

    @Test(.requirement("COAP-0148"))
    func whoHasTheRepresentationIsNotifiedWithoutIt() throws {
        var bench = bench()
        thing.response.options.eTag = [1]
        let answer = try bench.ask(observe { $0.eTags = [[1]] })
        #expect(answer?.code == .valid)
        #expect(answer?.options.observe != nil)
        thing.response.options.eTag = [2]
        #expect(bench.changed("thing").notifications.map(\.message.code) == [.content])
        thing.response.options.eTag = [1]
        let valid = bench.advance(by: .seconds(3)).map(\.effect).notifications + bench.changed("thing").notifications
        #expect(valid.map(\.message.code) == [.valid])
        #expect(valid.first?.message.payload == [])
        #expect(valid.first?.message.options.eTag == [1])
        #expect(valid.first?.message.options.observe != nil)
    }

    @Test(.requirement("COAP-0149"))
    func fetchesAreObservedWithTheirBodies() throws {
        var bench = bench()
        for number in 1...2 as ClosedRange<UInt8> {
            let fetch = Message(.fetch, payload: [number]) {
                $0.observe = 0
                $0.contentFormat = .cbor
            }
            #expect(bench.effects(fetch, token: UInt64(number)).observing.count == 1)
        }
        _ = bench.changed("thing")
        _ = bench.advance(by: .seconds(3))
        #expect(thing.requests.suffix(2).map(\.payload) == [[1], [2]])
        #expect(thing.requests.suffix(2).allSatisfy { $0.code == .fetch })
    }

    @Test(.requirement("COAP-0151", "COAP-0152"))
    func whoObservesAGroupIsAnsweredAndNotifiedAfterLeisure() throws {
        var bench = bench { $0.groupPolicy.suppressesSuccess = true }
        #expect(try bench.ask(Message(.get), to: ServerBench.group) == nil)
        _ = bench.advance(by: .seconds(60))
        let effects = bench.effects(observe(), to: ServerBench.group)
        let id = try #require(effects.observing.first)
        let first = try #require(try effects.answer)
        #expect(first.message.options.observe != nil)
        #expect(first.delay > .zero && first.delay <= .seconds(5))
        var delays: [Duration] = []
        for _ in 0..<40 {
            let notifications = bench.changed("thing").notifications
            delays += notifications.map(\.delay)
            if notifications.first?.isConfirmable == true { _ = bench.ended(id, .acknowledged) }
            _ = bench.advance(by: .seconds(60))
        }
        // Asking it alone again makes it no other observation.
        #expect(bench.effects(observe()).observing == [id])
        delays += bench.changed("thing").notifications.map(\.delay)
        #expect(delays.count == 41)
        #expect(delays.allSatisfy { $0 >= .zero && $0 <= .seconds(5) })
        #expect(Set(delays).count == 41)
        // Unless the client wants no answers of this class.
        let quiet = bench.effects(observe { $0.noResponse = 2 }, to: ServerBench.group, token: 9)
        #expect(try quiet.answer != nil)
        var honouring = self.bench { $0.groupPolicy.honoursNoResponse = true }
        let silent = honouring.effects(observe { $0.noResponse = 2 }, to: ServerBench.group)
        #expect(try silent.answer == nil)
        #expect(silent.observing.count == 1)
    }

    @Test(.requirement("COAP-0155"))
    func aGroupIsAskedToForget() throws {
        var bench = bench()
        let id = try #require(bench.effects(observe(), to: ServerBench.group).observing.first)
        #expect(bench.effects(observe(1), to: ServerBench.group).endedObservations == [id])
        #expect(bench.server.load.observations == 0)
    }

    @Test(.requirement("COAP-0136"))
    func whatARequestChangesIsToldWithoutBeingAskedTo() throws {
        var bench = bench()
        _ = bench.effects(observe())
        let effects = bench.effects(Message(.put, payload: Array("new".utf8)), from: ServerBench.bob)
        #expect(try effects.answer?.message.code == .changed)
        #expect(effects.notifications.map(\.message.text) == ["new"])
        guard case .notify = effects.last else { throw Surprise() }
    }

    /// Where requests do something else than change the resource, only whoever knows says that it has changed.
    @Test(.requirement("COAP-0136"))
    func aResourceThatRequestsDoNotChangeIsToldOnlyWhenItHasChanged() throws {
        var bench = bench { $0.isChangedByRequests = false }
        _ = bench.effects(observe())
        let effects = bench.effects(Message(.put, payload: Array("new".utf8)), from: ServerBench.bob)
        #expect(try effects.answer?.message.code == .changed)
        #expect(effects.notifications.isEmpty)
        #expect(bench.changed("thing").notifications.map(\.message.text) == ["new"])
    }

    @Test func aLongNotificationIsItsFirstBlockAndTheRestIsAskedFor() throws {
        var settings = RequestServerSettings()
        settings.blockSize = .bytes64
        var bench = bench(settings)
        _ = bench.effects(observe())
        thing.response.payload = bytes(100)
        let notification = try #require(bench.changed("thing").notifications.first)
        #expect(notification.message.options.block2 == block(0, true, .bytes64))
        thing.response.payload = bytes(100, from: 500)
        let rest = try bench.ask(Message(.get) { $0.block2 = block(1, false, .bytes64) }, token: 77)
        #expect(rest?.payload == Array(bytes(100)[64...]))
        #expect(rest?.options.eTag == notification.message.options.eTag)
        #expect(rest?.options.observe == nil)
    }
}
