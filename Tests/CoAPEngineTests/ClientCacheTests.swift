import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

/// Responses kept for later requests (RFC 7252 §5.6, RFC 10020 §3.2).
struct ClientCacheTests {
    private let server = ClientHarness.server
    private let other = ClientHarness.other

    private func harness(_ edit: (inout RequestClientSettings) -> Void = { _ in }) -> ClientHarness {
        var settings = RequestClientSettings()
        settings.cache = ResponseCacheSettings()
        edit(&settings)
        return ClientHarness(settings: settings)
    }

    private func get(_ message: Message = .request()) -> ClientRequest { ClientRequest(message, to: server) }

    private func groupGet(
        _ message: Message = .request(), _ completion: ResponseCollection.Completion = .atDeadline
    ) -> ClientRequest {
        var collection = ResponseCollection(deadline: .seconds(10))
        collection.completion = completion
        return ClientRequest(message, to: ClientHarness.group, peer: .association([0]), group: collection)
    }

    @Test(.requirement("COAP-0037", "COAP-0075"), arguments: [nil, 7] as [UInt32?])
    func aResponseServesAsLongAsItIsFresh(maxAge: UInt32?) throws {
        var harness = harness()
        try harness.start(get())
        harness.answer(.response(payload: [1]) { $0.maxAge = maxAge })
        harness.advance(by: .seconds(Int64(maxAge ?? 60)) - .nanoseconds(1))
        let id = try harness.start(get())
        #expect(harness.sent.count == 1)
        #expect(harness.bodies == [[1], [1]])
        #expect(harness.responses.map(\.response.isFromCache) == [false, true])
        #expect(harness.ends[id] == .complete)
        harness.advance(by: .nanoseconds(1))
        try harness.start(get())
        #expect(harness.sent.count == 2)
        #expect(harness.client.counters.servedFromCache == 1)
        #expect(harness.client.load.operations == 1)
    }

    @Test func aConfirmationOfVeryManyOptionsIsSoonDoneWith() throws {
        var harness = harness()
        try harness.start(get())
        harness.answer(
            .response(payload: [1]) {
                $0.eTag = [5]
                $0.contentFormat = .textPlain
                $0.maxAge = 0
            })
        try harness.start(get())
        var valid = Message.response(.valid) { $0.eTag = [5] }
        for _ in 0..<40_000 { valid.options.append(.locationPath, []) }
        let took = ContinuousClock().measure { harness.answer(valid) }
        // Each of them by itself would take all of them each time, and minutes together.
        #expect(took < .seconds(5))
        let options = harness.responses.last?.response.message.options
        #expect(options?.values(of: .locationPath).count == 40_000)
        #expect(options?.eTag == [5])
        #expect(options?.contentFormat == .textPlain)
        #expect(harness.bodies == [[1], [1]])
    }

    @Test
    func nothingIsKeptUnlessSettingsSaySo() throws {
        var harness = ClientHarness()
        try harness.start(get())
        harness.answer(.response(payload: [1]))
        try harness.start(get())
        #expect(harness.sent.count == 2)
    }

    @Test(.requirement("COAP-0073", "COAP-0075"))
    func aRequestIsServedByWhatWasAskedTheSameWay() throws {
        var harness = harness()
        try harness.start(get(.request { $0.accept = ContentFormat(rawValue: 60) }))
        harness.answer(.response(payload: [1]))
        let misses: [ClientRequest] = [
            get(), get(.request { $0.accept = ContentFormat(rawValue: 50) }),
            get(
                .request {
                    $0.accept = ContentFormat(rawValue: 60)
                    $0.uriQuery = ["a"]
                }), ClientRequest(.request { $0.accept = ContentFormat(rawValue: 60) }, to: other),
            ClientRequest(
                .request { $0.accept = ContentFormat(rawValue: 60) }, to: server, peer: .association([1])),
            get(.request(.fetch) { $0.accept = ContentFormat(rawValue: 60) }),
            get(.request(.post) { $0.accept = ContentFormat(rawValue: 60) }),
        ]
        for (index, request) in misses.enumerated() {
            try harness.start(request)
            #expect(harness.sent.count == 2 + index)
        }
        // Size1 stays out of the key.
        let sent = harness.sent.count
        try harness.start(
            get(
                .request {
                    $0.accept = ContentFormat(rawValue: 60)
                    $0.size1 = 5
                }))
        #expect(harness.sent.count == sent)
        for payload in [[UInt8(1)], [2]] {
            try harness.start(get(.request(.fetch, payload: payload)))
            harness.answer(.response(payload: payload))
        }
        try harness.start(get(.request(.fetch, payload: [2])))
        #expect(harness.sent.count == sent + 2)
        #expect(harness.bodies.last == [2])
    }

    @Test(.requirement("COAP-0076"))
    func onlyContentIsKept() throws {
        var harness = harness()
        for code in [
            Code.created, .deleted, .changed, Code(class: 2, detail: 17), .notFound, .unauthorized,
            .internalServerError,
        ] {
            try harness.start(get())
            harness.answer(.response(code))
        }
        #expect(harness.sent.count == 7)
        #expect(harness.client.load.cachedResponses == 0)
        try harness.start(get(.request(.post, payload: [1])))
        harness.answer(.response(payload: [2]))
        #expect(harness.client.load.cachedResponses == 0)
    }

    @Test(.requirement("COAP-0076"))
    func errorsAreKeptIfSettingsSaySo() throws {
        var harness = harness { $0.cache?.keepsErrors = true }
        try harness.start(get())
        harness.answer(.response(.notFound) { $0.maxAge = 60 })
        harness.advance(by: .seconds(59))
        try harness.start(get())
        #expect(harness.sent.count == 1)
        #expect(harness.codes == [.notFound, .notFound])
        harness.advance(by: .seconds(1))
        try harness.start(get())
        #expect(harness.sent.count == 2)
        harness.answer(.response(.unauthorized))
        try harness.start(get())
        #expect(harness.sent.count == 3)
    }

    @Test(.requirement("COAP-0205", "COAP-0206"))
    func aStaleResponseIsValidated() throws {
        var harness = harness()
        try harness.start(get())
        harness.answer(
            .response(payload: [1]) {
                $0.eTag = [5]
                $0.maxAge = 10
                $0.contentFormat = ContentFormat(rawValue: 60)
                $0.append(.locationQuery, text: "old")
            })
        harness.advance(by: .seconds(10))
        let id = try harness.start(get())
        #expect(harness.last.options.eTags == [[5]])
        harness.answer(
            .response(.valid) {
                $0.eTag = [5]
                $0.maxAge = 30
                $0.append(.locationQuery, text: "new")
            })
        #expect(harness.codes == [.content, .content])
        #expect(harness.bodies == [[1], [1]])
        let response = try #require(harness.responses.last?.response)
        #expect(!response.isFromCache)
        #expect(response.message.options.maxAge == 30)
        #expect(response.message.options.contentFormat == ContentFormat(rawValue: 60))
        #expect(response.message.options.locationQuery == ["new"])
        #expect(harness.ends[id] == .complete)
        harness.advance(by: .seconds(29))
        try harness.start(get())
        #expect(harness.sent.count == 2)
        harness.advance(by: .seconds(1))
        try harness.start(get())
        #expect(harness.sent.count == 3)
        // Another representation takes its place.
        harness.answer(.response(payload: [2]) { $0.eTag = [6] })
        try harness.start(get())
        #expect(harness.bodies.last == [2])
        #expect(harness.client.load.cachedResponses == 1)
    }

    @Test(.requirement("COAP-0206"))
    func aMaxAgeThatIsNotThereCounts() throws {
        var harness = harness()
        try harness.start(get())
        harness.answer(
            .response {
                $0.eTag = [5]
                $0.maxAge = 10
            })
        harness.advance(by: .seconds(10))
        try harness.start(get())
        harness.answer(.response(.valid) { $0.eTag = [5] })
        harness.advance(by: .seconds(59))
        try harness.start(get())
        #expect(harness.sent.count == 2)
    }

    @Test(.requirement("COAP-0205"))
    func theETagsOfTheApplicationAreItsOwn() throws {
        var harness = harness()
        try harness.start(get(.request { $0.eTags = [[1], [2]] }))
        #expect(harness.last.options.eTags == [[1], [2]])
        harness.answer(.response(.valid) { $0.eTag = [2] })
        #expect(harness.codes == [.valid])
        #expect(harness.responses.last?.response.message.options.eTag == [2])
    }

    @Test
    func aConfirmationOfNothingKnownIsNotBelieved() throws {
        var harness = harness()
        try harness.start(get())
        harness.answer(
            .response(payload: [1]) {
                $0.eTag = [5]
                $0.maxAge = 0
            })
        let id = try harness.start(get())
        harness.answer(.response(.valid) { $0.eTag = [6] })
        #expect(harness.sent.count == 3)
        #expect(harness.last.options.eTags.isEmpty)
        harness.answer(.response(.valid) { $0.eTag = [6] })
        #expect(harness.ends[id] == .failed(.unusableResponse))
        #expect(harness.codes == [.content])
    }

    @Test
    func aChangeMakesWhatIsKeptStale() throws {
        var harness = harness()
        try harness.start(get())
        harness.answer(.response(payload: [1]))
        try harness.start(ClientRequest(.request(.put, "y", payload: [2]), to: server))
        harness.answer(.response(.changed))
        try harness.start(get())
        #expect(harness.sent.count == 2)
        try harness.start(ClientRequest(.request(.put, payload: [2]), to: server))
        harness.answer(.response(.forbidden))
        try harness.start(get())
        #expect(harness.sent.count == 3)
        try harness.start(ClientRequest(.request(.put, payload: [2]), to: server))
        harness.answer(.response(.changed))
        try harness.start(get())
        #expect(harness.sent.count == 5)
    }

    @Test
    func theCacheIsBounded() throws {
        var harness = harness {
            $0.cache?.entries = 4
            $0.cache?.bytes = 1000
        }
        for path in 0..<50 {
            try harness.start(get(.request(.get, "\(path)")))
            harness.answer(.response(payload: pattern(path == 40 ? 1200 : 100)))
            #expect(harness.client.load.cachedResponses <= 4)
            #expect(harness.client.load.cachedBytes <= 1000)
        }
        try harness.start(get(.request(.get, "49")))
        #expect(harness.sent.count == 50)
        try harness.start(get(.request(.get, "big")))
        harness.answer(.response(payload: pattern(900)))
        #expect(harness.client.load.cachedResponses == 1)
        // Validated again and again, it has one place.
        for _ in 0..<100 {
            try harness.start(get(.request(.get, "stale")))
            harness.answer(
                .response {
                    $0.maxAge = 0
                    $0.eTag = [1]
                })
        }
        #expect(harness.client.load.cachedResponses == 2)
    }

    @Test(.requirement("COAP-0075"))
    func aBodyOfBlocksIsKeptWhole() throws {
        var harness = harness()
        let body = pattern(100)
        try harness.start(get())
        harness.answer(.block(of: body, eTag: [1], for: harness.last.message, atMost: .bytes64))
        harness.answer(.block(of: body, eTag: [1], for: harness.last.message))
        try harness.start(get())
        #expect(harness.sent.count == 2)
        #expect(harness.bodies == [body, body])
    }

    @Test(.requirement("COAP-0126"))
    func aGroupIsAskedUnlessEverybodyHasAnsweredAlready() throws {
        var harness = harness()
        let roster = ResponseCollection.Completion.roster([.endpoint(server), .endpoint(other)])
        try harness.start(get())
        harness.answer(.response(payload: [1]))
        let first = try harness.start(groupGet(.request(), roster))
        #expect(harness.sent.count == 2)
        harness.answer(.response(payload: [2]), from: other)
        #expect(harness.ends[first] == nil)
        harness.answer(.response(payload: [3]), from: server)
        #expect(harness.ends[first] == .complete)
        let second = try harness.start(groupGet(.request(), roster))
        #expect(harness.sent.count == 2)
        #expect(harness.ends[second] == .complete)
        #expect(Set(harness.bodies.suffix(2)) == [[2], [3]])
        // Who is not known may have something else to say.
        try harness.start(groupGet())
        #expect(harness.sent.count == 3)
        try harness.start(groupGet(.request(), .responders(2)))
        #expect(harness.sent.count == 4)
    }

    @Test(.requirement("COAP-0127"))
    func theResponseOfAMemberServesARequestToIt() throws {
        var harness = harness()
        try harness.start(groupGet(.request { $0.append(.uriHost, text: "group.example") }))
        harness.answer(.response(payload: [1]), from: other)
        try harness.start(ClientRequest(.request(), to: other))
        #expect(harness.sent.count == 1)
        #expect(harness.bodies.last == [1])
        #expect(harness.responses.last?.response.source == other)
        try harness.start(ClientRequest(.request(), to: server))
        #expect(harness.sent.count == 2)
    }

    @Test(.requirement("COAP-0207", "COAP-0210"))
    func anETagOfTwoServersValidatesNothing() throws {
        var harness = harness { $0.permitsETagsToGroups = true }
        try harness.start(groupGet())
        let first = harness.last
        for (address, tag) in [(server, UInt8(1)), (other, 1), (ClientHarness.third, 2)] {
            harness.answer(
                .response(payload: [tag]) {
                    $0.eTag = [tag]
                    $0.maxAge = 0
                }, to: first, from: address)
        }
        try harness.start(groupGet())
        #expect(harness.last.options.eTags == [[2]])
        let second = harness.last
        harness.answer(.response(.valid) { $0.eTag = [2] }, to: second, from: ClientHarness.third)
        #expect(harness.bodies.last == [2])
        // Somebody who is not known to have issued it: asked again by itself, without the tag.
        harness.answer(.response(.valid) { $0.eTag = [2] }, to: second, from: server)
        #expect(harness.last.transmission.destination == server)
        #expect(harness.last.options.eTags.isEmpty)
        harness.answer(.response(payload: [9]) { $0.eTag = [2] })
        #expect(harness.bodies.last == [9])
        try harness.start(groupGet())
        #expect(harness.last.options.eTags == [[1]])
        var unpermitted = self.harness()
        try unpermitted.start(groupGet())
        unpermitted.answer(
            .response {
                $0.eTag = [1]
                $0.maxAge = 0
            })
        try unpermitted.start(groupGet())
        #expect(unpermitted.last.options.eTags.isEmpty)
    }

    @Test(.requirement("COAP-0148"))
    func notificationsAreKeptAndConfirmed() throws {
        var harness = harness()
        try harness.start(get())
        harness.answer(
            .response(payload: [1]) {
                $0.eTag = [5]
                $0.maxAge = 0
            })
        try harness.start(get(.request { $0.observe = 0 }))
        #expect(harness.last.options.eTags == [[5]])
        harness.answer(
            .response(.valid) {
                $0.eTag = [5]
                $0.observe = 3
            })
        #expect(harness.bodies == [[1], [1]])
        #expect(harness.codes == [.content, .content])
        #expect(harness.responses.last?.response.message.options.observe == 3)
        try harness.start(get())
        #expect(harness.sent.count == 2)
        #expect(harness.responses.last?.response.message.options.observe == nil)
    }
}
