import Bytes
import COSE
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// What strangers, members of other groups and recorded messages can make of a signature checker.
struct SignatureCheckerAbuseTests {
    private static let otherGroupID = TestGroup.groupID(1, of: 0xee)

    private func checked(
        _ context: GroupContext, _ credentials: [SenderID: AuthenticationCredential]
    ) throws -> CheckedGroup {
        let group = try CheckedGroup(context)
        for (member, credential) in credentials { try group.setCredential(credential, of: member) }
        return group
    }

    /// Mallory is 52 in another group and nobody in this one. He answers a request of this one under the Gid of the other.
    @Test(.requirement("GOSC-0240"))
    func aMemberOfAnotherGroupAnswersForNobody() throws {
        let client = try TestGroup.context(1, member: TestGroup.client)
        let material = TestGroup.material(1, secret: 0x80, groupID: Self.otherGroupID)
        let mallory = try TestGroup.bareContext(material, member: TestGroup.otherServer, as: TestGroup.server)
        let (request, binding) = try client.protectRequest(TestGroup.request)
        var forged = binding
        let answer = try mallory.protectResponse(TestGroup.content, to: &forged)
        for previous in [nil, TestGroup.groupID(7), client.groupID] {
            let checker = SignatureChecker()
            checker.add(try checked(client, TestGroup.credentials()))
            checker.add(
                try checked(mallory, [TestGroup.server: TestGroup.credential(TestGroup.otherServer)]),
                after: previous)
            #expect(
                try checker.verdict(request: request, in: .first)
                    == .valid(TestGroup.client, under: client.groupID))
            // Where the other group has come of this one, the verdict says under which Gid.
            let verdict = try checker.verdict(response: answer, in: .first)
            let isRelated = previous == client.groupID
            #expect(
                verdict
                    == (isRelated
                        ? .valid(TestGroup.server, under: Self.otherGroupID) : .notCheckable(.unrelatedGroup)))
        }
    }

    /// Several rekeyings, told to the checker one after the other, or in a circle.
    @Test func aResponseMayBeSeveralRekeyingsLate() throws {
        let client = try TestGroup.context(1, member: TestGroup.client)
        let (request, binding) = try client.protectRequest(TestGroup.request)
        let checker = SignatureChecker()
        for generation in UInt64(1)...4 {
            let context = try TestGroup.context(generation, member: TestGroup.server)
            checker.add(
                try checked(context, TestGroup.credentials()),
                after: generation == 1 ? TestGroup.groupID(4) : TestGroup.groupID(generation - 1))
        }
        _ = try checker.verdict(request: request, in: .first)
        var served = binding
        let answer = try TestGroup.context(4, member: TestGroup.server).protectResponse(
            TestGroup.content, to: &served)
        let verdict = try checker.verdict(response: answer, in: .first)
        #expect(verdict == .valid(TestGroup.server, under: TestGroup.groupID(4)))
        checker.removeGroup(TestGroup.groupID(3))
        let unlinked = try checker.verdict(response: answer, in: .first)
        #expect(unlinked == .notCheckable(.unrelatedGroup))
    }

    /// An old or a later request of the same client, sent again with the Token of the present one.
    @Test(arguments: [false, true])
    func aRecordedRequestDoesNotPushOutTheGenuineOne(isLater: Bool) throws {
        let client = try TestGroup.context(1, member: TestGroup.client)
        let server = try TestGroup.context(1, member: TestGroup.server)
        let checker = SignatureChecker()
        checker.add(try checked(client, TestGroup.credentials()))
        // One that never passed here, and one that did.
        let old =
            [try client.protectRequest(TestGroup.request).0]
            + (try (0..<40).map { _ in
                try client.protectRequest(TestGroup.request).0
            })
        var later: [Message] = []
        let request = try client.protectRequest(TestGroup.request).0
        if isLater { later = try (0..<4).map { _ in try client.protectRequest(TestGroup.request).0 } }
        let expected = SignatureVerdict.valid(TestGroup.client, under: client.groupID)
        for passing in old.suffix(3) { _ = try checker.verdict(request: passing, in: .second) }
        #expect(try checker.verdict(request: request, in: .first) == expected)
        for passing in later { _ = try checker.verdict(request: passing, in: .second) }
        for recorded in [old[0]] + old.suffix(3) + later {
            #expect(try checker.verdict(request: recorded, in: .first) == expected)
        }
        var served = try #require(try server.receive(request).request).binding
        let answer = try server.protectResponse(TestGroup.content, to: &served)
        let verdict = try checker.verdict(response: answer, in: .first)
        #expect(verdict == .valid(TestGroup.server, under: client.groupID))
    }

    /// One message in two exchanges, before and behind a proxy.
    @Test func aRequestThatPassesTwiceIsKnownInBothExchanges() throws {
        let client = try TestGroup.context(1, member: TestGroup.client)
        let server = try TestGroup.context(1, member: TestGroup.server)
        let checker = SignatureChecker()
        checker.add(try checked(client, TestGroup.credentials()))
        let request = try client.protectRequest(TestGroup.request).0
        for exchange in [CheckedExchange.first, .second, .first] {
            _ = try checker.verdict(request: request, in: exchange)
        }
        #expect(checker.requestCount == 2)
        var served = try #require(try server.receive(request).request).binding
        let answer = try server.protectResponse(TestGroup.content, to: &served)
        for exchange in [CheckedExchange.first, .second] {
            let verdict = try checker.verdict(response: answer, in: exchange)
            #expect(verdict == .valid(TestGroup.server, under: client.groupID))
        }
    }

    /// Nothing is verified of it, so it must not decide how much is remembered.
    @Test(arguments: [(32, 32), (64, 64), (0, nil), (33, nil), (60_000, nil)] as [(Int, Int?)])
    func anUnsignedRequestCostsLittleMemory(length: Int, remembered: Int?) throws {
        let server = try GroupContext.suiteA(member: "52")
        let client = TestGroup.senderID(0xdc)
        let checker = SignatureChecker(maximumRequests: 1)
        checker.add(try CheckedGroup(server, deterministicClientID: client))
        var message = Message(code: .fetch, options: Options(), payload: [0])
        var option: [UInt8] = []
        OSCOREOption.write(
            isGroupMode: false, partialIV: .zero, kidContext: server.groupID.bytes.span, kid: client, into: &option)
        message.options.append(.oscore, option)
        message.options.append(.requestHash, [UInt8](repeating: 0, count: length))
        #expect(try checker.verdict(request: message, in: .first) == .notCheckable(.pairwiseMode))
        #expect(checker.requests(of: .first).unsigned?.requestHash?.count == remembered)
        #expect(checker.requestCount == (remembered == nil ? 0 : 1))
    }
}
