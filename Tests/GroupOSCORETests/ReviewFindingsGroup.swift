import Bytes
import COSE
import CoAP
import CryptoPrimitives
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

// Each test states what should hold; it fails where a review found that it does not.

struct ReviewFindingsGenerations {
    private func catchUp(_ group: GroupGenerations, with generation: UInt64) throws {
        group.beginCatchUp()
        group.continueCatchUp(with: TestGroup.material(generation))
        group.continueCatchUp(with: .exact([]))
        try group.finishCatchUp(now: .seconds(10)) { material throws(ContextError) in
            try TestGroup.bareContext(material, member: TestGroup.server)
        }
    }

    /// False alarm: the manager gives the very generation that this member had.
    @Test func catchingUpToTheSameGenerationAcceptsNoReplay() throws {
        let client = try TestGroup.context(1, member: TestGroup.client)
        let server = try TestGroup.member(TestGroup.server, generations: 1...1)
        let (request, _) = try client.protectRequest(TestGroup.request)
        #expect(try server.receive(request: request).request != nil)
        try? catchUp(server, with: 1)
        #expect(try server.receive(request: request).request == nil, "the same request is accepted twice")
    }

    @Test func catchingUpToTheSameGenerationUsesNoNonceTwice() throws {
        let server = try TestGroup.member(TestGroup.server, generations: 1...1)
        let first = try #require(server.latest?.context)
        _ = try first.protectRequest(TestGroup.request)
        let nonce = hex(first.buffers.nonce)
        try? catchUp(server, with: 1)
        guard let second = server.latest?.context else { return }
        _ = try? second.protectRequest(Message(code: .put, options: Options(), payload: [1]))
        #expect(hex(second.buffers.nonce) != nonce, "same Master Secret, Gid and Sender ID: the same key")
    }

    /// Joining again without a rekeying: Gid and keys are as before.
    @Test func joiningAgainUnderTheSameKeysAcceptsNoReplay() throws {
        let client = try TestGroup.context(1, member: TestGroup.client)
        let server = try TestGroup.member(TestGroup.server, generations: 1...1)
        let (request, _) = try client.protectRequest(TestGroup.request)
        #expect(try server.receive(request: request).request != nil)
        let members = server.credentials
        _ = try? server.installAfterJoiningAgain(TestGroup.material(1), members: members, now: .seconds(10)) {
            material throws(ContextError) in
            // The manager gave another Sender ID, as it must.
            try TestGroup.bareContext(material, member: TestGroup.server, as: TestGroup.senderID(0x53))
        }
        #expect(try server.receive(request: request).request == nil, "the same request is accepted twice")
    }

    /// A loss of state under generation 2, and material of generation 1: its windows are lost as well.
    @Test func afterALossOfStateAnOlderGenerationAcceptsNoReplay() throws {
        let client = try TestGroup.context(1, member: TestGroup.client)
        let server = try TestGroup.member(TestGroup.server, generations: 1...1)
        let (request, _) = try client.protectRequest(TestGroup.request)
        #expect(try server.receive(request: request).request != nil)
        try server.install(2, of: TestGroup.server)
        server.noteLossOfState()
        try? server.install(1, of: TestGroup.server)
        #expect(try server.receive(request: request).request == nil, "the same request is accepted twice")
    }

    /// After a loss of state the same Gid, Master Secret and Sender ID must not number from 0 again.
    @Test func afterALossOfStateTheSameSenderIsRefused() throws {
        let server = try TestGroup.member(TestGroup.server, generations: 1...1)
        let first = try #require(server.latest?.context)
        _ = try first.protectRequest(TestGroup.request)
        let nonce = hex(first.buffers.nonce)
        server.noteLossOfState()
        try? server.install(1, of: TestGroup.server)
        guard let second = server.latest?.context else { return }
        _ = try? second.protectRequest(Message(code: .put, options: Options(), payload: [1]))
        #expect(hex(second.buffers.nonce) != nonce)
    }

    /// The Gid stays, the keys change: servers number from 0 again, and their responses must be accepted.
    @Test func responseNumbersBeginAgainAlsoUnderTheSameGid() throws {
        let gid = TestGroup.groupID(1)
        let server2 = try TestGroup.bareContext(
            TestGroup.material(2, groupID: gid), member: TestGroup.server)
        try server2.addRecipient(TestGroup.client, credential: TestGroup.credential(TestGroup.client))
        let server1 = try TestGroup.context(1, member: TestGroup.server)
        let client = try TestGroup.member(TestGroup.client, generations: 1...1)
        let (request, binding) = try #require(client.latest?.context).protectRequest(TestGroup.request)
        let token = Token(7)
        client.exchanges[token] = ClientExchange(
            binding, groupName: "floor-2", audience: .group, observes: false, openedAt: .zero)
        var served = try #require(try server1.receive(request).request).binding
        let early = try server1.protectResponse(TestGroup.content, to: &served, usesOwnPartialIV: true)
        #expect(try client.receive(response: early, token: token).delivered != nil)
        try client.install(TestGroup.material(2, groupID: gid), stale: [], now: .seconds(100)) {
            material throws(ContextError) in try TestGroup.bareContext(material, member: TestGroup.client)
        }
        let late = try server2.protectResponse(TestGroup.content, to: &served)
        #expect(try client.receive(response: late, token: token).delivered != nil, "a genuine response is dropped")
    }
}

struct ReviewFindingsSameGid {
    /// A rekeying that keeps the Gid: request_kid, request_piv and request_kid_context of two requests are the same.
    @Test func aLateResponseToAnOldRequestIsNoneToANewOne() throws {
        let gid = TestGroup.groupID(1)
        let client = try TestGroup.member(TestGroup.client, generations: 1...1)
        let server1 = try TestGroup.context(1, member: TestGroup.server)
        let server2 = try TestGroup.bareContext(
            TestGroup.material(2, groupID: gid), member: TestGroup.server)
        try server2.addRecipient(TestGroup.client, credential: TestGroup.credential(TestGroup.client))
        let (old, _) = try #require(client.latest?.context).protectRequest(TestGroup.request)
        var served = try #require(try server1.receive(old).request).binding
        // Refusing this would do.
        try? client.install(TestGroup.material(2, groupID: gid), stale: [], now: .seconds(100)) {
            material throws(ContextError) in try TestGroup.bareContext(material, member: TestGroup.client)
        }
        guard let latest = client.latest, latest.keyGeneration == 2 else { return }
        let (_, binding) = try latest.context.protectRequest(
            Message(code: .put, options: Options(), payload: Array("open the door".utf8)))
        let late = try server2.protectResponse(TestGroup.content, to: &served).body
        let result = latest.context.verifyResponse(try ProtectedMessage(late.span), to: binding)
        #expect(throws: VerificationFailure.self, "the answer to GET counts as that to PUT") { try result.get() }
    }
}

struct ReviewFindingsResponders {
    /// A request in group mode sent to one member: nobody else may answer it.
    @Test func onlyTheMemberThatWasAskedAnswers() throws {
        let client = try TestGroup.member(TestGroup.client, generations: 1...1)
        let other = try TestGroup.context(1, member: TestGroup.otherServer)
        let (request, binding) = try #require(client.latest?.context).protectRequest(TestGroup.request)
        let token = Token(7)
        client.exchanges[token] = ClientExchange(
            binding, groupName: "floor-2", audience: .member(TestGroup.server), observes: false, openedAt: .zero)
        var served = try #require(try other.receive(request).request).binding
        let response = try other.protectResponse(TestGroup.content, to: &served)
        #expect(
            try client.receive(response: response, token: token).delivered == nil,
            "another member's answer ends the exchange")
    }
}

struct ReviewFindingsChecker {
    /// An unauthenticated datagram decides how much the checker remembers: "about 150 bytes each".
    @Test func anUnsignedRequestCostsLittleMemory() throws {
        let server = try GroupContext.suiteA(member: "52")
        let vectors = GroupVectors.shared
        let client = try #require(SenderID([0xdc]))
        // Any key of the right length will do: nothing is verified.
        let key = [UInt8](repeating: 0, count: 16)
        let group = try CheckedGroup(
            groupID: server.groupID, signatureEncryptionKey: key.span, algorithms: .suiteA,
            managerCredential: bytes(vectors.group.gmCred), deterministicClientID: client)
        let checker = SignatureChecker(maximumRequests: 1)
        checker.add(group)
        var message = Message(code: .fetch, options: Options(), payload: [0])
        var option: [UInt8] = []
        OSCOREOption.write(
            isGroupMode: false, partialIV: .zero, kidContext: server.groupID.bytes.span, kid: client, into: &option)
        message.options.append(.oscore, option)
        message.options.append(.requestHash, [UInt8](repeating: 0, count: 60_000))
        let body = message.body
        let exchange = CheckedExchange(client: SocketAddress(.loopback, port: 1), token: Token(1))
        _ = checker.checkRequest(try ProtectedMessage(body.span), in: exchange)
        #expect((checker.requests(of: exchange).unsigned?.requestHash?.count ?? 0) <= 64)
    }
}

struct ReviewFindingsReception {
    private func context(_ sender: [UInt8], _ recipient: [UInt8]) throws -> SecurityContext {
        let secret = Array(UInt8(0)..<16)
        let none: [UInt8] = []
        return try SecurityContext(
            masterSecret: secret.span, masterSalt: none.span, senderID: try #require(SenderID(sender)),
            recipientID: try #require(SenderID(recipient)), reservation: numbers(), replayWindow: ReplayWindow())
    }

    /// OSC-0014: `SecurityContextSet.add` refuses a second context with the same keys, `Reception.add` does not.
    @Test func aSecondContextWithTheSameKeysAcceptsNoReplay() throws {
        var reception = Reception()
        reception.add(try context([2], [1]))
        reception.add(try context([2], [1]))
        let request = try context([1], [2]).protectRequest(.on).0.body
        var verified = 0
        for _ in 0..<2 {
            if case .oscore(_, .verified) = reception.verifyRequest(try ProtectedMessage(request.span), now: .zero) {
                verified += 1
            }
        }
        #expect(verified == 1)
    }
}

struct ReviewFindingsReferences {
    /// "Whoever still holds a reference must not use it either."
    @Test func aRetainedContextAcceptsNothingAfterALossOfState() throws {
        var policy = GroupGenerations.Policy()
        policy.retention = .seconds(1000)
        let client = try TestGroup.context(1, member: TestGroup.client)
        let server = try TestGroup.member(TestGroup.server, generations: 1...2, policy: policy)
        let retained = try #require(server.retained(at: .seconds(5))?.context)
        server.noteLossOfState()
        #expect(try retained.receive(try client.protectRequest(TestGroup.request).0).request == nil)
    }
}

struct ReviewFindingsCheckedGroups {
    private static let first = CheckedExchange(client: SocketAddress(.loopback, port: 1), token: Token(1))

    private func checked(
        _ context: GroupContext, _ credentials: [SenderID: AuthenticationCredential]
    ) throws -> CheckedGroup {
        let key = context.common.signatureEncryptionKey.duplicate()
        let group = try CheckedGroup(
            groupID: context.groupID, signatureEncryptionKey: key.bytes,
            algorithms: context.algorithms, managerCredential: context.common.managerCredential)
        for (member, credential) in credentials { try group.setCredential(credential, of: member) }
        return group
    }

    private func verdict(request: [UInt8], _ checker: SignatureChecker) throws -> SignatureVerdict {
        checker.checkRequest(try ProtectedMessage(request.span), in: Self.first)
    }

    private func verdict(response: [UInt8], _ checker: SignatureChecker) throws -> SignatureVerdict {
        checker.checkResponse(try ProtectedMessage(response.span), in: Self.first)
    }

    /// Mallory is 52 in group Y and nobody in group X. He answers a request of X under the Gid of Y.
    @Test func aMemberOfAnotherGroupAnswersForNobody() throws {
        let client = try TestGroup.context(1, member: TestGroup.client)
        let material = TestGroup.material(1, secret: 0x80, groupID: TestGroup.groupID(1, of: 0xee))
        let mallory = try TestGroup.bareContext(material, member: TestGroup.otherServer, as: TestGroup.server)
        let checker = SignatureChecker()
        var members = try TestGroup.credentials()
        members[TestGroup.otherServer] = nil
        checker.add(try checked(client, members))
        checker.add(
            try checked(mallory, [TestGroup.server: TestGroup.credential(TestGroup.otherServer)]))
        let (request, binding) = try client.protectRequest(TestGroup.request)
        let body = request.body
        #expect(try verdict(request: body, checker) == .valid(TestGroup.client))
        var forged = binding
        let answer = try mallory.protectResponse(TestGroup.content, to: &forged).body
        #expect(
            try verdict(response: answer, checker) != .valid(TestGroup.server),
            "52 of group X is said to have answered")
    }

    /// An old request of the same client, sent again with the Token of the present one.
    @Test func aReplayedRequestDoesNotPushOutTheGenuineOne() throws {
        let client = try TestGroup.context(1, member: TestGroup.client)
        let server = try TestGroup.context(1, member: TestGroup.server)
        let checker = SignatureChecker()
        checker.add(try checked(client, TestGroup.credentials()))
        let old = try client.protectRequest(TestGroup.request).0.body
        let request = try client.protectRequest(TestGroup.request).0
        let body = request.body
        _ = try verdict(request: body, checker)
        _ = try verdict(request: old, checker)
        var served = try #require(try server.receive(request).request).binding
        let answer = try server.protectResponse(TestGroup.content, to: &served).body
        #expect(
            try verdict(response: answer, checker) == .valid(TestGroup.server),
            "a genuine response is called invalid")
    }
}
