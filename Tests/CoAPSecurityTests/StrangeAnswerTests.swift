import Bytes
import CoAP
import CoAPEngine
import CoAPSecurity
import GroupOSCORE
import OSCORE
import TestSupport
import Testing

/// Members that answer in ways that nobody expects: taken where RFC 10021 allows it, dropped and counted otherwise.
struct StrangeAnswerTests {
    /// What the members send in place of an answer of their own.
    typealias Script = (_ two: RawMember, _ three: RawMember, _ heard: (RawMember.Heard, RawMember.Heard)) throws ->
        [SecuredNetwork.Passing]

    private struct Outcome {
        var texts: [String]
        var security: SecurityCounters
        var layer: MessageLayerCounters
        var client: RequestClientCounters
    }

    /// Member 1 asks everybody by multicast; members 2 and 3 answer by the script.
    private func ask(
        _ script: @escaping Script, observe: Bool = false, late: Duration? = nil
    ) throws -> Outcome {
        let group = TestGroup()
        let (two, three) = (try RawMember(2, of: group), try RawMember(3, of: group))
        let network = SecuredNetwork()
        let client = try group.node(1)
        network.add(client)
        var answers: [SecuredNetwork.Passing] = []
        var failure: (any Error)?
        network.onTheWay = { passing in
            guard passing.source == client.address, passing.datagram.destination.address.isMulticast else { return [] }
            do {
                answers = try script(two, three, (two.hear(passing), three.hear(passing)))
            } catch {
                failure = error
            }
            return []
        }
        var message = Message(code: .get)
        if observe { message.options.observe = 0 }
        let id = try client.start(TestGroup.toAll(message, "hello"), at: network.now)
        network.run(for: late ?? .milliseconds(100))
        for answer in answers { network.inject(answer) }
        network.run(for: .milliseconds(100))
        if let failure { throw failure }
        return outcome(of: id, client)
    }

    /// Member 1 asks member 2 alone; both answer by the script.
    private func askTwo(inGroupMode: Bool, _ script: @escaping Script) throws -> Outcome {
        let group = TestGroup()
        let (two, three) = (try RawMember(2, of: group), try RawMember(3, of: group))
        let network = SecuredNetwork()
        let client = try group.node(1)
        network.add(client)
        var requests: [SecuredNetwork.Passing] = []
        network.onTheWay = { passing in
            requests.append(passing)
            return []
        }
        var message = Message(code: .get)
        message.options.uriPath = ["hello"]
        let id = try client.start(
            ClientRequest(
                message, to: two.address, peer: TestGroup.only(2, inGroupMode: inGroupMode),
                reliability: .nonConfirmable),
            at: network.now)
        network.run(for: .milliseconds(10))
        let request = try #require(requests.first)
        let heard = try two.hear(request)
        let third = inGroupMode ? try three.hear(request) : heard
        for answer in try script(two, three, (heard, third)) { network.inject(answer) }
        network.run(for: .milliseconds(10))
        return outcome(of: id, client)
    }

    private func outcome(of id: OperationID, _ client: SecuredNode) -> Outcome {
        Outcome(
            texts: (client.responses[id] ?? []).map { String(decoding: $0.message.payload, as: UTF8.self) },
            security: client.security, layer: client.endpoint.layer.counters,
            client: client.endpoint.client.counters)
    }

    @Test(.requirement("GOSC-0222", "GOSC-0258"))
    func theOtherModeIsTaken() throws {
        let toGroup = try ask { two, _, heard in [try two.answer(heard.0, inGroupMode: false)] }
        #expect(toGroup.texts == ["raw"])
        let toPairwise = try askTwo(inGroupMode: false) { two, _, heard in
            [try two.answer(heard.0, inGroupMode: true)]
        }
        #expect(toPairwise.texts == ["raw"])
    }

    @Test(.requirement("GOSC-0117", "GOSC-0223"))
    func withoutKidOnlyAPairwiseRequestIsAnswered() throws {
        let toGroup = try ask { two, _, heard in
            [
                try two.answer(heard.0, inGroupMode: true, includesKid: false),
                try two.answer(heard.0, inGroupMode: false, includesKid: false),
            ]
        }
        #expect(toGroup.texts.isEmpty)
        #expect(toGroup.security.rejectedResponses == [.malformed: 2])
        let toPairwise = try askTwo(inGroupMode: false) { two, _, heard in
            [try two.answer(heard.0, inGroupMode: false, includesKid: false)]
        }
        #expect(toPairwise.texts == ["raw"])
    }

    @Test(.requirement("GOSC-0171", "GOSC-0172"))
    func theSecondTimeItIsDropped() throws {
        let outcome = try ask { two, three, heard in
            [
                // The same bytes under a new Message ID, another answer without Partial IV, and the same Partial IV twice.
                try two.answer(heard.0, "first", inGroupMode: true),
                try two.answer(heard.0, "again", inGroupMode: false),
                try three.answer(heard.1, "three", inGroupMode: true, partialIV: 7),
                try three.answer(heard.1, "three", inGroupMode: true, partialIV: 7),
                try three.answer(heard.1, "older", inGroupMode: false, partialIV: 6),
            ]
        }
        #expect(outcome.texts == ["first", "three"])
        #expect(outcome.security.responsesDropped == 3)
    }

    @Test(.requirement("GOSC-0003"))
    func tooLateItIsDroppedUnopened() throws {
        let outcome = try ask(
            { two, _, heard in [try two.answer(heard.0, inGroupMode: true)] }, late: .seconds(6))
        #expect(outcome.texts.isEmpty)
        #expect(outcome.layer.unmatchedResponses == 1)
        #expect(outcome.security.rejectedResponses.isEmpty)
    }

    /// Member 3 says that it is member 2.
    @Test(.requirement("GOSC-0228", "GOSC-0229"))
    func anothersSenderIDFails() throws {
        let group = TestGroup()
        let outcome = try ask { two, three, heard in
            let genuine = try three.answer(heard.1, inGroupMode: true)
            var bytes = genuine.datagram.bytes
            // The kid is the last byte of the option, before the payload marker.
            let marker = try #require(bytes.firstIndex(of: 0xff))
            #expect(bytes[marker - 1] == 3)
            bytes[marker - 1] = 2
            return [
                SecuredNetwork.Passing(
                    source: two.address,
                    datagram: OutgoingDatagram(bytes: bytes, destination: genuine.datagram.destination))
            ]
        }
        _ = group
        #expect(outcome.texts.isEmpty)
        #expect(outcome.security.rejectedResponses == [.signature: 1])
    }

    /// Member 3 answers what was asked of member 2, with its own name and key.
    @Test(.requirement("GOSC-0229", "GOSC-0230"))
    func nobodyAnswersForAnother() throws {
        let outcome = try askTwo(inGroupMode: true) { two, three, heard in
            // From the address of the member that was asked: from any other it would not even be opened.
            [
                SecuredNetwork.Passing(
                    source: two.address,
                    datagram: try three.answer(heard.1, "three", inGroupMode: true).datagram),
                try two.answer(heard.0, "two", inGroupMode: true),
            ]
        }
        #expect(outcome.texts == ["two"])
        #expect(outcome.security.rejectedResponses == [.wrongResponder: 1])
    }

    @Test(.requirement("GOSC-0172", "GOSC-0173"))
    func theGreatestPartialIVIsTakenAndNothingAfterIt() throws {
        let outcome = try ask { two, _, heard in
            [
                try two.answer(heard.0, "greatest", inGroupMode: true, partialIV: (1 << 40) - 1),
                try two.answer(heard.0, "smaller", inGroupMode: true, partialIV: 1),
            ]
        }
        #expect(outcome.texts == ["greatest"])
        #expect(outcome.security.responsesDropped == 1)
    }

    /// Six bytes of Partial IV cannot be.
    @Test func aPartialIVThatIsTooLongIsMalformed() throws {
        let outcome = try ask { two, _, heard in
            var message = Message(code: .changed, payload: [UInt8](repeating: 1, count: 90))
            message.options.oscore = [0x2e, 1, 2, 3, 4, 5, 6, 2]
            return [two.datagram(EncodedMessage(message), heard.0)]
        }
        #expect(outcome.texts.isEmpty)
        #expect(outcome.security.rejectedResponses == [.malformed: 1])
    }

    /// Unprotected answers to a group request count for nothing.
    @Test(.requirement("OSC-0111"))
    func anUnprotectedAnswerIsDropped() throws {
        let outcome = try ask { two, _, heard in
            [two.datagram(EncodedMessage(Message(code: .unauthorized)), heard.0)]
        }
        #expect(outcome.texts.isEmpty)
        #expect(outcome.security.rejectedResponses == [.notProtected: 1])
    }

    /// A member answers again and again, each time with a new Partial IV: as often as the client permits.
    @Test func howOftenAMemberAnswersIsBounded() throws {
        let outcome = try ask { two, _, heard in
            try (1...100 as ClosedRange<UInt64>).map {
                try two.answer(heard.0, "\($0)", inGroupMode: false, partialIV: $0)
            }
        }
        #expect(outcome.texts.count == RequestClientSettings().responsesPerResponder)
    }
}
