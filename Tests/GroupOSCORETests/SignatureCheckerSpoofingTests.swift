import Bytes
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// Requests that anybody can make up, beside genuine ones.
struct SignatureCheckerSpoofingTests {
    /// Somebody sends a pairwise request of its own with the Token and source address of a genuine one. "Invalid is kept for
    /// messages of which everything that was signed is known": the kid and Partial IV of a pairwise request never are.
    @Test func aSpoofedPairwiseRequestMustNotMakeAGenuineResponseInvalid() throws {
        let checker = try SignatureChecker.vectors("A")
        let (client, server) = (try GroupContext.suiteA(member: "25"), try GroupContext.suiteA(member: "52"))
        let (request, _) = try client.protectRequest(.on, to: try server.ownID)
        var binding = try server.received(request).binding
        let answer = try server.protectResponse(.done, to: &binding)
        #expect(try checker.verdict(request: request, in: .first) == .notCheckable(.pairwiseMode))
        let genuine = try checker.verdict(response: answer, in: .first, from: server.ownID)
        #expect(genuine == .signedIfAsked(by: try server.ownID))
        // The attacker: no key, any Partial IV and payload.
        var spoofed = try client.protectRequest(.on, to: try server.ownID).0
        spoofed.payload = [UInt8](repeating: 0, count: 20)
        #expect(try checker.verdict(request: spoofed, in: .first) == .notCheckable(.pairwiseMode))
        let verdict = try checker.verdict(response: answer, in: .first, from: server.ownID)
        #expect(verdict == .notCheckable(.uncheckedRequest))
    }

    @Test func aSpoofedHashMustNotMakeAGenuineDeterministicResponseInvalid() throws {
        let (client, server) = (
            try GroupContext.deterministic(member: "25"), try GroupContext.deterministic(member: "52")
        )
        let (request, _) = try client.protectDeterministicRequest(Message(code: .get), to: nil)
        let response = try server.protectDeterministicResponse(.done, to: try server.asked(request).binding)
        let checker = try SignatureChecker.vectors("A", deterministicClientID: try GroupContext.nobody())
        _ = try checker.verdict(request: request, in: .first)
        #expect(try checker.verdict(response: response, in: .first) == .signedIfAsked(by: try server.ownID))
        var spoofed = request
        spoofed.options.remove(.requestHash)
        spoofed.options.append(.requestHash, [UInt8](repeating: 7, count: 32))
        _ = try checker.verdict(request: spoofed, in: .first)
        #expect(try checker.verdict(response: response, in: .first) == .notCheckable(.uncheckedRequest))
    }

    /// Nobody's request: the kid and Partial IV of a recorded one, without the group flag, with another Token, and garbage. The
    /// recorded response becomes valid in an exchange in which nobody has asked for it.
    @Test func aMadeUpRequestMustNotMakeARecordedResponseValid() throws {
        let (client, server) = (try GroupContext.suiteA(member: "25"), try GroupContext.suiteA(member: "52"))
        let (request, _) = try client.protectRequest(.on)
        var binding = try server.received(request).binding
        let response = try server.protectResponse(.done, to: &binding)
        let checker = try SignatureChecker.vectors("A")
        var madeUp = request
        var option = try #require(madeUp.options.oscore)
        option[0] &= ~0x20
        madeUp.options.oscore = option
        madeUp.payload = [UInt8](repeating: 0, count: 20)
        #expect(try checker.verdict(response: response, in: .second) == .notCheckable(.unmatchedResponse))
        #expect(try checker.verdict(request: madeUp, in: .second) == .notCheckable(.pairwiseMode))
        #expect(try checker.verdict(response: response, in: .second) == .signedIfAsked(by: try server.ownID))
    }

    /// The same beside a present, signed request with that Token: alone, the recorded response is invalid.
    @Test func aMadeUpRequestMustNotMakeARecordedResponseAnswerAPresentRequest() throws {
        let (client, server) = (try GroupContext.suiteA(member: "25"), try GroupContext.suiteA(member: "52"))
        let old = try client.protectRequest(.on).0
        var binding = try server.received(old).binding
        let response = try server.protectResponse(.done, to: &binding)
        let present = try client.protectRequest(.on).0
        let checker = try SignatureChecker.vectors("A")
        #expect(try checker.verdict(request: present, in: .first) == .signed(by: try client.ownID))
        #expect(try checker.verdict(response: response, in: .first) == .invalid(.signature))
        var madeUp = old
        var option = try #require(madeUp.options.oscore)
        option[0] &= ~0x20
        madeUp.options.oscore = option
        madeUp.payload = [UInt8](repeating: 0, count: 20)
        _ = try checker.verdict(request: madeUp, in: .first)
        #expect(try checker.verdict(response: response, in: .first) == .signedIfAsked(by: try server.ownID))
    }

    /// The second sight of a genuine request (behind a proxy), and a recorded one put in its place.
    @Test func aRecordedRequestMustNotMakeTheResponseToARepeatedOneInvalid() throws {
        let (client, server) = (try GroupContext.suiteA(member: "25"), try GroupContext.suiteA(member: "52"))
        let old = try client.protectRequest(.on).0
        let request = try client.protectRequest(.on).0
        var binding = try server.received(request).binding
        let response = try server.protectResponse(.done, to: &binding)
        let checker = try SignatureChecker.vectors("A")
        let elsewhere = CheckedExchange(client: CheckedExchange.first.client, token: Token(9))
        _ = try checker.verdict(request: old, in: elsewhere)
        _ = try checker.verdict(request: request, in: .first)
        _ = try checker.verdict(request: request, in: .second)  // behind the proxy
        #expect(try checker.verdict(response: response, in: .second) == .signed(by: try server.ownID))
        _ = try checker.verdict(request: old, in: .second)  // no key needed
        #expect(try checker.verdict(response: response, in: .second) == .notCheckable(.uncheckedRequest))
    }

    /// The genuine request is one the checker cannot remember (or has not seen); a recorded one is put in its exchange.
    @Test func aRecordedRequestMustNotMakeAnUnmatchedResponseInvalid() throws {
        let (client, server) = (try GroupContext.suiteA(member: "25"), try GroupContext.suiteA(member: "52"))
        let old = try client.protectRequest(.on).0
        let request = try client.protectRequest(.on).0
        var binding = try server.received(request).binding
        let response = try server.protectResponse(.done, to: &binding)
        let checker = try SignatureChecker.vectors("A")
        _ = try checker.verdict(request: old, in: .first)
        #expect(try checker.verdict(response: response, in: .second) == .notCheckable(.unmatchedResponse))
        _ = try checker.verdict(request: old, in: .second)
        #expect(try checker.verdict(response: response, in: .second) == .notCheckable(.uncheckedRequest))
    }

    /// After a restart (or of a request that the checker missed) a recorded request counts as new and replaces the present one.
    @Test func aRecordedRequestUnknownToTheCheckerMustNotReplaceThePresentOne() throws {
        let (client, server) = (try GroupContext.suiteA(member: "25"), try GroupContext.suiteA(member: "52"))
        let old = try client.protectRequest(.on).0  // passed before the checker began
        let request = try client.protectRequest(.on).0
        var binding = try server.received(request).binding
        let response = try server.protectResponse(.done, to: &binding)
        let checker = try SignatureChecker.vectors("A")
        _ = try checker.verdict(request: request, in: .first)
        #expect(try checker.verdict(response: response, in: .first) == .signed(by: try server.ownID))
        _ = try checker.verdict(request: old, in: .first)
        #expect(try checker.verdict(response: response, in: .first) == .signed(by: try server.ownID))
    }
}
