import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

/// Requests to groups (RFC 10020 §3).
struct ClientGroupTests {
    private static let addresses = [ClientHarness.server, ClientHarness.other, ClientHarness.third]
    private static let peers = addresses.map { PeerIdentity.endpoint($0) }
    private let addresses = Self.addresses

    private func request(
        _ message: Message = .request(), _ completion: ResponseCollection.Completion = .atDeadline,
        with edit: (inout ResponseCollection) -> Void = { _ in }
    ) -> ClientRequest {
        var collection = ResponseCollection(deadline: .seconds(30))
        collection.completion = completion
        edit(&collection)
        return ClientRequest(message, to: ClientHarness.group, peer: .association([0]), group: collection)
    }

    @Test(.requirement("COAP-0097", "COAP-0098"))
    func responsesAreDeliveredByResponderUntilTheDeadline() throws {
        var harness = ClientHarness()
        let id = try harness.start(request())
        #expect(harness.last.transmission.reliability == .nonConfirmable)
        #expect(harness.last.transmission.expects == .manyResponses)
        harness.advance(by: .seconds(2))
        harness.answer(.response(payload: [1]), from: addresses[0])
        harness.answer(.response(payload: [2]), from: addresses[1])
        // Several of one responder.
        harness.answer(.response(payload: [3]), from: addresses[1])
        #expect(harness.bodies == [[1], [2], [3]])
        #expect(harness.responses.map(\.response.peer) == [Self.peers[0], Self.peers[1], Self.peers[1]])
        #expect(harness.responses.map(\.response.source) == [addresses[0], addresses[1], addresses[1]])
        #expect(harness.responses.first?.response.latency == .seconds(2))
        #expect(harness.ends.isEmpty)
        harness.advance(by: .seconds(28))
        #expect(harness.ends == [id: .deadline])
        harness.answer(.response(payload: [4]), from: addresses[2])
        #expect(harness.bodies.count == 3)
        #expect(harness.ended.map(\.rejects) == [false])
        #expect(harness.client.load.exchanges == 0)
    }

    @Test(.requirement("COAP-0098"))
    func collectingEndsWhenEverybodyHasAnswered() throws {
        for completion in [
            ResponseCollection.Completion.responders(3), .roster(Set(Self.peers)),
        ] {
            var harness = ClientHarness()
            let id = try harness.start(request(.request(), completion))
            for index in [0, 1, 1, 0] { harness.answer(.response(), from: addresses[index]) }
            #expect(harness.ends.isEmpty)
            harness.answer(.response(.notFound), from: addresses[2])
            #expect(harness.ends == [id: .complete])
            #expect(harness.responses.count == 5)
        }
    }

    @Test
    func whoIsNotOnTheRosterDoesNotCount() throws {
        var harness = ClientHarness()
        try harness.start(request(.request(), .roster([Self.peers[0], Self.peers[1]])))
        harness.answer(.response(), from: addresses[0])
        harness.answer(.response(), from: addresses[2])
        #expect(harness.ends.isEmpty)
        harness.answer(.response(), from: addresses[1])
        #expect(harness.ends.count == 1)
    }

    @Test
    func respondersAndTheirResponsesAreBounded() throws {
        var settings = RequestClientSettings()
        settings.respondersPerGroup = 2
        settings.responsesPerResponder = 3
        var harness = ClientHarness(settings: settings)
        try harness.start(request())
        for address in addresses { for _ in 0..<5 { harness.answer(.response(), from: address) } }
        #expect(harness.responses.count == 6)
        #expect(harness.client.counters.droppedResponses == 9)
    }

    @Test(.requirement("COAP-0025"))
    func anUnusableResponseOfOneMemberDoesNotSpoilTheRest() throws {
        var harness = ClientHarness()
        let id = try harness.start(request(.request(), .responders(1)))
        harness.answer(.response { $0.append(OptionNumber(rawValue: 9999), []) }, from: addresses[0])
        #expect(harness.ends.isEmpty)
        harness.answer(.response(), from: addresses[1])
        #expect(harness.ends == [id: .complete])
    }

    @Test(.requirement("COAP-0099", "COAP-0102"))
    func aRepetitionWaitsForLeisureAndRoundTrip() throws {
        var harness = ClientHarness()
        let id = try harness.start(
            request {
                $0.leisure = .seconds(5)
                $0.roundTrip = .seconds(1)
                $0.repeats = 2
            })
        let exchange = harness.last.exchange
        harness.advance(by: .seconds(6) - .nanoseconds(1))
        #expect(harness.repeats.isEmpty)
        harness.advance(by: .nanoseconds(1))
        #expect(harness.repeats == [exchange])
        harness.advance(by: .seconds(6))
        #expect(harness.repeats == [exchange, exchange])
        #expect(harness.sent.allSatisfy { $0.message == harness.sent[0].message })
        #expect(harness.last.transmission.reliability == .nonConfirmable)
        harness.advance(by: .seconds(12))
        #expect(harness.repeats.count == 2)
        // The whole of a group that uses group mode may take 20 s to answer.
        harness.cancel(id)
        try harness.start(request { $0.repeats = 1 })
        harness.advance(by: .seconds(22) - .nanoseconds(1))
        #expect(harness.repeats.count == 2)
        harness.advance(by: .nanoseconds(1))
        #expect(harness.repeats.count == 3)
    }

    @Test(.requirement("COAP-0102"))
    func nothingIsRepeatedAfterTheEndNorBeforeTheRequestHasLeft() throws {
        var harness = ClientHarness()
        harness.queues = true
        let collection = request(.request(), .responders(1)) {
            $0.leisure = .seconds(5)
            $0.repeats = 5
        }
        try harness.start(collection)
        harness.advance(by: .seconds(10))
        #expect(harness.repeats.isEmpty)
        harness.begin()
        harness.advance(by: .seconds(7))
        #expect(harness.repeats.count == 1)
        harness.answer(.response())
        harness.advance(by: .seconds(60))
        #expect(harness.repeats.count == 1)
        #expect(harness.client.load.timers == 0)
    }

    @Test(.requirement("COAP-0174", "COAP-0175"))
    func furtherBlocksAreFetchedFromEachResponder() throws {
        var harness = ClientHarness()
        var collection = request(.request(), .responders(2))
        collection.blockSize = .bytes64
        let id = try harness.start(collection)
        let shared = harness.last
        #expect(shared.options.block2 == BlockOption(number: 0, isMore: false, size: .bytes64))
        let bodies = [pattern(150), pattern(100, from: 77)]
        let sizes = [BlockSize.bytes64, .bytes32]
        for index in 0..<2 {
            harness.answer(
                .block(of: bodies[index], eTag: [UInt8(index)], for: shared.message, atMost: sizes[index]),
                to: shared, from: addresses[index])
        }
        for index in 0..<2 {
            var sent = harness.sent[1 + index]
            #expect(sent.transmission.destination == addresses[index])
            #expect(sent.transmission.peer == Self.peers[index])
            #expect(sent.transmission.reliability == .confirmable)
            #expect(sent.options.block2 == BlockOption(number: 1, isMore: false, size: sizes[index]))
            while harness.responses.count == index {
                harness.answer(.block(of: bodies[index], eTag: [UInt8(index)], for: sent.message), to: sent)
                sent = harness.last
            }
        }
        #expect(harness.bodies == bodies)
        #expect(harness.responses.map(\.response.peer) == Array(Self.peers.prefix(2)))
        #expect(harness.ends == [id: .complete])
    }

    @Test(.requirement("COAP-0175"))
    func aMemberWhoseBlocksAreLostHasAnsweredNonetheless() throws {
        var harness = ClientHarness()
        let id = try harness.start(request(.request(), .responders(2)))
        let shared = harness.last
        harness.answer(.response(), to: shared, from: addresses[0])
        harness.answer(
            .block(of: pattern(150), eTag: [1], for: shared.message, atMost: .bytes64), to: shared, from: addresses[1])
        harness.fail(.timeout)
        #expect(harness.lost.map(\.peer) == [Self.peers[1]])
        #expect(harness.lost.map(\.failure) == [.timeout])
        #expect(harness.ends == [id: .complete])
    }

    @Test
    func theDeadlineEndsTheFetchingToo() throws {
        var harness = ClientHarness()
        try harness.start(request())
        let shared = harness.last
        harness.answer(
            .block(of: pattern(150), eTag: [1], for: shared.message, atMost: .bytes64), to: shared, from: addresses[1])
        let follow = harness.last
        harness.advance(by: .seconds(30))
        #expect(Set(harness.ended.map(\.exchange)) == [shared.exchange, follow.exchange])
        #expect(harness.client.load.assembledBytes == 0)
        #expect(harness.client.load.exchanges == 0)
    }

    @Test
    func blocksMayBeLeftToTheApplication() throws {
        var harness = ClientHarness()
        try harness.start(request(.request(), .responders(1)) { $0.fetchesBlocks = false })
        harness.answer(.block(of: pattern(150), eTag: [1], for: harness.last.message, atMost: .bytes64))
        #expect(harness.bodies == [Array(pattern(150).prefix(64))])
        #expect(harness.responses.first?.response.message.options.block2?.isMore == true)
        #expect(harness.sent.count == 1)
        #expect(harness.ends.count == 1)
    }

    @Test(.requirement("COAP-0192", "COAP-0193", "COAP-0199"))
    func aChallengeOfAMemberIsAnsweredByUnicast() throws {
        var harness = ClientHarness()
        let member = PeerIdentity.association([1])
        let id = try harness.start(request(.request(.put, payload: [1]), .responders(1)))
        let shared = harness.last
        harness.answer(.response(.unauthorized) { $0.echo = [6] }, to: shared, from: addresses[1], peer: member)
        #expect(harness.sent.count == 2)
        #expect(harness.last.transmission.destination == addresses[1])
        #expect(harness.last.transmission.peer == member)
        #expect(harness.last.options.echo == [6])
        #expect(harness.last.message.payload == [1])
        harness.answer(.response(.changed), peer: member)
        #expect(harness.codes == [.changed])
        #expect(harness.ends == [id: .complete])
        // Once, and never to the group, whoever sent it.
        try harness.start(ClientRequest(.request(), to: addresses[2], peer: .association([0])))
        harness.answer(.response { $0.echo = [8] })
        try harness.start(request())
        #expect(harness.last.options.echo == nil)
        let second = harness.last
        for _ in 0..<2 { harness.answer(.response(.unauthorized) { $0.echo = [6] }, to: second, peer: member) }
        #expect(harness.sent.count == 5)
        #expect(harness.codes == [.changed, .content, .unauthorized])
    }

    @Test(.requirement("COAP-0207"))
    func eTagsGoToGroupsIfSettingsPermit() throws {
        var settings = RequestClientSettings()
        settings.permitsETagsToGroups = true
        var harness = ClientHarness(settings: settings)
        try harness.start(request(.request { $0.eTags = [[1], [2]] }))
        #expect(harness.last.options.eTags == [[1], [2]])
        harness.answer(.response(.valid) { $0.eTag = [1] })
        harness.answer(.response { $0.eTag = [3] }, from: addresses[1])
        #expect(harness.codes == [.valid, .content])
    }

    @Test(.requirement("COAP-0188"))
    func aGroupThatNeedNotAnswerIsNotWaitedFor() throws {
        var harness = ClientHarness()
        let id = try harness.start(request(.request(.put) { $0.noResponse = 26 }))
        #expect(harness.ends == [id: .complete])
        // The message layer lets the token of an ended group exchange rest.
        #expect(harness.ended.count == 1)
    }

    private func notification(_ number: UInt32, _ payload: [UInt8] = [], maxAge: UInt32 = 100_000) -> Message {
        .response(payload: payload) {
            $0.observe = number
            $0.maxAge = maxAge
        }
    }

    @Test(.requirement("COAP-0142", "COAP-0156"))
    func eachMemberOfAGroupObservationHasItsOwnOrder() throws {
        var harness = ClientHarness()
        let id = try harness.start(request(.request { $0.observe = 0 }, .responders(1)))
        let shared = harness.last
        harness.advance(by: .seconds(600))
        harness.answer(notification(100, [1]), to: shared, from: addresses[0])
        harness.answer(notification(5, [2]), to: shared, from: addresses[1])
        harness.answer(notification(99, [3]), to: shared, from: addresses[0])
        harness.answer(notification(6, [4]), to: shared, from: addresses[1])
        #expect(harness.bodies == [[1], [2], [4]])
        // One that does not accept, and one that ends it.
        harness.answer(.response(payload: [5]), to: shared, from: addresses[2])
        harness.answer(.response(.notFound), to: shared, from: addresses[0])
        harness.advance(by: .seconds(10_000))
        harness.answer(notification(7, [6]), to: shared, from: addresses[1])
        #expect(harness.bodies == [[1], [2], [4], [5], [], [6]])
        #expect(harness.ends[id] == nil)
    }

    @Test(.requirement("COAP-0154"))
    func aMemberIsRegisteredAgainByUnicastWithTheSameToken() throws {
        var harness = ClientHarness()
        try harness.start(request(.request { $0.observe = 0 }))
        let shared = harness.last
        harness.answer(notification(1, maxAge: 60), to: shared, from: addresses[1])
        harness.answer(notification(1, maxAge: 100_000), to: shared, from: addresses[2])
        harness.advance(by: .seconds(75))
        #expect(harness.sent.count == 2)
        #expect(harness.last.transmission.continuing == shared.exchange)
        #expect(harness.last.transmission.destination == addresses[1])
        #expect(harness.last.transmission.peer == Self.peers[1])
        #expect(harness.last.transmission.reliability == .confirmable)
        #expect(harness.last.message == shared.message)
        // A challenge, too, is answered with the token that the observation has.
        harness.answer(.response(.unauthorized) { $0.echo = [1] }, to: shared, from: addresses[0])
        #expect(harness.last.transmission.continuing == shared.exchange)
        #expect(harness.last.transmission.destination == addresses[0])
        #expect(harness.last.options.echo == [1])
    }

    @Test(.requirement("COAP-0155"))
    func whoHasMissedTheDeregistrationIsToldByItself() throws {
        var harness = ClientHarness()
        let id = try harness.start(request(.request { $0.observe = 0 }))
        let shared = harness.last
        for address in addresses { harness.answer(notification(1), to: shared, from: address) }
        harness.cancel(id)
        #expect(harness.ends == [id: .cancelled])
        #expect(harness.last.options.observe == 1)
        #expect(harness.last.transmission.destination == ClientHarness.group)
        #expect(harness.last.transmission.reliability == .nonConfirmable)
        #expect(harness.last.transmission.continuing == shared.exchange)
        harness.answer(.response(), to: shared, from: addresses[0])
        #expect(harness.sent.count == 2)
        for _ in 0..<3 { harness.answer(notification(2), to: shared, from: addresses[1]) }
        #expect(harness.sent.count == 3)
        #expect(harness.last.options.observe == 1)
        #expect(harness.last.transmission.destination == addresses[1])
        #expect(harness.last.transmission.peer == Self.peers[1])
        #expect(harness.last.transmission.reliability == .confirmable)
        #expect(harness.last.transmission.continuing == shared.exchange)
        #expect(harness.responses.count == 3)
        harness.advance(by: .seconds(250))
        #expect(harness.ended.map(\.exchange) == [shared.exchange])
        #expect(harness.ended.map(\.rejects) == [true])
        #expect(harness.client.load.closingObservations == 0)
    }
}
