import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

/// One request, one response.
struct ClientSingleTests {
    private let get = ClientRequest(.request(), to: ClientHarness.server)

    @Test
    func aResponseEndsTheOperation() throws {
        var harness = ClientHarness()
        let id = try harness.start(get)
        #expect(harness.last.transmission.reliability == .confirmable)
        #expect(harness.last.transmission.expects == .oneResponse)
        harness.advance(by: .milliseconds(30))
        harness.answer(.response(payload: [1]))
        #expect(harness.bodies == [[1]])
        #expect(harness.responses.first?.operation == id)
        #expect(harness.responses.first?.response.latency == .milliseconds(30))
        #expect(harness.responses.first?.response.source == ClientHarness.server)
        #expect(harness.ends == [id: .complete])
        #expect(harness.ended.isEmpty)
        #expect(harness.client.nextDeadline == nil)
        #expect(harness.client.load.exchanges == 0)
        harness.answer(.response(payload: [2]))
        #expect(harness.bodies == [[1]])
        #expect(harness.client.counters.unexpectedResponses == 1)
    }

    @Test
    func latencyBeginsWhenAQueuedRequestLeaves() throws {
        var harness = ClientHarness()
        harness.queues = true
        try harness.start(get)
        harness.advance(by: .seconds(3))
        harness.begin()
        harness.advance(by: .seconds(1))
        harness.answer(.response())
        #expect(harness.responses.first?.response.latency == .seconds(1))
    }

    @Test(.requirement("COAP-0079"))
    func everyOperationEnds() throws {
        var harness = ClientHarness()
        let timeout = try harness.start(get)
        harness.fail(.timeout)
        let reset = try harness.start(get)
        harness.fail(.reset)
        let deadline = try harness.start(get)
        let exchange = harness.last.exchange
        harness.advance(by: .seconds(601))
        let cancelled = try harness.start(get)
        harness.cancel(cancelled)
        harness.canSend = false
        let unsent = try harness.start(get)
        #expect(
            harness.ends == [
                timeout: .failed(.timeout), reset: .failed(.reset), deadline: .deadline, cancelled: .cancelled,
                unsent: .failed(.notSent),
            ])
        #expect(harness.ended.first?.exchange == exchange)
        #expect(harness.ended.count == 2)
        #expect(harness.client.load.operations == 0)
        #expect(harness.client.load.exchanges == 0)
        #expect(harness.client.load.timers == 0)
        #expect(harness.surprises == 0)
    }

    @Test(.requirement("COAP-0025"))
    func aCriticalOptionThatIsNotUnderstoodMakesAResponseUnusable() throws {
        var harness = ClientHarness()
        let id = try harness.start(get)
        harness.answer(.response { $0.append(OptionNumber(rawValue: 9999), []) })
        #expect(harness.ends == [id: .failed(.unusableResponse)])
        let elective = try harness.start(get)
        harness.answer(.response { $0.append(OptionNumber(rawValue: 9998), []) })
        #expect(harness.ends[elective] == .complete)
        let reserved = try harness.start(get)
        harness.answer(.response { $0.append(.block2, [7]) })
        #expect(harness.ends[reserved] == .failed(.unusableResponse))
        #expect(harness.client.counters.unusableResponses == 2)
    }

    @Test(.requirement("COAP-0008"))
    func unknownCodesCountAsTheGeneralCodeOfTheirClass() throws {
        var harness = ClientHarness()
        for (code, general) in [
            (Code(class: 4, detail: 30), Code.badRequest), (Code(class: 5, detail: 31), .internalServerError),
            (Code(class: 2, detail: 17), Code(class: 2, detail: 0)), (.content, .content),
        ] {
            let id = try harness.start(get)
            harness.answer(.response(code))
            #expect(harness.ends[id] == .complete)
            #expect(harness.responses.last?.response.message.code == code)
            #expect(harness.responses.last?.response.generalCode == general)
        }
    }

    @Test(.requirement("COAP-0192"))
    func aChallengeIsAnsweredOnce() throws {
        var harness = ClientHarness()
        let id = try harness.start(ClientRequest(.request(.put, payload: [5]), to: ClientHarness.server))
        harness.answer(.response(.unauthorized) { $0.echo = [1, 2] })
        #expect(harness.sent.count == 2)
        #expect(harness.last.options.echo == [1, 2])
        #expect(harness.last.message.payload == [5])
        harness.answer(.response(.unauthorized) { $0.echo = [3, 4] })
        #expect(harness.sent.count == 2)
        #expect(harness.codes == [.unauthorized])
        #expect(harness.ends[id] == .complete)
        #expect(harness.client.counters.challengesAnswered == 1)
    }

    @Test(.requirement("COAP-0192", "COAP-0193"))
    func aValueSentAheadGoesWithTheNextRequestToItsSenderOnly() throws {
        var harness = ClientHarness()
        let association = PeerIdentity.association([1])
        try harness.start(ClientRequest(.request(), to: ClientHarness.server, peer: association))
        harness.answer(.response { $0.echo = [9] })
        #expect(harness.responses.last?.response.message.options.echo == nil)
        // The same address without the association, and another association.
        try harness.start(get)
        #expect(harness.last.options.echo == nil)
        try harness.start(ClientRequest(.request(), to: ClientHarness.server, peer: .association([2])))
        #expect(harness.last.options.echo == nil)
        try harness.start(ClientRequest(.request(), to: ClientHarness.other, peer: association))
        #expect(harness.last.options.echo == [9])
        try harness.start(ClientRequest(.request(), to: ClientHarness.server, peer: association))
        #expect(harness.last.options.echo == nil)
    }

    @Test(.requirement("COAP-0193"))
    func aChallengeOfSomebodyElseIsNotAnswered() throws {
        var harness = ClientHarness()
        try harness.start(ClientRequest(.request(), to: ClientHarness.server, peer: .association([1])))
        harness.answer(.response(.unauthorized) { $0.echo = [9] }, peer: .association([2]))
        #expect(harness.sent.count == 1)
        #expect(harness.codes == [.unauthorized])
    }

    @Test
    func onlySoManyEchoValuesAreKept() throws {
        var settings = RequestClientSettings()
        settings.echoValues = 2
        var harness = ClientHarness(settings: settings)
        for peer in UInt8(0)..<5 {
            for _ in 0..<30 {
                try harness.start(ClientRequest(.request(), to: ClientHarness.server, peer: .association([peer])))
                harness.answer(.response { $0.echo = [peer] })
            }
        }
        var kept: [[UInt8]?] = []
        for peer in UInt8(0)..<5 {
            try harness.start(ClientRequest(.request(), to: ClientHarness.server, peer: .association([peer])))
            kept.append(harness.last.options.echo)
        }
        #expect(kept == [nil, nil, nil, [3], [4]])
    }

    @Test(.requirement("COAP-0078"))
    func similarRequestsAreRefusedAsLongAsTheServerWants() throws {
        var harness = ClientHarness()
        try harness.start(get)
        harness.answer(.response(.tooManyRequests) { $0.maxAge = 5 })
        #expect(harness.codes == [.tooManyRequests])
        harness.advance(by: .seconds(2))
        #expect(harness.refusal(of: get) == .retryLater(after: .seconds(3)))
        #expect(harness.refusal(of: ClientRequest(.request(.get, "y"), to: ClientHarness.server)) == nil)
        #expect(harness.refusal(of: ClientRequest(.request(.put), to: ClientHarness.server)) == nil)
        #expect(harness.refusal(of: ClientRequest(.request(), to: ClientHarness.other)) == nil)
        harness.advance(by: .seconds(3))
        #expect(harness.refusal(of: get) == nil)
        harness.answer(.response(.tooManyRequests))
        #expect(harness.refusal(of: get) == .retryLater(after: .seconds(60)))
    }

    @Test(.requirement("COAP-0078"))
    func whatServersAskToBeSparedIsBounded() throws {
        var settings = RequestClientSettings()
        settings.backOffs = 3
        settings.maximumBackOff = .seconds(100)
        var harness = ClientHarness(settings: settings)
        for path in 0..<10 {
            try harness.start(ClientRequest(.request(.get, "\(path)"), to: ClientHarness.server))
            harness.answer(.response(.tooManyRequests) { $0.maxAge = UInt32.max - UInt32(path) })
        }
        let refused = (0..<10).compactMap {
            harness.refusal(of: ClientRequest(.request(.get, "\($0)"), to: ClientHarness.server))
        }
        #expect(refused == Array(repeating: .retryLater(after: .seconds(100)), count: 3))
    }

    @Test(.requirement("COAP-0077"), arguments: [7, nil] as [UInt32?])
    func anUnavailableServerIsAskedAgainAfterMaxAge(maxAge: UInt32?) throws {
        var harness = ClientHarness()
        var request = get
        request.retriesWhenUnavailable = true
        let id = try harness.start(request)
        harness.answer(.response(.serviceUnavailable) { $0.maxAge = maxAge })
        harness.advance(by: .seconds(Int64(maxAge ?? 60)) - .nanoseconds(1))
        #expect(harness.sent.count == 1)
        harness.advance(by: .nanoseconds(1))
        #expect(harness.sent.count == 2)
        harness.answer(.response(.serviceUnavailable) { $0.maxAge = 1 })
        #expect(harness.codes == [.serviceUnavailable])
        #expect(harness.ends[id] == .complete)
        harness.advance(by: .seconds(1000))
        #expect(harness.sent.count == 2)
    }

    @Test(.requirement("COAP-0188"))
    func aRequestWithoutAnswerIsOverWhenItHasLeft() throws {
        var harness = ClientHarness()
        let silent = Message.request(.put, payload: [1]) { $0.noResponse = 26 }
        let id = try harness.start(
            ClientRequest(silent, to: ClientHarness.server, reliability: .nonConfirmable))
        #expect(harness.ends == [id: .complete])
        #expect(harness.ended.count == 1)
        // Ending the exchange would end the retransmission of a confirmable request.
        let confirmable = try harness.start(ClientRequest(silent, to: ClientHarness.server))
        #expect(harness.ends[confirmable] == .complete)
        #expect(harness.ended.count == 1)
        harness.queues = true
        let queued = try harness.start(
            ClientRequest(silent, to: ClientHarness.server, reliability: .nonConfirmable))
        #expect(harness.ends[queued] == nil)
        harness.begin()
        #expect(harness.ends[queued] == .complete)
        let partly = try harness.start(
            ClientRequest(.request(.put) { $0.noResponse = 2 }, to: ClientHarness.server))
        harness.begin()
        #expect(harness.ends[partly] == nil)
        #expect(harness.client.load.exchanges == 1)
    }

    @Test(.requirement("COAP-0080", "COAP-0178", "COAP-0207"))
    func senselessRequestsAreRefused() {
        var harness = ClientHarness()
        let collection = ResponseCollection(deadline: .seconds(30))
        let server = ClientHarness.server
        let group = ClientHarness.group
        var short = ResponseCollection(deadline: .seconds(21))
        short.leisure = .seconds(20)
        short.roundTrip = .seconds(2)
        let long = [UInt8](repeating: 1, count: 1025)
        let refusals: [(ClientRequest, ClientRefusal)] = [
            (ClientRequest(Message(code: .content), to: server), .notARequest),
            (ClientRequest(.request(), to: group, reliability: .confirmable, group: collection), .confirmableToGroup),
            (ClientRequest(.request(), to: group), .notAGroup),
            (ClientRequest(.request(), to: server, group: collection), .notAGroup),
            (ClientRequest(.request(.post, payload: long), to: group, group: collection), .bodyNeedsBlocks),
            (ClientRequest(.request { $0.eTag = [1] }, to: group, group: collection), .eTagToGroup),
            (ClientRequest(.request(), to: group, group: short), .deadlineTooShort(minimum: .seconds(22))),
            (
                ClientRequest(
                    .request { $0.block1 = BlockOption(number: 0, isMore: false, size: .bytes16) }, to: server),
                .reservedOption(.block1)
            ),
            (ClientRequest(.request { $0.requestTags = [[1]] }, to: server), .reservedOption(.requestTag)),
            (ClientRequest(.request { $0.echo = [1] }, to: server), .reservedOption(.echo)),
            (ClientRequest(.request { $0.observe = 1 }, to: server), .reservedOption(.observe)),
            (ClientRequest(.request(.put) { $0.observe = 0 }, to: server), .observedMethod),
            (
                ClientRequest(.request(.fetch, payload: long) { $0.observe = 0 }, to: server), .bodyNeedsBlocks
            ),
            (
                ClientRequest(.request(.put, payload: long) { $0.noResponse = 26 }, to: server),
                .blocksWithoutResponses
            ),
        ]
        for (request, refusal) in refusals { #expect(harness.refusal(of: request) == refusal) }
        #expect(harness.sent.isEmpty)
        #expect(harness.surprises == 0)
        #expect(harness.client.load.operations == 0)
        #expect(harness.client.nextDeadline == nil)
        short.deadline = .seconds(22)
        #expect(harness.refusal(of: ClientRequest(.request(), to: group, group: short)) == nil)
    }

    @Test
    func onlySoManyOperationsAreUnderWay() throws {
        var settings = RequestClientSettings()
        settings.operations = 2
        var harness = ClientHarness(settings: settings)
        let first = try harness.start(get)
        try harness.start(get)
        #expect(harness.refusal(of: get) == .tooManyOperations)
        harness.cancel(first)
        #expect(harness.refusal(of: get) == nil)
    }
}
