import COSE
import CoAP
import CryptoPrimitives
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct SenderRenewalTests {
    private let newID = [UInt8]([0x61])

    private func key(of id: String) throws -> PrivateKey {
        PrivateKey(try Ed25519PrivateKey(seed: bytes(GroupVectors.shared.member(id).ed25519Seed).span))
    }

    @Test(.requirement("GOSC-0102", "GOSC-0103", "GOSC-0069", "GOSC-0070", "GOSC-0213"))
    func aNewSenderIDMakesNewKeysAndStartsCountingAnew() throws {
        let client = try GroupContext.suiteA(member: "25", sequence: 200)
        let server = try GroupContext.suiteA(member: "52")
        let oldID = try client.ownID
        let newID = try #require(SenderID(newID))
        _ = try server.received(try client.protectRequest(.on, to: server.ownID).0)
        let oldSecrets = try client.pairwiseSecrets(with: server.ownID)
        try client.renewSender(senderID: newID, privateKey: key(of: "25"), reservation: numbers())
        #expect(client.senderID == newID)
        #expect(client.groupID == server.groupID)
        let newSecrets = try client.pairwiseSecrets(with: server.ownID)
        #expect(hex(oldSecrets.senderKey) != hex(newSecrets.senderKey))
        #expect(hex(oldSecrets.recipientKey) == hex(newSecrets.recipientKey))

        let credential = try #require(server.credential(of: oldID))
        try server.addRecipient(newID, credential: credential)
        for message in [try client.protectRequest(.on).0, try client.protectRequest(.on, to: server.ownID).0] {
            #expect(try message.fields.kid == "61")
            #expect(try server.received(message).sender == newID)
        }
        #expect(client.reservation?.next == 2)
    }

    /// The one that was asked may answer under a new Sender ID; then it says so, and takes its own Partial IV.
    @Test(.requirement("GOSC-0221", "GOSC-0229", "GOSC-0258"), arguments: [false, true])
    func anAnswerUnderANewSenderIDNamesIt(isGroupMode: Bool) throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52", sequence: 200)
        let oldID = try server.ownID
        let newID = try #require(SenderID(newID))
        let (request, binding) = try client.protectRequest(.on, to: oldID)
        var served = try server.received(request).binding
        try server.renewSender(senderID: newID, privateKey: key(of: "52"), reservation: numbers())
        let response =
            try isGroupMode
            ? server.protectResponse(.done, to: &served) : server.protectPairwiseResponse(.done, to: &served)
        #expect(
            try response.fields
                == Message.Fields(isGroupMode: isGroupMode, partialIV: 0, kid: "61", groupID: nil))
        #expect(throws: VerificationFailure.unknownSender) { try client.answered(response, to: binding) }
        try client.addRecipient(newID, credential: try #require(client.credential(of: oldID)))
        #expect(try client.answered(response, to: binding).sender == newID)
    }

    /// It would derive the same Sender Key again, and number from the start under it.
    @Test(.requirement("GOSC-0102", "OSC-0069")) func aFormerSenderIDIsRefused() throws {
        let member = try GroupContext.suiteA(member: "25")
        _ = try member.protectRequest(.on)
        let nonce = hex(member.buffers.nonce)
        let former = try member.ownID
        let ids = [try #require(SenderID(newID)), try #require(SenderID([0x62]))]
        for id in ids {
            try member.renewSender(senderID: id, privateKey: key(of: "25"), reservation: numbers())
            for former in [former] + ids.prefix(while: { $0 != id }) {
                #expect(throws: ContextError.notUnique) {
                    try member.renewSender(senderID: former, privateKey: key(of: "25"), reservation: numbers())
                }
            }
            #expect(member.senderID == id)
            _ = try member.protectRequest(.on)
            #expect(hex(member.buffers.nonce) != nonce)
        }
    }

    @Test func aSenderIDThatIsTakenOrTooLongIsRefused() throws {
        let client = try GroupContext.suiteA(member: "25")
        let taken = try #require(SenderID([0x52]))
        let own = try client.ownID
        #expect(throws: ContextError.identifiersNotDistinct) {
            try client.renewSender(senderID: taken, privateKey: key(of: "25"), reservation: numbers())
        }
        #expect(throws: ContextError.identifiersNotDistinct) {
            try client.renewSender(senderID: own, privateKey: key(of: "25"), reservation: numbers())
        }
        let free = try #require(SenderID(newID))
        #expect(throws: ContextError.invalidCredential(.privateKey)) {
            try client.renewSender(senderID: free, privateKey: key(of: "52"), reservation: numbers())
        }
        #expect(client.senderID == own)
    }

    @Test(.requirement("GOSC-0081", "GOSC-0082", "GOSC-0086"))
    func afterALossOfStateNothingIsSentOrAccepted() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52")
        let (request, binding) = try client.protectRequest(.on)
        let (pairwise, _) = try client.protectRequest(.on, to: server.ownID)
        var served = try server.received(request).binding
        let response = try server.protectResponse(.done, to: &served)
        let peer = try client.ownID
        server.noteLossOfState()
        #expect(try server.judged(pairwise) == "stateLost")
        #expect(throws: ProtectionError.noSenderContext) { try server.protectRequest(.on) }
        #expect(throws: ProtectionError.noSenderContext) { try server.protectRequest(.on, to: peer) }
        #expect(throws: ProtectionError.noSenderContext) { try server.protectResponse(.done, to: &served) }
        #expect(throws: ProtectionError.noSenderContext) { try server.protectPairwiseResponse(.done, to: &served) }
        client.noteLossOfState()
        #expect(throws: VerificationFailure.stateLost) { try client.answered(response, to: binding) }
    }

    @Test(.requirement("GOSC-0087"))
    func aSilentServerThatLostItsStateAcceptsNothing() throws {
        let server = try GroupContext.silentServer()
        let (request, _) = try GroupContext.suiteA(member: "25").protectRequest(.on)
        server.noteLossOfState()
        #expect(try server.judged(request) == "stateLost")
    }

    @Test(.requirement("GOSC-0096", "GOSC-0097", "GOSC-0356"))
    func afterTheLastNumberNothingWithAPartialIVIsProtected() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52", sequence: PartialIV.maximum.value)
        var binding = try server.received(try client.protectRequest(.on).0).binding
        #expect(try server.protectRequest(.on).0.fields.partialIV == PartialIV.maximum.value)
        let peer = try client.ownID
        #expect(throws: ProtectionError.sequenceNumbersExhausted) { try server.protectRequest(.on) }
        #expect(throws: ProtectionError.sequenceNumbersExhausted) { try server.protectRequest(.on, to: peer) }
        // The one response that needs none still goes.
        #expect(try server.protectResponse(.done, to: &binding).fields.partialIV == nil)
        #expect(throws: ProtectionError.sequenceNumbersExhausted) { try server.protectResponse(.done, to: &binding) }
    }
}
