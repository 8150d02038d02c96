import Bytes
import COSE
import CoAP
import CryptoPrimitives
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

// Each test states what should hold; it fails where a review found that it does not.

struct ReviewFindingsNonces {
    /// A copied binding, and a client that was evicted and learned again: its `answered` window is gone.
    @Test func aNonceStaysGivenAwayWhenTheClientIsForgottenAndLearnedAgain() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52", sequence: 70)
        let binding = try server.received(try client.protectRequest(.on).0).binding
        var (first, second) = (binding, binding)
        #expect(try server.protectResponse(.done, to: &first).fields.partialIV == nil)
        let nonce = hex(server.buffers.nonce)
        let clientID = try client.ownID
        let credential = try #require(server.credential(of: clientID))
        server.removeRecipient(clientID)
        try server.addRecipient(clientID, credential: credential)
        var other = Message.done
        other.payload = Array("DONE".utf8)
        _ = try server.protectResponse(other, to: &second)
        #expect(hex(server.buffers.nonce) != nonce, "one nonce under one Sender Key for two plaintexts")
    }

    /// Back to a Sender ID that this very context has used before.
    @Test func renewSenderNeverGoesBackToAnOldSenderIDWithItsNumbers() throws {
        let member = try GroupContext.suiteA(member: "25")
        _ = try member.protectRequest(.on)
        let nonce = hex(member.buffers.nonce)
        let key = { try PrivateKey(Ed25519PrivateKey(seed: bytes(GroupVectors.shared.member("25").ed25519Seed).span)) }
        let (old, new) = (try #require(SenderID([0x25])), try #require(SenderID([0x26])))
        try member.renewSender(senderID: new, privateKey: key(), reservation: numbers())
        #expect(throws: ContextError.self) {
            try member.renewSender(senderID: old, privateKey: key(), reservation: numbers())
        }
        _ = try member.protectRequest(.on)
        #expect(hex(member.buffers.nonce) != nonce)
    }

    /// The public setter takes any value, an older one too: what `get`, an `await`, and `set` around it come to.
    @Test func aReservationNeverGoesBack() throws {
        let member = try GroupContext.suiteA(member: "25")
        var stale = try #require(member.reservation)
        _ = try member.protectRequest(.on)
        let nonce = hex(member.buffers.nonce)
        stale.extend(to: 2000)
        member.reservation = stale
        _ = try member.protectRequest(.done.asRequest)
        #expect(hex(member.buffers.nonce) != nonce)
    }

    /// GOSC-0169: only the first response may go without a Partial IV.
    @Test func aSecondResponseAlwaysHasAPartialIV() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52", sequence: 70)
        var binding = try server.received(try client.protectRequest(.on).0).binding
        #expect(try server.protectResponse(.done, to: &binding, usesOwnPartialIV: true).fields.partialIV == 70)
        #expect(try server.protectResponse(.done, to: &binding).fields.partialIV == 71)
    }
}

extension Message {
    fileprivate var asRequest: Message { Message(code: .put, options: Options(), payload: payload) }
}

struct ReviewFindingsUnproven {
    private func unproven(_ server: GroupContext, _ client: GroupContext) throws -> GroupOSCORE.UnprovenRequest {
        let clientID = try client.ownID
        let credential = try #require(server.credential(of: clientID))
        server.removeRecipient(clientID)
        try server.addRecipient(clientID, credential: credential)
        let body = try client.protectRequest(.on).0.body
        guard case .unproven(let request) = server.verifyRequest(try ProtectedMessage(body.span)) else {
            throw BenchError.notVerified
        }
        return request
    }

    @Test func anUnprovenRequestIsAcceptedOnceThoughItsSenderIsLearnedAgain() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52")
        let clientID = try client.ownID
        let credential = try #require(server.credential(of: clientID))
        let request = try unproven(server, client)
        #expect(server.accept(request).name == "verified")
        server.removeRecipient(clientID)
        try server.addRecipient(clientID, credential: credential)
        #expect(server.accept(request).name != "verified", "the same request is accepted twice")
    }

    @Test func anUnprovenRequestIsNotAcceptedUnderAnotherCredential() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52")
        let request = try unproven(server, client)
        let other = try GroupContext.credential(of: GroupVectors.shared.member("77"))
        try server.addRecipient(try client.ownID, credential: other)
        #expect(server.accept(request).name != "verified", "nobody verified it with this credential")
    }
}

struct ReviewFindingsReferences {
    /// It "keeps the rest to itself": not from whoever prints it.
    @Test func anUnprovenRequestDoesNotPrintWhatItAsksFor() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52")
        let clientID = try client.ownID
        let credential = try #require(server.credential(of: clientID))
        server.removeRecipient(clientID)
        try server.addRecipient(clientID, credential: credential)
        let body = try client.protectRequest(.on).0.body
        let verdict = server.verifyRequest(try ProtectedMessage(body.span))
        #expect(verdict.name == "unproven")
        #expect(!String(describing: verdict).contains("\(Array("on".utf8))"))
    }
}
