import Bytes
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// Exchanges that go on while keys and Sender IDs change.
struct RekeyedExchangeTests {
    @Test(
        .requirement(
            "GOSC-0109", "GOSC-0161", "GOSC-0194", "GOSC-0195", "GOSC-0212", "GOSC-0213", "GOSC-0214", "GOSC-0219",
            "GOSC-0226", "COAP-0158"))
    func anObservationSurvivesARekeying() throws {
        let client = try TestGroup.member(TestGroup.client, generations: 1...1)
        let server = try TestGroup.member(TestGroup.server, generations: 1...1)
        let (message, token) = try client.sendGroupRequest(observes: true)
        var binding = try #require(try server.receive(request: message).request).binding
        let oldServer = try TestGroup.context(1, member: TestGroup.server, sequence: 40)
        let stored = client.exchanges[token]?.binding
        let old = try oldServer.protectResponse(TestGroup.content, to: &binding)
        #expect(try client.receive(response: old, token: token).delivered?.groupID == TestGroup.groupID(1))
        let older = try oldServer.protectResponse(TestGroup.content, to: &binding)
        #expect(try client.receive(response: older, token: token).delivered != nil)
        #expect(client.exchanges[token]?.responseNumber(of: TestGroup.server)?.value == 40)

        try client.install(2, of: TestGroup.client)
        try server.install(2, of: TestGroup.server)
        #expect(client.exchanges[token]?.binding == stored)
        let context = try #require(server.latest).context
        let notification = try context.protectResponse(TestGroup.content, to: &binding)
        #expect(binding.groupID == TestGroup.groupID(1))
        #expect(try notification.fields.partialIV == 0)
        #expect(try client.receive(response: notification, token: token).delivered?.groupID == TestGroup.groupID(2))
        #expect(client.exchanges[token]?.responseNumber(of: TestGroup.server)?.value == 0)
        guard case .drop(.drop) = try client.receive(response: notification, token: token) else {
            Issue.record("a duplicate is delivered")
            return
        }
    }

    @Test(.requirement("GOSC-0192", "GOSC-0193", "GOSC-0211", "GOSC-0226"))
    func anObservationSurvivesANewSenderIDOfTheClient() throws {
        let client = try TestGroup.member(TestGroup.client, generations: 1...1)
        let server = try TestGroup.context(1, member: TestGroup.server)
        let (message, token) = try client.sendGroupRequest(observes: true)
        var binding = try #require(try server.receive(message).request).binding
        let stored = try #require(client.exchanges[token]).binding
        // The same exchange, in the context of the same member under another Sender ID.
        let renamed = try TestGroup.context(1, member: TestGroup.client, as: TestGroup.senderID(0x26))
        for _ in 0..<2 {
            let body = try server.protectResponse(TestGroup.content, to: &binding).body
            let response = try renamed.verifyResponse(try ProtectedMessage(body.span), to: stored).get()
            #expect(response.sender == TestGroup.server)
        }
        #expect(stored.request.kid == TestGroup.client)
        #expect(binding.request.kid == TestGroup.client)
    }

    @Test(.requirement("GOSC-0003"))
    func aResponseToAFreeTokenIsNotOpened() throws {
        let client = try TestGroup.member(TestGroup.client, generations: 1...1)
        let server = try TestGroup.context(1, member: TestGroup.server)
        let (message, token) = try client.sendGroupRequest()
        var binding = try #require(try server.receive(message).request).binding
        let response = try server.protectResponse(TestGroup.content, to: &binding)
        client.exchanges.end(token)
        guard case .unknownToken = try client.receive(response: response, token: token) else {
            Issue.record("opened")
            return
        }
    }

    /// A request in group mode that was sent to one member: nobody else may answer it, and the exchange goes on.
    @Test(.requirement("GOSC-0230"))
    func onlyTheMemberThatWasAskedAnswers() throws {
        let client = try TestGroup.member(TestGroup.client, generations: 1...1)
        let asked = try TestGroup.context(1, member: TestGroup.server)
        let other = try TestGroup.context(1, member: TestGroup.otherServer)
        let (request, binding) = try #require(client.latest).context.protectRequest(TestGroup.request)
        let token = Token(7)
        client.exchanges[token] = ClientExchange(
            binding, groupName: client.name, audience: .member(TestGroup.server), observes: false, openedAt: .zero)
        var served = try [other, asked].map { try #require(try $0.receive(request).request).binding }
        let wrong = try other.protectResponse(TestGroup.content, to: &served[0])
        #expect(try client.receive(response: wrong, token: token).failure == .wrongResponder)
        let right = try asked.protectResponse(TestGroup.content, to: &served[1])
        #expect(try client.receive(response: right, token: token).delivered?.sender == TestGroup.server)
    }

    @Test(.requirement("GOSC-0164"))
    func aResponseMadeBeforeTheRequestIsNotAccepted() throws {
        let client = try TestGroup.member(TestGroup.client, generations: 1...1)
        let server = try TestGroup.context(1, member: TestGroup.server)
        let (message, first) = try client.sendGroupRequest(token: 1)
        var binding = try #require(try server.receive(message).request).binding
        let early = try server.protectResponse(TestGroup.content, to: &binding)
        let earlyWithNumber = try server.protectResponse(TestGroup.content, to: &binding)
        let (_, second) = try client.sendGroupRequest(token: 2)
        for response in [early, earlyWithNumber] {
            #expect(try client.receive(response: response, token: second).failure == .signature)
            #expect(try client.receive(response: response, token: first).delivered != nil)
        }
    }

    @Test(.requirement("GOSC-0228"))
    func aForgedNotificationLeavesTheNumbersAlone() throws {
        let client = try TestGroup.member(TestGroup.client, generations: 1...1)
        let server = try TestGroup.context(1, member: TestGroup.server, sequence: 9)
        let (message, token) = try client.sendGroupRequest(observes: true)
        var binding = try #require(try server.receive(message).request).binding
        _ = try server.protectResponse(TestGroup.content, to: &binding)
        let genuine = try server.protectResponse(TestGroup.content, to: &binding)
        #expect(try client.receive(response: genuine, token: token).delivered != nil)
        let later = try server.protectResponse(TestGroup.content, to: &binding)
        for index in later.payload.indices {
            var forged = later
            forged.payload[index] ^= 1
            #expect(try client.receive(response: forged, token: token).failure != nil)
            #expect(client.exchanges[token]?.responseNumber(of: TestGroup.server)?.value == 9)
        }
        #expect(try client.receive(response: later, token: token).delivered != nil)
        #expect(client.exchanges[token]?.responseNumber(of: TestGroup.server)?.value == 10)
    }

    @Test(.requirement("GOSC-0196"))
    func anExchangeKnowsItsGroupByAName() throws {
        let client = try TestGroup.member(TestGroup.client, generations: 1...1)
        let (message, token) = try client.sendGroupRequest(observes: true)
        let server = try TestGroup.context(1, member: TestGroup.server)
        var binding = try #require(try server.receive(message).request).binding
        // Two rekeyings are missed; under the name the manager gives the current keys.
        client.beginCatchUp()
        #expect(client.exchanges[token]?.groupName == client.name)
        let isTaken = client.continueCatchUp(with: TestGroup.material(3))
        #expect(isTaken)
        #expect(client.continueCatchUp(with: .exact([])))
        try client.finishCatchUp(now: .zero) { material throws(ContextError) in
            try TestGroup.bareContext(material, member: TestGroup.client)
        }
        let rekeyed = try TestGroup.context(3, member: TestGroup.server)
        let notification = try rekeyed.protectResponse(TestGroup.content, to: &binding)
        #expect(try client.receive(response: notification, token: token).delivered?.groupID == TestGroup.groupID(3))
    }
}
