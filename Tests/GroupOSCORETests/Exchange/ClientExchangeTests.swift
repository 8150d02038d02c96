import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct ClientExchangeTests {
    private let groupID = TestGroup.groupID(1)
    private let binding = GroupRequestBinding(
        request: RequestBinding(kid: TestGroup.client, partialIV: TestGroup.firstPartialIV),
        groupID: TestGroup.groupID(1),
        isGroupMode: true)

    @Test(.requirement("GOSC-0177"))
    func anExchangeWithOneMemberTakesOneResponse() throws {
        var exchange = open(.member(TestGroup.server), observes: false)
        #expect(!exchange.isLong)
        #expect(try admit(&exchange, nil) == .deliver)
        #expect(try admit(&exchange, 7) == .ended)
    }

    @Test(arguments: [(true, true), (true, false), (false, true)])
    func groupRequestsAndObservationsAreLong(isGroup: Bool, observes: Bool) throws {
        var exchange = open(isGroup ? .group : .member(TestGroup.server), observes: observes)
        #expect(exchange.isLong)
        #expect(try admit(&exchange, nil) == .deliver)
        #expect(try admit(&exchange, 7) == .deliver)
        exchange.end()
        #expect(try admit(&exchange, 8) == .ended)
    }

    @Test(.requirement("GOSC-0234", "GOSC-0235", "GOSC-0236"))
    func aServerThatChangesItsSenderIDIsNoticedByItsKey() throws {
        var exchange = open(.group, observes: true)
        let credential = try TestGroup.credential(TestGroup.server)
        #expect(exchange.firstKid(of: credential) == nil)
        #expect(try admit(&exchange, 5) == .deliver)
        #expect(exchange.firstKid(of: credential) == TestGroup.server)
        let renamed = TestGroup.senderID(0x53)
        let verdict = exchange.admit(PartialIV(6), from: renamed, credential: credential, under: groupID)
        #expect(verdict == .dropForChangedKid)
        #expect(exchange.responseNumber(of: renamed) == nil)
        #expect(exchange.responseNumber(of: TestGroup.server)?.value == 5)
        #expect(exchange.firstKid(of: credential) == TestGroup.server)
        // Another server is not concerned.
        let other = try TestGroup.credential(TestGroup.otherServer)
        #expect(
            exchange.admit(PartialIV(6), from: TestGroup.otherServer, credential: other, under: groupID) == .deliver)
    }

    @Test(.requirement("GOSC-0236"))
    func anApplicationThatNeedsNoOrderTakesThemAll() throws {
        var exchange = open(.group, observes: true, changedKidPolicy: .accept)
        let credential = try TestGroup.credential(TestGroup.server)
        #expect(try admit(&exchange, 5) == .deliver)
        let verdict = exchange.admit(
            PartialIV(0), from: TestGroup.senderID(0x53), credential: credential, under: groupID)
        #expect(verdict == .deliver)
    }

    @Test func aSenderIDThatPassedToAnotherKeyIsAnotherServer() throws {
        var exchange = open(.group, observes: true)
        #expect(try admit(&exchange, 5) == .deliver)
        exchange.contextChanged(to: TestGroup.groupID(2))
        let successor = try TestGroup.credential(TestGroup.otherServer)
        let verdict = exchange.admit(
            PartialIV(0), from: TestGroup.server, credential: successor, under: TestGroup.groupID(2))
        #expect(verdict == .deliver)
        let original = exchange.admit(
            PartialIV(1), from: TestGroup.senderID(0x53), credential: try TestGroup.credential(TestGroup.server),
            under: TestGroup.groupID(2))
        #expect(original == .dropForChangedKid)
    }

    @Test(.requirement("GOSC-0109"))
    func aRekeyingStartsTheNumbersOfAnOpenExchangeAgain() throws {
        var exchange = open(.group, observes: true)
        #expect(try admit(&exchange, 40) == .deliver)
        exchange.contextChanged(to: TestGroup.groupID(2))
        #expect(exchange.responseNumber(of: TestGroup.server) == nil)
        #expect(try admit(&exchange, 0, under: 2) == .deliver)
        #expect(exchange.responseNumber(of: TestGroup.server)?.value == 0)
        #expect(exchange.binding.groupID == groupID)
    }

    @Test func aLateResponseUnderTheRetainedContextDoesNotShutOutTheNewOnes() throws {
        var strict = open(.group, observes: true)
        strict.contextChanged(to: TestGroup.groupID(2))
        #expect(try admit(&strict, 41, under: 1) == .deliver)
        #expect(try admit(&strict, 41, under: 1) == .drop)
        #expect(try admit(&strict, 0, under: 2) == .deliver)
        #expect(try admit(&strict, 42, under: 1) == .drop, "older than what came under the new context")
        #expect(try admit(&strict, 1, under: 2) == .deliver)
        var permissive = open(.group, observes: true, numberPolicy: .permissive(windowSize: 32))
        permissive.contextChanged(to: TestGroup.groupID(2))
        #expect(try admit(&permissive, 0, under: 2) == .deliver)
        #expect(try admit(&permissive, 42, under: 1) == .deliverAsOlder)
        #expect(try admit(&permissive, 42, under: 1) == .drop)
        #expect(try admit(&permissive, 42, under: 7) == .drop, "a context that this exchange never met")
    }

    @Test(.requirement("GOSC-0162"))
    func leavingEndsLongExchangesAndFreesTheirTokens() throws {
        let group = try TestGroup.member(TestGroup.client, generations: 1...1)
        let tokens = try (0..<3).map { try #require(Token([$0])) }
        group.exchanges[tokens[0]] = open(.group, observes: false)
        group.exchanges[tokens[1]] = open(.member(TestGroup.server), observes: true)
        group.exchanges[tokens[2]] = open(.member(TestGroup.server), observes: false)
        #expect(Set(group.prepareToLeave()) == [tokens[0], tokens[1]])
        #expect(Array(group.exchanges.tokens) == [tokens[2]])
        group.exchanges.end(tokens[2])
        #expect(group.exchanges.tokens.isEmpty)
    }

    private func open(
        _ audience: ClientExchange.Audience, observes: Bool, numberPolicy: ResponseNumbers.Policy = .strict,
        changedKidPolicy: ClientExchange.ChangedKidPolicy = .drop
    ) -> ClientExchange {
        ClientExchange(
            binding, groupName: "floor-2", audience: audience, observes: observes, numberPolicy: numberPolicy,
            changedKidPolicy: changedKidPolicy)
    }

    private func admit(
        _ exchange: inout ClientExchange, _ partialIV: UInt64?, under generation: UInt64 = 1
    ) throws -> ClientExchange.Verdict {
        exchange.admit(
            partialIV.flatMap { PartialIV($0) }, from: TestGroup.server,
            credential: try TestGroup.credential(TestGroup.server), under: TestGroup.groupID(generation))
    }
}
