import Bytes
import COSE
import CoAP
import CryptoPrimitives
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct SignatureCheckerTests {
    /// A group-mode message of a suite of the vectors.
    struct Case: CustomTestStringConvertible, Sendable {
        let suite: String
        let name: String
        var testDescription: String { "\(suite): \(name)" }

        func vector() throws -> GroupVectors.GroupMessage {
            try #require(try GroupVectors.suite(suite).messages.first { $0.name == name })
        }
    }

    static let cases = GroupVectors.shared.suites.flatMap { suite in
        suite.messages.filter { $0.mode == "group" }.map { Case(suite: suite.id, name: $0.name) }
    }

    @Test(.requirement("GOSC-0239", "GOSC-0241", "GOSC-0330"), arguments: cases)
    func theMessagesOfTheVectorsAreValid(test: Case) throws {
        let vector = try test.vector()
        let checker = try SignatureChecker.vectors(test.suite)
        let body = GroupVectorTests.protectedBody(vector)
        let message = try ProtectedMessage(body.span)
        let sender = try #require(SenderID(bytes(vector.senderId)))
        if vector.isRequest {
            #expect(checker.checkRequest(message, in: .first) == .signed(by: sender))
            return
        }
        // Alone it says too little.
        #expect(checker.checkResponse(message, in: .first, from: sender) == .notCheckable(.unmatchedResponse))
        let request = try Case(suite: test.suite, name: try #require(vector.request)).vector()
        try checker.pass(request, in: .first)
        let suite = try GroupVectors.suite(test.suite)
        let gid = vector.securityContext == nil ? GroupVectors.shared.group.gid : suite.afterRekey?.newGid
        let groupID = try #require(GroupID(bytes(gid)))
        let verdict = checker.checkResponse(message, in: .first, from: sender)
        #expect(
            verdict
                == (request.mode == "group" ? .valid(sender, under: groupID) : .validIfAsked(sender, under: groupID)))
        #expect(checker.checkResponse(message, in: .second, from: sender) == .notCheckable(.unmatchedResponse))
    }

    @Test(.requirement("GOSC-0239"), arguments: cases)
    func everyAlteredByteIsFound(test: Case) throws {
        let vector = try test.vector()
        let checker = try SignatureChecker.vectors(test.suite)
        let sender = try #require(SenderID(bytes(vector.senderId)))
        var found = SignatureVerdict.invalid(.signature)
        if let name = vector.request {
            let request = try Case(suite: test.suite, name: name).vector()
            try checker.pass(request, in: .first)
            // A pairwise request is not known to be the one that was answered.
            if request.mode != "group" { found = .notCheckable(.uncheckedRequest) }
        }
        let payload = bytes(vector.payload)
        for index in payload.indices {
            var altered = payload
            altered[index] ^= 0x40
            let body = wireBody(option: bytes(vector.oscoreOptionValue), payload: altered)
            let message = try ProtectedMessage(body.span)
            let verdict =
                vector.isRequest
                ? checker.checkRequest(message, in: .first)
                : checker.checkResponse(message, in: .first, from: sender)
            guard verdict == found else {
                Issue.record("byte \(index): \(verdict)")
                return
            }
        }
    }

    @Test(.requirement("GOSC-0240"))
    func aSenderIDMeansSomethingUnderItsGidOnly() throws {
        let vectors = GroupVectors.shared
        let (first, second) = (
            try GroupContext.suiteA(member: "25"),
            // Another group, in which 25 is the member that is called 77 in the first.
            try GroupContext.suiteA(member: "25", afterRekey: true, signsWithKeyOf: "77", credentialOf: "77")
        )
        let messages = try [first, second].map { try $0.protectRequest(.on).0.body }
        let sender = try first.ownID
        let credentials = try ["25", "77"].map { try GroupContext.credential(of: try vectors.member($0)) }
        let checker = SignatureChecker()
        let groups = try [first, second].map { try CheckedGroup($0) }
        for index in 0..<2 {
            try groups[index].setCredential(credentials[index], of: sender)
            checker.add(groups[index])
        }
        for (body, context) in zip(messages, [first, second]) {
            let verdict = checker.checkRequest(try ProtectedMessage(body.span), in: .first)
            #expect(verdict == .valid(sender, under: context.groupID))
        }
        for index in 0..<2 { try groups[index].setCredential(credentials[1 - index], of: sender) }
        for body in messages {
            let verdict = checker.checkRequest(try ProtectedMessage(body.span), in: .first)
            #expect(verdict == .invalid(.signature))
        }
    }

    @Test(.requirement("GOSC-0242"))
    func whoAnswersAPairwiseRequestMayBeKnownFromItsAddress() throws {
        let (client, server) = (try GroupContext.suiteA(member: "25"), try GroupContext.suiteA(member: "52"))
        let (request, _) = try client.protectRequest(.on, to: try server.ownID)
        var binding = try server.received(request).binding
        let response = try server.protectResponse(.done, to: &binding)
        #expect(try response.fields == Message.Fields(isGroupMode: true))
        let checker = try SignatureChecker.vectors("A")
        #expect(try checker.verdict(request: request, in: .first) == .notCheckable(.pairwiseMode))
        #expect(try checker.verdict(response: response, in: .first) == .notCheckable(.unknownResponder))
        let (right, wrong) = (try server.ownID, SenderID([0x77]))
        #expect(try checker.verdict(response: response, in: .first, from: right) == .signedIfAsked(by: right))
        #expect(try checker.verdict(response: response, in: .first, from: wrong) == .notCheckable(.uncheckedRequest))
        // After a request in group mode nothing but the kid says who answers.
        let (other, _) = try client.protectRequest(.on)
        #expect(try checker.verdict(request: other, in: .second) == .signed(by: try client.ownID))
        #expect(try checker.verdict(response: response, in: .second, from: right) == .invalid(.malformed))
    }

    @Test(.requirement("GOSC-0244"))
    func pairwiseMessagesAreNeitherGoodNorBad() throws {
        let checker = try SignatureChecker.vectors("A")
        let (client, server) = (try GroupContext.suiteA(member: "25"), try GroupContext.suiteA(member: "52"))
        var (request, _) = try client.protectRequest(.on, to: try server.ownID)
        #expect(try checker.verdict(request: request, in: .first) == .notCheckable(.pairwiseMode))
        var binding = try server.received(request).binding
        var response = try server.protectPairwiseResponse(.done, to: &binding)
        #expect(try checker.verdict(response: response, in: .first) == .notCheckable(.pairwiseMode))
        // What cannot be checked is never called forged either.
        request.payload[0] ^= 1
        response.payload[0] ^= 1
        #expect(try checker.verdict(request: request, in: .first) == .notCheckable(.pairwiseMode))
        #expect(try checker.verdict(response: response, in: .first) == .notCheckable(.pairwiseMode))
    }

    @Test func strangersAreNotCheckable() throws {
        let checker = try SignatureChecker.vectors("A")
        let client = try GroupContext.suiteA(member: "25")
        let request = try client.protectRequest(.on).0
        let group = try CheckedGroup(client)
        checker.add(group)
        #expect(try checker.verdict(request: request, in: .first) == .notCheckable(.unknownMember))
        try group.setCredential(try #require(client.credential), of: try client.ownID)
        #expect(try checker.verdict(request: request, in: .first) == .signed(by: try client.ownID))
        group.removeCredential(of: try client.ownID)
        #expect(try checker.verdict(request: request, in: .first) == .notCheckable(.unknownMember))
        checker.removeGroup(client.groupID)
        #expect(try checker.verdict(request: request, in: .first) == .notCheckable(.unknownGroup))
        var bare = request
        bare.options.set(.oscore, [0x20])
        #expect(try checker.verdict(request: bare, in: .first) == .invalid(.malformed))
    }

    @Test(.requirement("GOSC-0330"))
    func withoutTheRightHKDFNothingIsValid() throws {
        var algorithms = GroupAlgorithms.suiteA
        // Neither is in any AAD then, so that only the keystream differs.
        (algorithms.aead, algorithms.pairwiseKeyAgreement) = (nil, nil)
        algorithms.hkdf = .hkdfSHA512
        let client = try GroupContext.vectors("A", member: "25", algorithms: algorithms)
        let request = try client.protectRequest(.on).0
        for hkdf in [HKDFAlgorithm.hkdfSHA512, .hkdfSHA256] {
            algorithms.hkdf = hkdf
            let key = bytes(hex(client.common.signatureEncryptionKey))
            let group = try CheckedGroup(
                groupID: client.groupID, signatureEncryptionKey: key.span, algorithms: algorithms,
                managerCredential: client.common.managerCredential)
            try group.setCredential(try #require(client.credential), of: try client.ownID)
            let checker = SignatureChecker()
            checker.add(group)
            let expected: SignatureVerdict =
                hkdf == .hkdfSHA512 ? .signed(by: try client.ownID) : .invalid(.signature)
            #expect(try checker.verdict(request: request, in: .first) == expected)
        }
    }

    @Test(.requirement("GOSC-0333"))
    func aTaggedCredentialIsStoredUntagged() throws {
        let vector = try Case(suite: "A", name: "group-request-piv258").vector()
        let member = try GroupVectors.shared.member(vector.senderId)
        let sender = try #require(SenderID(bytes(vector.senderId)))
        let tagged = [0xd8, 0x3d] + bytes(member.authCred)
        let credential = try AuthenticationCredential(parsing: tagged.span, format: .ccs)
        let group = try CheckedGroup(try GroupContext.suiteA(member: "52"))
        try group.setCredential(credential, of: sender)
        #expect(group.credential(of: sender)?.bytes == bytes(member.authCred))
        let checker = SignatureChecker()
        checker.add(group)
        let body = GroupVectorTests.protectedBody(vector)
        let verdict = checker.checkRequest(try ProtectedMessage(body.span), in: .first)
        #expect(verdict == .signed(by: sender))
    }

    @Test func whatDoesNotFitIsRefusedWhenTheGroupIsBuilt() throws {
        let context = try GroupContext.suiteA(member: "25")
        let key = [UInt8](repeating: 1, count: 16)
        func build(_ key: [UInt8], _ algorithms: GroupAlgorithms, _ manager: [UInt8]) throws {
            _ = try CheckedGroup(
                groupID: context.groupID, signatureEncryptionKey: key.span, algorithms: algorithms,
                managerCredential: manager)
        }
        #expect(throws: ContextError.invalidKeyMaterial) { try build(Array(key.dropLast()), .suiteA, [0xa0]) }
        #expect(throws: ContextError.invalidCredential(.missing)) { try build(key, .suiteA, []) }
        var algorithms = GroupAlgorithms.suiteA
        algorithms.signature = nil
        #expect(throws: ContextError.noMode) { try build(key, algorithms, [0xa0]) }
        algorithms = .suiteA
        algorithms.signature = .es256
        let group = try CheckedGroup(
            groupID: context.groupID, signatureEncryptionKey: key.span, algorithms: algorithms,
            managerCredential: [0xa0])
        let credential = try #require(context.credential)
        let sender = try context.ownID
        #expect(throws: ContextError.invalidCredential(.signature(.ed25519, .es256))) {
            try group.setCredential(credential, of: sender)
        }
    }
}
