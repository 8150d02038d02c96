import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

/// NSTART and PROBING_RATE (RFC 7252 §4.7, RFC 10020 §3.6).
struct CongestionTests {
    private let groupGet = get(to: Endpoint.group, reliability: .nonConfirmable, expects: .manyResponses)

    /// A non-confirmable GET whose datagram has `length` bytes.
    private func probe(_ length: Int, to destination: SocketAddress = Endpoint.peer) -> OutgoingRequest {
        get(
            to: destination, reliability: .nonConfirmable, expects: .manyResponses,
            payload: Array(repeating: 1, count: length - 13))
    }

    private func hurrying(nStart: Int = 1, probingRate: Int = 1) throws -> Endpoint {
        Endpoint(
            parameters: try TransmissionParameters(
                nStart: nStart, probingRate: probingRate, mayHurryMoreThanStandard: true))
    }

    @Test(.requirement("COAP-0256"))
    func ofFiveConfirmableRequestsToOneServerOnlyOneIsInFlight() throws {
        var client = Endpoint()
        var (ids, sent) = ([ExchangeID](), [Sent]())
        for _ in 0..<5 {
            let (id, effects) = try client.ask(get())
            ids.append(id)
            sent += effects.sent
            #expect(effects.begun.isEmpty)
        }
        #expect(sent.count == 1)
        #expect(ids.map(client.layer.isQueued) == [false, true, true, true, true])
        #expect(client.layer.load.queuedRequests == 4)
        // Another server does not wait.
        #expect(try client.ask(get(to: Endpoint.other)).effects.sent.count == 1)
        // An acknowledgement ends what is outstanding, and so does a response or a reset.
        let ends: [(Sent) -> [UInt8]] = [
            { datagram(.acknowledgement, .empty, id: $0.header.messageID.rawValue) },
            { datagram(.acknowledgement, .content, id: $0.header.messageID.rawValue, token: $0.header.token) },
            { datagram(.nonConfirmable, .content, id: 1, token: $0.header.token) },
            { datagram(.reset, .empty, id: $0.header.messageID.rawValue) },
        ]
        for (index, end) in ends.enumerated() {
            client.receive(end(try #require(sent.last)))
            let next = client.advance(by: .zero).map(\.effect)
            #expect(next.begun == [ids[index + 1]])
            #expect(next.sent.count == 1)
            #expect(next.first == .begun(ids[index + 1]))
            sent += next.sent
        }
        #expect(Set(sent.map(\.header.messageID)).count == 5)
        #expect(client.layer.load.queuedRequests == 0)
    }

    @Test(.requirement("COAP-0256", "COAP-0263", "COAP-0049"))
    func nStartIsConfigured() throws {
        var client = try hurrying(nStart: 3)
        var sent = 0
        for _ in 0..<5 { sent += try client.ask(get()).effects.sent.count }
        #expect(sent == 3)
    }

    @Test(.requirement("COAP-0256"))
    func aFailedOrAbandonedConfirmableRequestStaysOwedUntilItIsPaidForOrExchangeLifetimeIsOver() throws {
        // 13 bytes, five times: paid for after 65 s, and given up later than that.
        var client = Endpoint()
        _ = try client.ask(get(payload: []))
        let (second, _) = try client.ask(get())
        let events = client.advance(by: .seconds(120))
        let failure = try #require(events.firstIndex { $0.effect == .failed(try client.first(of: events), .timeout) })
        #expect(events[failure...].map(\.effect).begun.first == second)
        #expect(events[failure + 1].at == events[failure].at)

        // Five times 512 bytes would be paid for after 2560 s.
        client = Endpoint()
        let start = client.now
        _ = try client.ask(get(payload: Array(repeating: 1, count: 499)))
        let (third, _) = try client.ask(get())
        _ = client.advance(by: .seconds(246))
        #expect(client.layer.isQueued(third))
        #expect(client.advance(by: .seconds(1)).map(\.effect).begun == [third])
        #expect(start.duration(to: client.now) == .seconds(247))

        // Whoever ends it after a second has the first transmission to pay for.
        client = Endpoint()
        let (fourth, _) = try client.ask(get(payload: Array(repeating: 1, count: 38)))
        let (fifth, _) = try client.ask(get())
        _ = client.advance(by: .seconds(1))
        client.layer.end(fourth, at: client.now)
        _ = client.advance(by: .milliseconds(49_900))
        #expect(client.layer.isQueued(fifth))
        #expect(client.advance(by: .seconds(1)).map(\.effect).begun == [fifth])
    }

    @Test(.requirement("COAP-0258"), arguments: [Endpoint.peer, Endpoint.group])
    func aSilentDestinationGetsOneByteASecond(destination: SocketAddress) throws {
        var client = Endpoint()
        for _ in 0..<4 { _ = try client.ask(probe(50, to: destination)) }
        let times = client.advance(by: .seconds(1_000)).filter { Sent($0.effect) != nil }.map(\.at)
        #expect(times == [.seconds(50), .seconds(100), .seconds(150)])
        // Also if nobody waits for an answer any more, and later on.
        let (id, effects) = try client.ask(probe(50, to: destination))
        #expect(effects.sent.count == 1)
        client.layer.end(id, at: client.now)
        #expect(try client.ask(probe(50, to: destination)).effects.isEmpty)
        #expect(client.advance(by: .seconds(60)).filter { Sent($0.effect) != nil }.map(\.at) == [.seconds(50)])
    }

    @Test(.requirement("COAP-0258", "COAP-0263"))
    func probingRateIsConfiguredAndOwedForAllThatIsOutstanding() throws {
        var client = try hurrying(nStart: 2, probingRate: 10)
        for _ in 0..<4 { _ = try client.ask(probe(50)) }
        let times = client.advance(by: .seconds(1_000)).filter { Sent($0.effect) != nil }.map(\.at)
        #expect(times == [.seconds(5), .seconds(10)])
    }

    @Test(.requirement("COAP-0258"))
    func anAnswerPaysForEverything() throws {
        var client = Endpoint()
        for _ in 0..<100 {
            let (_, effects) = try client.ask(
                get(reliability: .nonConfirmable, payload: Array(repeating: 1, count: 900)))
            let sent = try #require(effects.sent.first)
            client.receive(datagram(.nonConfirmable, .content, id: 1, token: sent.header.token))
        }
        #expect(client.layer.load.queuedRequests == 0)
        #expect(client.layer.load.exchanges == 0)
    }

    /// Somebody changed their mind while the answer was under way: the server is there all the same.
    @Test(.requirement("COAP-0258"), arguments: [MessageType.acknowledgement, .reset], [Code.empty, .content])
    func whatComesBackForAnAbandonedRequestPaysToo(type: MessageType, code: Code) throws {
        guard type == .acknowledgement || code.isEmpty else { return }
        var client = Endpoint()
        let (first, effects) = try client.ask(get(payload: Array(repeating: 1, count: 100)))
        let sent = try #require(effects.sent.first).header
        client.layer.end(first, at: client.now)
        let (second, _) = try client.ask(get())
        // What answers another message, or comes from elsewhere, pays for nothing.
        let other = MessageID(rawValue: sent.messageID.rawValue &+ 1)
        client.receive(datagram(type, code, id: other.rawValue, token: code.isEmpty ? .empty : sent.token))
        client.receive(
            datagram(type, code, id: sent.messageID.rawValue, token: code.isEmpty ? .empty : sent.token),
            from: SocketAddress(Endpoint.peer.address, port: Endpoint.peer.port + 1))
        #expect(client.advance(by: .seconds(1)).map(\.effect).begun.isEmpty)
        client.receive(datagram(type, code, id: sent.messageID.rawValue, token: code.isEmpty ? .empty : sent.token))
        #expect(client.advance(by: .seconds(1)).map(\.effect).begun == [second])
    }

    @Test(.requirement("COAP-0256", "COAP-0257"))
    func theSecondRequestToAGroupLeavesOnceMembersHadTimeToAnswer() throws {
        var client = Endpoint()
        var request = groupGet
        request.settlesAfter = .seconds(8)
        let sent = try #require(try client.ask(request).effects.sent.first)
        let (second, effects) = try client.ask(request)
        #expect(effects.isEmpty)
        // The same address with another port, or on another interface, is another group.
        var elsewhere = groupGet
        elsewhere.destination.port += 1
        #expect(try client.ask(elsewhere).effects.sent.count == 1)
        elsewhere = groupGet
        elsewhere.destination.interface = InterfaceIndex(3)
        #expect(try client.ask(elsewhere).effects.sent.count == 1)

        _ = client.advance(by: .seconds(1))
        client.receive(datagram(.nonConfirmable, .content, id: 1, token: sent.header.token))
        let events = client.advance(by: .seconds(10))
        #expect(events.map(\.effect).begun == [second])
        #expect(events.first?.at == .seconds(7))
    }

    @Test(.requirement("COAP-0257"))
    func theOwnerMayEndAGroupInteractionThatWasAnsweredAtOnce() throws {
        var client = Endpoint()
        let (first, effects) = try client.ask(groupGet)
        let (second, _) = try client.ask(groupGet)
        client.receive(
            datagram(.nonConfirmable, .content, id: 1, token: try #require(effects.sent.first).header.token))
        #expect(client.advance(by: .zero).isEmpty)
        client.layer.end(first, at: client.now)
        #expect(client.advance(by: .zero).map(\.effect).begun == [second])
    }

    @Test(.requirement("COAP-0257"))
    func withoutAPeriodLeisureAndAnAcknowledgementTimeoutCount() throws {
        var client = Endpoint()
        let sent = try #require(try client.ask(groupGet).effects.sent.first)
        _ = try client.ask(groupGet)
        client.receive(datagram(.nonConfirmable, .content, id: 1, token: sent.header.token))
        #expect(client.advance(by: .seconds(60)).first?.at == .seconds(7))
    }

    @Test(.requirement("COAP-0257", "COAP-0258"))
    func aSwitchPressedEverySecondIsNotHeldBackByLampsThatAnswer() throws {
        var client = Endpoint()
        var request = groupGet
        request.settlesAfter = .milliseconds(300)
        for _ in 0..<100 {
            let (id, effects) = try client.ask(request)
            let sent = try #require(effects.sent.first)
            _ = client.advance(by: .milliseconds(50))
            client.receive(datagram(.nonConfirmable, .changed, id: 1, token: sent.header.token))
            _ = client.advance(by: .milliseconds(950))
            client.layer.end(id, at: client.now)
        }
        #expect(client.layer.counters.queued == 0)
    }

    @Test(.requirement("COAP-0258", "COAP-0263"))
    func aSwitchWithAFittingProbingRateWorksThoughNobodyAnswers() throws {
        var client = try hurrying(probingRate: 12_500)
        var request = groupGet
        request.settlesAfter = .milliseconds(300)
        for _ in 0..<100 {
            #expect(try client.ask(request).effects.sent.count == 1)
            _ = client.advance(by: .seconds(1))
        }
    }

    @Test(.requirement("COAP-0262"))
    func aFullQueueIsToldToTheCallerAndEndedRequestsLeaveIt() throws {
        var limits = MessageLayerLimits()
        limits.queuedRequests = 3
        var client = Endpoint(limits: limits)
        let ids = try (0..<4).map { _ in try client.ask(get()).id }
        let load = client.layer.load
        #expect(throws: SendError.queueFull) { try client.ask(get()) }
        #expect(throws: SendError.queueFull) { try client.ask(get()) }
        #expect(client.layer.load == load)
        client.layer.end(ids[2], at: client.now)
        #expect(client.layer.load.queuedRequests == 2)
        let (last, _) = try client.ask(get())
        // What was ended never leaves, and the others keep their order.
        var begun: [ExchangeID] = []
        for _ in 0..<3 {
            client.layer.end(begun.last ?? ids[0], at: client.now)
            begun += client.advance(by: .seconds(60)).map(\.effect).begun
        }
        #expect(begun == [ids[1], ids[3], last])
    }

    @Test(.requirement("COAP-0262"))
    func askingAndEndingWithoutEndKeepsNothing() throws {
        var client = Endpoint()
        _ = try client.ask(get())
        for _ in 0..<20_000 {
            let (id, effects) = try client.ask(get())
            #expect(effects.isEmpty)
            client.layer.end(id, at: client.now)
        }
        #expect(client.layer.load.queuedRequests == 0)
        #expect(client.layer.load.exchanges == 1)
    }

    @Test(.requirement("COAP-0262"))
    func destinationsThatOweAnAnswerAreBoundedAndForgottenOncePaid() throws {
        var limits = MessageLayerLimits()
        limits.destinations = 100
        var client = Endpoint(limits: limits)
        func destination(_ number: Int) -> SocketAddress {
            SocketAddress(IPv6Address(high: 0x2001 << 48, low: UInt64(number)), port: 5683)
        }
        for number in 0..<100 {
            let (id, effects) = try client.ask(probe(20, to: destination(number)))
            #expect(effects.sent.count == 1)
            client.layer.end(id, at: client.now)
        }
        #expect(throws: SendError.tooManyDestinations) { try client.ask(probe(20, to: destination(100))) }
        _ = client.advance(by: .seconds(20))
        #expect(try client.ask(probe(20, to: destination(100))).effects.sent.count == 1)
        #expect(client.layer.load.destinations == 1)
    }

    @Test(.requirement("COAP-0256"))
    func whatAnswersOthersIsNotHeldBack() throws {
        var endpoint = Endpoint()
        _ = try endpoint.ask(get())
        _ = try endpoint.ask(get())
        #expect(endpoint.receive(datagram(.confirmable, .empty, id: 1)).sent.map(\.header.type) == [.reset])
        let handle = try #require(endpoint.receive(datagram(.confirmable, .get, id: 2)).requests.first?.handle)
        #expect(endpoint.respond(to: handle, Message(code: .content)).sent.count == 1)
        let path = DatagramPath(source: Endpoint.peer, destination: Endpoint.home)
        for isConfirmable in [false, true, true] {
            let notification = OutgoingNotification(
                code: .content, body: [], token: Token(1), path: path, isConfirmable: isConfirmable)
            #expect(endpoint.notify(notification).effects.sent.count == 1)
        }
    }

    @Test(.requirement("COAP-0079", "COAP-0098"))
    func theTimeoutCountsFromTheMomentThatTheRequestLeaves() throws {
        var client = Endpoint()
        _ = try client.ask(probe(50))
        let (id, _) = try client.ask(get(reliability: .nonConfirmable, timeout: .seconds(10)))
        let events = client.advance(by: .seconds(100)).filter { Sent($0.effect) == nil }
        #expect(events.map(\.effect) == [.begun(id), .failed(id, .timeout)])
        #expect(events.map(\.at) == [.seconds(50), .seconds(60)])
    }

    @Test func aRequestThatWaitsCannotBeAnswered() throws {
        var client = Endpoint()
        _ = try client.ask(get())
        let (id, _) = try client.ask(get())
        let token = try #require(client.layer.token(of: id))
        #expect(client.receive(datagram(.nonConfirmable, .content, id: 1, token: token)).isEmpty)
        #expect(client.layer.load.exchanges == 2)
    }

    @Test(.requirement("COAP-0052"))
    func whoeverAsksForMoreMessageIDsThanThereAreIsTold() throws {
        var client = try Endpoint.hurried()
        var messageIDs: Set<MessageID> = []
        var refusals = 0
        for _ in 0..<70_000 {
            client.now = client.now.advanced(by: .microseconds(142))
            do throws(any Error) {
                let (id, sent) = try client.send(get(reliability: .nonConfirmable))
                try #require(messageIDs.insert(sent.header.messageID).inserted)
                client.layer.end(id, at: client.now)
            } catch SendError.messageIDsExhausted {
                refusals += 1
            }
        }
        #expect(messageIDs.count == 32_768)
        #expect(refusals == 70_000 - 32_768)
    }

    /// A slow model of RFC 7252 §4.7: never more than NSTART unanswered at a time, and towards a destination that never
    /// answers no more than its rate permits.
    @Test(.requirement("COAP-0256", "COAP-0258"), arguments: 0..<8 as Range<UInt64>)
    func nobodyIsAskedMoreThanTheModelPermits(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let nStart = Int.random(in: 1...3, using: &random)
        var client = try hurrying(nStart: nStart, probingRate: 10)
        let destinations = [Endpoint.peer, Endpoint.other, Endpoint.group]
        // The other endpoint never answers.
        var open: [ExchangeID: SocketAddress] = [:]
        var unanswered: [SocketAddress: [Token]] = [:]
        var silent: [(at: MonotonicInstant, bytes: Int)] = []
        func note(_ effects: [MessageLayerEffect], at now: MonotonicInstant) {
            for effect in effects {
                if case .failed(let id, _) = effect { open[id] = nil }
                guard let sent = Sent(effect), sent.header.code == .get else { continue }
                let destination = sent.datagram.destination
                if destination == Endpoint.other { silent.append((now, sent.datagram.bytes.count)) }
                if unanswered[destination]?.contains(sent.header.token) != true {
                    unanswered[destination, default: []].append(sent.header.token)
                }
            }
        }
        var answered = 0
        for _ in 0..<3_000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<4:
                let destination = destinations[Int.random(in: 0..<3, using: &random)]
                let isConfirmable = destination == Endpoint.peer && Bool.random(using: &random)
                let request = get(
                    to: destination, reliability: isConfirmable ? .confirmable : .nonConfirmable,
                    expects: destination == Endpoint.group ? .manyResponses : .oneResponse, timeout: .seconds(20),
                    payload: Array(repeating: 1, count: .random(in: 1...60, using: &random)))
                guard let (id, effects) = try? client.ask(request) else { continue }
                open[id] = destination
                note(effects, at: client.now)
            case 4..<7:
                let destination = [Endpoint.peer, Endpoint.group][Int.random(in: 0..<2, using: &random)]
                guard let token = unanswered[destination]?.popLast() else { continue }
                answered += 1
                note(
                    client.receive(
                        datagram(.nonConfirmable, .content, id: .random(in: 0...9999, using: &random), token: token)),
                    at: client.now)
            case 7:
                guard let id = open.keys.min(by: { "\($0)" < "\($1)" }) else { continue }
                client.layer.end(id, at: client.now)
                open[id] = nil
            default:
                let start = client.now
                for (at, effect) in client.advance(by: .milliseconds(.random(in: 0...4_000, using: &random))) {
                    note([effect], at: start.advanced(by: at))
                }
            }
        }
        #expect(answered > 300, "seed \(seed)")
        #expect(silent.count > 20, "seed \(seed)")
        // In whatever span: all but the first NSTART datagrams have been paid for by the time that passed.
        for first in silent.indices {
            var bytes = 0
            for last in silent.indices.dropFirst(first) {
                if last >= first + nStart {
                    bytes += silent[last - nStart].bytes
                    let passed = silent[first].at.duration(to: silent[last].at)
                    try #require(passed >= .milliseconds(bytes * 100), "seed \(seed)")
                }
            }
        }
    }
}

extension Endpoint {
    /// The exchange of the first failure.
    func first(of events: [(at: Duration, effect: MessageLayerEffect)]) throws -> ExchangeID {
        for case .failed(let id, _) in events.map(\.effect) { return id }
        throw Surprise()
    }
}
