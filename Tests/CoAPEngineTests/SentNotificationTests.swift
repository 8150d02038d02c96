import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

struct SentNotificationTests {
    private let path = DatagramPath(source: Endpoint.peer, destination: Endpoint.home)

    private func notification(
        _ payload: String = "1", isConfirmable: Bool = true, delay: Duration = .zero
    ) -> OutgoingNotification {
        OutgoingNotification(
            message: Message(code: .content, payload: Array(payload.utf8)), token: Token(7), path: path,
            isConfirmable: isConfirmable, delay: delay)
    }

    @Test(.requirement("COAP-0143"))
    func aConfirmableNotificationIsAcknowledgedResetOrGivenUp() throws {
        var server = Endpoint()
        let (id, effects) = server.notify(notification())
        let sent = try #require(effects.sent.first)
        #expect(sent.header.type == .confirmable)
        #expect(sent.header.token == Token(7))
        #expect(sent.datagram.destination == Endpoint.peer)
        #expect(sent.datagram.source == Endpoint.home)
        let acknowledgement = datagram(.acknowledgement, .empty, id: sent.header.messageID.rawValue)
        #expect(server.receive(acknowledgement, from: Endpoint.other).isEmpty)
        #expect(server.receive(acknowledgement) == [.notification(try #require(id), .acknowledged)])
        #expect(server.receive(acknowledgement).isEmpty)

        let (second, resent) = server.notify(notification())
        let reset = datagram(.reset, .empty, id: try #require(resent.sent.first).header.messageID.rawValue)
        #expect(server.receive(reset, from: Endpoint.other).isEmpty)
        #expect(server.receive(reset) == [.notification(try #require(second), .reset)])

        let (third, first) = server.notify(notification())
        let events = server.advance(by: .seconds(400))
        #expect(events.map(\.effect).sent == Array(repeating: try #require(first.sent.first), count: 4))
        #expect(events.last?.effect == .notification(try #require(third), .timeout))
        #expect(try #require(events.last).at <= .seconds(93))
        #expect(server.layer.load.notifications == 0)
        #expect(server.layer.nextDeadline == nil)
    }

    @Test(.requirement("COAP-0147"))
    func aNonConfirmableNotificationIsResetWhileItIsRemembered() throws {
        var server = Endpoint()
        let (id, effects) = server.notify(notification(isConfirmable: false))
        let sent = try #require(effects.sent.first)
        #expect(sent.header.type == .nonConfirmable)
        #expect(server.layer.load.notifications == 0)
        let reset = datagram(.reset, .empty, id: sent.header.messageID.rawValue)
        #expect(server.receive(reset, from: Endpoint.other).isEmpty)
        #expect(server.receive(datagram(.acknowledgement, .empty, id: sent.header.messageID.rawValue)).isEmpty)
        #expect(server.receive(reset) == [.notification(try #require(id), .reset)])
        #expect(server.receive(reset).isEmpty)

        let late = try #require(server.notify(notification(isConfirmable: false)).effects.sent.first)
        #expect(server.advance(by: .seconds(145)).isEmpty)
        #expect(server.receive(datagram(.reset, .empty, id: late.header.messageID.rawValue)).isEmpty)
    }

    @Test(.requirement("COAP-0144"))
    func aNewerStateTakesThePlaceOfThatInTransitWhileTheBackOffGoesOn() throws {
        var server = Endpoint()
        let (id, effects) = server.notify(notification("1"))
        let notificationID = try #require(id)
        let first = try #require(effects.sent.first)
        _ = server.advance(by: .milliseconds(500))
        // Twice within one back-off: only the newest is sent.
        #expect(server.replace(notificationID, "2") == true)
        #expect(server.replace(notificationID, "3") == true)
        var events = server.advance(by: .seconds(3))
        let second = try #require(events.map(\.effect).sent.first)
        #expect(events.count == 1)
        let wait = try #require(events.first).at + .milliseconds(500)
        #expect(wait >= .seconds(2) && wait <= .seconds(3))
        #expect(second.message.payload == Array("3".utf8))
        #expect(second.header.messageID != first.header.messageID)
        #expect(second.header.token == Token(7))
        // Three more, after 2, 4 and 8 times the first wait, and then it is given up: nothing was started anew.
        let since = Duration.milliseconds(3500) - wait
        events = server.advance(by: .seconds(400))
        #expect(events.map(\.effect).sent == [second, second, second])
        #expect(events.map(\.at) == [2, 6, 14, 30].map { wait * $0 - since })
        #expect(events.map(\.effect).outcomes == [.timeout])
        #expect(server.replace(notificationID, "4") == false)
    }

    @Test(.requirement("COAP-0144"))
    func ifTheOlderStateArrivesBeforeTheNewerOneFollowsAtOnce() throws {
        var server = Endpoint()
        let (id, effects) = server.notify(notification("1"))
        let notificationID = try #require(id)
        let first = try #require(effects.sent.first)
        #expect(server.replace(notificationID, "2") == true)
        let after = server.receive(datagram(.acknowledgement, .empty, id: first.header.messageID.rawValue))
        let second = try #require(after.sent.first)
        #expect(after.count == 1)
        #expect(second.message.payload == Array("2".utf8))
        #expect(second.header.type == .confirmable)
        #expect(server.advance(by: .seconds(3)).map(\.effect).sent == [second])
        let done = server.receive(datagram(.acknowledgement, .empty, id: second.header.messageID.rawValue))
        #expect(done == [.notification(notificationID, .acknowledged)])
        #expect(server.layer.nextDeadline == nil)
    }

    @Test(.requirement("COAP-0147", "COAP-0144"))
    func aResetOfTheOlderStateCountsAfterItWasReplaced() throws {
        var server = Endpoint()
        let (id, effects) = server.notify(notification("1"))
        let notificationID = try #require(id)
        let first = try #require(effects.sent.first)
        #expect(server.replace(notificationID, "2") == true)
        _ = server.advance(by: .seconds(3))
        let reset = datagram(.reset, .empty, id: first.header.messageID.rawValue)
        #expect(server.receive(reset) == [.notification(notificationID, .reset)])
        #expect(server.advance(by: .seconds(400)).isEmpty)
        #expect(server.layer.load.transmissions == 0)
    }

    @Test(.requirement("COAP-0094"))
    func leisureHoldsBackTheFirstTransmissionOnly() throws {
        var server = Endpoint()
        let (id, effects) = server.notify(notification("1", delay: .seconds(20)))
        #expect(effects.isEmpty)
        _ = server.advance(by: .seconds(19))
        #expect(server.replace(try #require(id), "2") == true)
        let events = server.advance(by: .seconds(5))
        #expect(events.map(\.effect).sent.map(\.message.payload) == [Array("2".utf8), Array("2".utf8)])
        #expect(events.first?.at == .seconds(1))
        #expect(try #require(events.last).at <= .seconds(4))
    }

    @Test func anEndedNotificationIsSilent() throws {
        var server = Endpoint()
        for delay in [Duration.zero, .seconds(5)] {
            let (id, _) = server.notify(notification(delay: delay))
            server.layer.endNotification(try #require(id))
            #expect(server.advance(by: .seconds(400)).isEmpty)
        }
        #expect(server.layer.load.notifications == 0)
        #expect(server.layer.load.timers == 0)
    }

    @Test func notificationsAreBounded() throws {
        var limits = MessageLayerLimits()
        limits.notifications = 2
        limits.rememberedNotifications = 3
        var server = Endpoint(limits: limits)
        #expect(server.notify(notification()).id != nil)
        #expect(server.notify(notification(delay: .seconds(1))).id != nil)
        let (none, effects) = server.notify(notification())
        #expect(none == nil && effects.isEmpty)
        #expect(server.layer.counters.unsentAnswers == 1)
        _ = server.advance(by: .seconds(400))
        let sent = (0..<5).flatMap { _ in server.notify(notification(isConfirmable: false)).effects.sent }
        #expect(server.layer.load.rememberedNotifications == 3)
        let outcomes = sent.map {
            server.receive(datagram(.reset, .empty, id: $0.header.messageID.rawValue)).outcomes.count
        }
        #expect(outcomes == [0, 0, 1, 1, 1])
        var large = notification()
        large.body = Array(repeating: 0, count: 65_507)
        #expect(server.notify(large).id == nil)
    }

    @Test(.requirement("COAP-0084"))
    func nothingIsNotifiedToAGroup() throws {
        var server = Endpoint()
        var groupPath = notification()
        groupPath.path.source = Endpoint.group
        #expect(server.notify(groupPath).id == nil)
        // The registration came by multicast: the notification goes to the client alone.
        groupPath.path = DatagramPath(source: Endpoint.peer, destination: Endpoint.group.address)
        let sent = try #require(server.notify(groupPath).effects.sent.first)
        #expect(sent.datagram.destination == Endpoint.peer)
        #expect(sent.datagram.source == nil)
    }

    @Test(.requirement("COAP-0147", "COAP-0157"), arguments: [Endpoint.peer, Endpoint.group])
    func notificationsOfAnEndedObservationAreRejectedForATimeAndANumberOfTimes(destination: SocketAddress) throws {
        var client = try Endpoint.hurried()
        let (id, sent) = try client.send(
            get(to: destination, reliability: .nonConfirmable, expects: .manyResponses))
        let token = sent.header.token
        client.layer.end(id, rejectsFurther: true, at: client.now)
        let non = client.receive(datagram(.nonConfirmable, .content, id: 4, token: token))
        #expect(non.sent.map(\.header) == [header(.reset, .empty, 4)])
        #expect(non.sent.first?.datagram.destination == Endpoint.peer)
        let confirmable = client.receive(datagram(.confirmable, .content, id: 5, token: token))
        #expect(confirmable.sent.map(\.header) == [header(.reset, .empty, 5)])
        // Others are rejected for a group only, whose members they may be.
        let other = client.receive(datagram(.nonConfirmable, .content, id: 6, token: token), from: Endpoint.other)
        #expect(other.sent.count == (destination == Endpoint.group ? 1 : 0))
        // By multicast nobody is.
        #expect(
            client.receive(datagram(.nonConfirmable, .content, id: 7, token: token), to: Endpoint.group.address)
                .isEmpty)
        var resets = 0
        for id in 10..<100 as Range<UInt16> {
            resets += client.receive(datagram(.nonConfirmable, .content, id: id, token: token)).sent.count
        }
        #expect(resets == 15 - other.sent.count)

        let (late, second) = try client.send(
            get(to: destination, reliability: .nonConfirmable, expects: .manyResponses))
        client.layer.end(late, rejectsFurther: true, at: client.now)
        _ = client.advance(by: .seconds(500))
        #expect(client.receive(datagram(.nonConfirmable, .content, id: 4, token: second.header.token)).isEmpty)
    }

    @Test func withoutTheWishNotificationsThatNeedNoAnswerAreIgnored() throws {
        var client = Endpoint()
        let (id, sent) = try client.send(get(expects: .manyResponses))
        client.layer.end(id, at: client.now)
        #expect(client.receive(datagram(.nonConfirmable, .content, id: 4, token: sent.header.token)).isEmpty)
    }

    @Test func rejectedTokensAreBounded() throws {
        var limits = MessageLayerLimits()
        limits.rejectedTokens = 10
        var client = try Endpoint.hurried(limits: limits)
        var tokens: [Token] = []
        for _ in 0..<50 {
            let (id, sent) = try client.send(get(expects: .manyResponses))
            client.layer.end(id, rejectsFurther: true, at: client.now)
            tokens.append(sent.header.token)
        }
        #expect(client.layer.load.rejectedTokens == 10)
        let resets = tokens.map { client.receive(datagram(.nonConfirmable, .content, id: 1, token: $0)).sent.count }
        #expect(resets == Array(repeating: 0, count: 40) + Array(repeating: 1, count: 10))
    }
}

extension Endpoint {
    fileprivate mutating func replace(_ id: NotificationID, _ text: String) -> Bool {
        layer.replaceNotification(
            id, code: .content, body: Message(code: .content, payload: Array(text.utf8)).body)
    }
}
