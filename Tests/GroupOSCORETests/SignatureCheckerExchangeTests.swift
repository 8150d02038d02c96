import Bytes
import CoAP
import Foundation
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct SignatureCheckerExchangeTests {
    @Test(.requirement("GOSC-0241"))
    func aResponseBelongsToItsOwnRequest() throws {
        let checker = try SignatureChecker.vectors("A")
        let (client, server) = (try GroupContext.suiteA(member: "25"), try GroupContext.suiteA(member: "52"))
        let requests = try (0..<2).map { _ in try client.protectRequest(.on).0 }
        var binding = try server.received(requests[0]).binding
        let response = try server.protectResponse(.done, to: &binding)
        let own = try server.protectResponse(.done, to: &binding)
        #expect(try checker.verdict(request: requests[0], in: .first) == .signed(by: try client.ownID))
        #expect(try checker.verdict(request: requests[1], in: .second) == .signed(by: try client.ownID))
        for message in [response, own] {
            #expect(try checker.verdict(response: message, in: .first) == .signed(by: try server.ownID))
            #expect(try checker.verdict(response: message, in: .second) == .invalid(.signature))
        }
    }

    @Test func unsignedRequestsDoNotDisturbSignedOnes() throws {
        let checker = try SignatureChecker.vectors("A", maximumRequests: 2)
        let (client, server) = (try GroupContext.suiteA(member: "25"), try GroupContext.suiteA(member: "52"))
        let (request, _) = try client.protectRequest(.on)
        #expect(try checker.verdict(request: request, in: .first) == .signed(by: try client.ownID))
        // Somebody uses the same Token, and many more, in requests that nobody can check.
        let (noise, _) = try client.protectRequest(.on, to: try server.ownID)
        #expect(try checker.verdict(request: noise, in: .first) == .notCheckable(.pairwiseMode))
        for number in UInt64(10)..<20 {
            let exchange = CheckedExchange(client: CheckedExchange.first.client, token: Token(number))
            #expect(try checker.verdict(request: noise, in: exchange) == .notCheckable(.pairwiseMode))
        }
        var binding = try server.received(request).binding
        let response = try server.protectResponse(.done, to: &binding)
        #expect(try checker.verdict(response: response, in: .first) == .signed(by: try server.ownID))
        // The other way round: the Token is used again, in the other mode.
        #expect(try checker.verdict(request: noise, in: .first) == .notCheckable(.pairwiseMode))
        var other = try server.received(noise).binding
        let answer = try server.protectResponse(.done, to: &other)
        let verdict = try checker.verdict(response: answer, in: .first, from: server.ownID)
        #expect(verdict == .signedIfAsked(by: try server.ownID))
        #expect(try checker.verdict(response: answer, in: .first) == .notCheckable(.unknownResponder))
    }

    @Test func aForgedRequestIsNotRemembered() throws {
        let checker = try SignatureChecker.vectors("A")
        let (client, server) = (try GroupContext.suiteA(member: "25"), try GroupContext.suiteA(member: "52"))
        let (request, _) = try client.protectRequest(.on)
        var forged = request
        forged.payload[0] ^= 1
        #expect(try checker.verdict(request: forged, in: .first) == .invalid(.signature))
        #expect(checker.requestCount == 0)
        var binding = try server.received(request).binding
        let response = try server.protectResponse(.done, to: &binding)
        #expect(try checker.verdict(response: response, in: .first) == .notCheckable(.unmatchedResponse))
    }

    @Test func theOldestRequestGoesFirst() throws {
        let checker = try SignatureChecker.vectors("A", maximumRequests: 3)
        let (client, server) = (try GroupContext.suiteA(member: "25"), try GroupContext.suiteA(member: "52"))
        let exchanges = (0..<8).map { CheckedExchange(client: CheckedExchange.first.client, token: Token($0)) }
        var responses: [Message] = []
        for exchange in exchanges {
            let (request, _) = try client.protectRequest(.on)
            // A repetition takes no second place.
            for _ in 0..<2 {
                #expect(try checker.verdict(request: request, in: exchange) == .signed(by: try client.ownID))
            }
            var binding = try server.received(request).binding
            responses.append(try server.protectResponse(.done, to: &binding))
            #expect(checker.requestCount <= 3)
        }
        let verdicts = try zip(exchanges, responses).map { try checker.verdict(response: $1, in: $0) }
        let forgotten = [SignatureVerdict](repeating: .notCheckable(.unmatchedResponse), count: 5)
        #expect(verdicts == forgotten + [SignatureVerdict](repeating: .signed(by: try server.ownID), count: 3))
    }

    @Test func aServerMayLeaveItsNewGidOut() throws {
        let client = try GroupContext.suiteA(member: "25")
        let (before, after) = (
            try GroupContext.suiteA(member: "52"), try GroupContext.suiteA(member: "52", afterRekey: true)
        )
        let (request, _) = try client.protectRequest(.on)
        let binding = try before.received(request).binding
        let fields = GroupResponseFields(partialIV: PartialIV(3), includesKid: true, includesGroupID: false)
        let plain = Message.done.body
        let body = try [UInt8](capacity: 500) { output in
            _ = try after.protectGroupResponse(
                code: .changed, body: plain.span, to: binding, fields: fields, into: &output)
        }
        let server = try before.ownID
        for previous in [before.groupID, nil] {
            let checker = SignatureChecker()
            let groups = try [before, after].map { try CheckedGroup($0) }
            for group in groups {
                try group.setCredential(try #require(client.credential), of: try client.ownID)
                try group.setCredential(try #require(before.credential), of: server)
            }
            checker.add(groups[0])
            checker.add(groups[1], after: previous)
            #expect(try checker.verdict(request: request, in: .first) == .signed(by: try client.ownID))
            let verdict = checker.checkResponse(try ProtectedMessage(body.span), in: .first)
            #expect(verdict == (previous == nil ? .invalid(.signature) : .valid(server, under: after.groupID)))
        }
    }

    /// The checker was told of the group after the rekeying, or of the member only then.
    @Test(arguments: [false, true])
    func theNewGidCountsWhereTheOldOneSaysNothing(knowsOldGroup: Bool) throws {
        let client = try GroupContext.suiteA(member: "25")
        let (before, after) = (
            try GroupContext.suiteA(member: "52"), try GroupContext.suiteA(member: "52", afterRekey: true)
        )
        let server = try before.ownID
        let checker = SignatureChecker()
        let groups = try [before, after].map { try CheckedGroup($0) }
        for group in groups { try group.setCredential(try #require(client.credential), of: try client.ownID) }
        checker.add(groups[0])
        let (request, _) = try client.protectRequest(.on)
        #expect(try checker.verdict(request: request, in: .first) == .signed(by: try client.ownID))
        let binding = try before.received(request).binding
        let fields = GroupResponseFields(partialIV: PartialIV(3), includesKid: true, includesGroupID: false)
        let plain = Message.done.body
        let body = try [UInt8](capacity: 500) { output in
            _ = try after.protectGroupResponse(
                code: .changed, body: plain.span, to: binding, fields: fields, into: &output)
        }
        if !knowsOldGroup { checker.removeGroup(before.groupID) }
        let unknown = checker.checkResponse(try ProtectedMessage(body.span), in: .first)
        #expect(unknown == .notCheckable(knowsOldGroup ? .unknownMember : .unknownGroup))
        checker.add(groups[1], after: before.groupID)
        let stranger = checker.checkResponse(try ProtectedMessage(body.span), in: .first)
        #expect(stranger == unknown)
        try groups[1].setCredential(try #require(before.credential), of: server)
        let known = checker.checkResponse(try ProtectedMessage(body.span), in: .first)
        #expect(known == .valid(server, under: after.groupID))
        // The caller vouches for the request; the rest is the same.
        let other = SignatureChecker()
        other.add(groups[1])
        let unrelated = other.checkResponse(try ProtectedMessage(body.span), to: binding)
        #expect(unrelated == .notCheckable(.unknownGroup))
        other.add(groups[1], after: before.groupID)
        let vouched = other.checkResponse(try ProtectedMessage(body.span), to: binding)
        #expect(vouched == known)
    }

    @Test(.requirement("CACH-0013"))
    func responsesToDeterministicRequestsAreSignedWithTheHash() throws {
        let (client, server) = (
            try GroupContext.deterministic(member: "25"), try GroupContext.deterministic(member: "52")
        )
        let (request, _) = try client.protectDeterministicRequest(Message(code: .get), to: nil)
        let response = try server.protectDeterministicResponse(.done, to: try server.asked(request).binding)
        var forged = response
        forged.payload[0] ^= 1
        // A checker that was not told whose requests are deterministic takes the hash for what it may be.
        for nobody in [try GroupContext.nobody(), nil] {
            let checker = try SignatureChecker.vectors("A", deterministicClientID: nobody)
            #expect(try checker.verdict(request: request, in: .first) == .notCheckable(.pairwiseMode))
            #expect(try checker.verdict(response: response, in: .first) == .signedIfAsked(by: try server.ownID))
            #expect(try checker.verdict(response: forged, in: .first) == .notCheckable(.uncheckedRequest))
        }
        // One that was told of another client does not.
        let checker = try SignatureChecker.vectors("A", deterministicClientID: SenderID([0xdd]))
        #expect(try checker.verdict(request: request, in: .first) == .notCheckable(.pairwiseMode))
        #expect(try checker.verdict(response: response, in: .first) == .notCheckable(.uncheckedRequest))
    }

    /// A hash in the request of a member changes nothing: its responses are signed without.
    @Test(.requirement("CACH-0011"))
    func aHashInAnOrdinaryRequestIsNoPartOfItsResponses() throws {
        let (client, server) = (try GroupContext.suiteA(member: "25"), try GroupContext.suiteA(member: "52"))
        let (plain, _) = try client.protectRequest(.on, to: try server.ownID)
        var binding = try server.received(plain).binding
        let response = try server.protectResponse(.done, to: &binding)
        var request = plain
        request.options.append(.requestHash, [UInt8](repeating: 7, count: 32))
        let checker = try SignatureChecker.vectors("A")
        #expect(try checker.verdict(request: request, in: .first) == .notCheckable(.pairwiseMode))
        let verdict = try checker.verdict(response: response, in: .first, from: server.ownID)
        #expect(verdict == .signedIfAsked(by: try server.ownID))
    }

    /// The parts that a checker is made of name no cipher and no key but the one that hides signatures.
    @Test(.requirement("GOSC-0239"))
    func aCheckerHasNoMeansToDecrypt() throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/GroupOSCORE")
        let folder = sources.appending(path: "SignatureChecker")
        let shared = ["Countersignature", "SignatureKeystream", "GroupExternalAAD"].map {
            sources.appending(path: "Message/\($0).swift")
        }
        let own = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(own.count >= 6)
        let means = [
            "AEADCipher", "GroupCipher", "StreamCipher", "fillPlaintext", ".open(", "KeyDerivation", "senderKey",
            "recipientKey", "masterSecret", "commonIV", "PrivateKey", "GroupContext",
        ]
        for file in own + shared {
            let text = try String(contentsOf: file, encoding: .utf8)
            for word in means {
                #expect(!text.contains(word), "\(file.lastPathComponent) has \(word)")
            }
        }
    }
}
