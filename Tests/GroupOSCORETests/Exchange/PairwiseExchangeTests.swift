import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// Long exchanges that a pairwise request opened, or that pairwise responses belong to.
struct PairwiseExchangeTests {
    @Test(.requirement("GOSC-0253"))
    func aPairwiseObservationSurvivesARekeying() throws {
        let client = try TestGroup.member(TestGroup.client, generations: 1...1)
        let server = try TestGroup.member(TestGroup.server, generations: 1...1)
        let (message, token) = try observe(client)
        let stored = try #require(client.exchanges[token])
        #expect(stored.binding.request.kid == TestGroup.client)
        #expect(stored.binding.groupID == TestGroup.groupID(1))
        #expect(stored.groupName == client.name)
        var binding = try #require(try server.receive(request: message).request).binding
        try client.install(2, of: TestGroup.client)
        try server.install(2, of: TestGroup.server)
        let context = try #require(server.latest).context
        for number in 0..<2 {
            let notification = try context.protectPairwiseResponse(TestGroup.content, to: &binding)
            let delivered = try client.receive(response: notification, token: token).delivered
            #expect(delivered?.groupID == TestGroup.groupID(2))
            #expect(client.exchanges[token]?.responseNumber(of: TestGroup.server)?.value == UInt64(number))
        }
        #expect(client.exchanges[token]?.binding == stored.binding)
    }

    @Test(.requirement("GOSC-0253"))
    func aPairwiseObservationSurvivesANewSenderIDOfTheClient() throws {
        let client = try TestGroup.member(TestGroup.client, generations: 1...1)
        let server = try TestGroup.context(1, member: TestGroup.server)
        let (message, token) = try observe(client)
        var binding = try #require(try server.receive(message).request).binding
        let stored = try #require(client.exchanges[token]).binding
        let renamed = try TestGroup.context(1, member: TestGroup.client, as: TestGroup.senderID(0x26))
        for _ in 0..<2 {
            let body = try server.protectPairwiseResponse(TestGroup.content, to: &binding).body
            let response = try renamed.verifyResponse(try ProtectedMessage(body.span), to: stored).get()
            #expect(response.sender == TestGroup.server)
        }
    }

    /// One Response Number for both modes of a server.
    @Test(.requirement("GOSC-0262"))
    func notificationsOfBothModesShareOneNumber() throws {
        let client = try TestGroup.member(TestGroup.client, generations: 1...1)
        let server = try TestGroup.context(1, member: TestGroup.server, sequence: 3)
        let (message, token) = try client.sendGroupRequest(observes: true)
        var binding = try #require(try server.receive(message).request).binding
        var sent: [Message] = []
        for isGroupMode in [false, true, false] {
            let notification =
                try isGroupMode
                ? server.protectResponse(TestGroup.content, to: &binding, usesOwnPartialIV: true)
                : server.protectPairwiseResponse(TestGroup.content, to: &binding, usesOwnPartialIV: true)
            sent.append(notification)
            #expect(try client.receive(response: notification, token: token).delivered?.sender == TestGroup.server)
        }
        #expect(try sent.map { try $0.fields.partialIV } == [3, 4, 5])
        #expect(client.exchanges[token]?.responseNumber(of: TestGroup.server)?.value == 5)
        for old in sent {
            guard case .drop(.drop) = try client.receive(response: old, token: token) else {
                Issue.record("accepted twice")
                continue
            }
        }
    }

    private func observe(_ client: GroupGenerations) throws -> (Message, Token) {
        let context = try #require(client.latest).context
        let (message, binding) = try context.protectRequest(TestGroup.request, to: TestGroup.server)
        let token = try #require(Token([1]))
        client.exchanges[token] = ClientExchange(
            binding, groupName: client.name, audience: .member(TestGroup.server), observes: true, openedAt: .zero)
        return (message, token)
    }
}
