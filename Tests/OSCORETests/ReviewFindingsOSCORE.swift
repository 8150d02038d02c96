import Bytes
import COSE
import CoAP
import TestSupport
import Testing

@testable import OSCORE

// Each test states what should hold; it fails where a review found that it does not.

struct ReviewFindingsOSCORE {
    /// The public setter takes an older value: `var r = c.reservation; … await …; r.extend(to:); c.reservation = r`.
    @Test func aReservationNeverGoesBack() throws {
        let pair = try Pair()
        var stale = pair.client.reservation
        let first = try pair.client.protectRequest(Message(.put, payload: [1])).1
        stale.extend(to: 2000)
        pair.client.reservation = stale
        let second = try pair.client.protectRequest(Message(.put, payload: [2])).1
        #expect(first.partialIV != second.partialIV, "one nonce for two plaintexts")
    }

    /// Recipient IDs need not be unique among contexts.
    @Test func anUnprovenRequestIsAcceptedByItsOwnContextOnly() throws {
        let one = try Pair(secret: Array(0..<16))
        let other = try Pair(secret: Array(16..<32))
        one.server.loseReplayWindow()
        other.server.loseReplayWindow()
        let request = try #require(one.atServer(try one.client.protectRequest(Message(.put, payload: [1])).0).unproven)
        #expect(other.server.accept(request).verified == nil, "a request of one peer is that of another")
    }

    /// R3 = ID1 makes the third context the second one: response #2 would go under the nonce of response #1.
    @Test func aRederivationRefusesTheOldIDContextAsR3() throws {
        let r1 = [UInt8](repeating: 1, count: 8)
        let parameters = { (own: [UInt8], peer: [UInt8]) throws -> ContextParameters in
            let secret = Pair.secret
            return ContextParameters(
                masterSecret: SecretBytes(copying: secret.span), senderID: try #require(SenderID(own)),
                recipientID: try #require(SenderID(peer)))
        }
        var client = try RederivationClient(parameters([1], [2]), r1: r1)
        var server = RederivationServer(try parameters([2], [1]))
        let (request, binding) = try client.context.protectRequest(Message(.put, payload: [1]))
        let body = request.body
        guard
            case .challenge(let response) = server.verifyRequest(
                try ProtectedMessage(body.span), r2: [UInt8](repeating: 2, count: 8), at: .zero)
        else {
            Issue.record("no challenge")
            return
        }
        let answer = response.body
        let failure = client.receiveChallenge(try ProtectedMessage(answer.span), to: binding, r3: r1)
        #expect(failure != nil, "request #2 and its response use the keys of response #1 again")
    }
}
