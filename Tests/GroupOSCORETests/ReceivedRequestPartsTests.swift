import Bytes
import COSE
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// What is kept of a member's requests is, after any sequence of them, what would be made anew.
struct ReceivedRequestPartsTests {
    @Test(arguments: UInt64(0)..<6) func everyRequest(seed: UInt64) throws {
        var random = SeededGenerator(seed: 1300 + seed)
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52")
        let clientID = try #require(client.senderID)
        let sender = try #require(server.recipients[clientID])
        var parts = ReceivedRequestParts()
        let gid = server.groupID.bytes
        var number: UInt64 = 0
        for _ in 0..<400 {
            number =
                Bool.random(using: &random)
                ? number + 1
                : UInt64.random(in: 0...0xff_ffff_ffff, using: &random) >> UInt64.random(in: 0...39, using: &random)
            let partialIV = try #require(PartialIV(number & 0xff_ffff_ffff))
            var value: [UInt8] = []
            OSCOREOption.write(
                isGroupMode: false, partialIV: partialIV, kidContext: gid.span, kid: clientID,
                into: &value)
            parts.prepare(partialIV, optionValue: value.span, in: server, sender: sender)

            let request = RequestBinding(kid: clientID, partialIV: partialIV)
            let head = server.common.aadHead
            var expected = Scratch()
            expected.fillEncStructure(
                head: head, request: request, groupID: server.groupID, optionValue: value.span, tail: sender.aadTail)
            #expect(hex(parts.structure) == hex(expected))
            var nonce = Scratch(capacity: 16)
            nonce.fillNonce(
                commonIV: server.common.commonIV, producer: clientID, partialIV: partialIV,
                count: server.common.pairwiseNonceLength)
            #expect(hex(parts.nonce) == hex(nonce))
        }
    }

    /// Members take turns, in both modes of response, and each finds its own parts.
    @Test func manyClientsTakeTurns() throws {
        let server = try GroupContext.suiteA(member: "52")
        let clientID = try #require(SenderID(bytes("25")))
        let otherID = try #require(server.recipientIDs.first { $0 != clientID })
        let clients = try [clientID, otherID].map { try GroupContext.suiteA(member: Hex.encode($0.bytes)) }
        let serverID = try #require(server.senderID)
        for turn in 0..<600 {
            let client = clients[turn % 3 == 0 ? 0 : 1]
            let (request, binding) = try client.protectRequest(.on, to: serverID)
            let requestBody = request.body
            guard case .verified(let verified) = server.verifyRequest(try ProtectedMessage(requestBody.span)) else {
                Issue.record("turn \(turn)")
                return
            }
            #expect(verified.sender == client.senderID)
            var served = verified.binding
            let response = try server.protectPairwiseResponse(
                Message(code: .changed), to: &served, usesOwnPartialIV: turn % 2 == 0)
            let responseBody = response.body
            let received = try client.verifyResponse(try ProtectedMessage(responseBody.span), to: binding).get()
            #expect(received.sender == serverID)
        }
    }
}
