import CoAP
import CryptoPrimitives
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// Members that are heard before they are known (RFC 10021 §7.2, §7.4, §8.4, §8.6).
struct FirstContactTests {
    private let bench = AlgorithmBench(algorithms: .suiteA, keyKind: .ed25519)
    private let clientID = TestGroup.senderID(AlgorithmBench.client)
    private let serverID = TestGroup.senderID(AlgorithmBench.server)

    @Test(.requirement("GOSC-0201", "GOSC-0257"), arguments: [true, false])
    func withoutCredentialThereIsNoCryptography(isGroupMode: Bool) throws {
        let client = try client()
        let server = try bench.member(AlgorithmBench.server, knowing: [9])
        let request = try protect(client, isGroupMode: isGroupMode).0
        #expect(try server.judged(request) == "unknownSender")
        #expect(hex(server.buffers.structure) == "")
        #expect(hex(server.buffers.keystream) == "")
        #expect(hex(server.buffers.plaintext) == "")
        #expect(server.replayWindow(of: TestGroup.senderID(9))?.highest == nil)
        #expect(server.recipientIDs.count == 1)
    }

    @Test(.requirement("GOSC-0256", "GOSC-0257"), arguments: [true, false])
    func nothingRemainsOfAForgedRequest(isGroupMode: Bool) throws {
        let client = try client()
        let server = try bench.member(AlgorithmBench.server, knowing: [])
        let (genuine, _) = try protect(client, isGroupMode: isGroupMode)
        var forged = genuine
        forged.payload[0] ^= 1
        try addClient(to: server)
        #expect(try server.judged(forged) == (isGroupMode ? "signature" : "decryption"))
        #expect(server.recipients[clientID]?.hasPairwiseKeys == !isGroupMode)
        server.removeRecipient(clientID)
        #expect(server.recipients[clientID] == nil)
        #expect(!server.hasForgottenRecipients)
        // As if it had never been there.
        try addClient(to: server)
        #expect(server.recipients[clientID]?.hasPairwiseKeys == false)
        let received = try server.received(genuine)
        #expect(server.recipients[clientID]?.hasPairwiseKeys == !isGroupMode)
        // GOSC-0211 in both modes: what responses are bound to.
        #expect(received.binding.request.kid == clientID)
        #expect(received.binding.groupID == client.groupID)
    }

    @Test(.requirement("GOSC-0257"), arguments: [true, false])
    func nobodyActsOnItsOwnMessage(isGroupMode: Bool) throws {
        let client = try client()
        #expect(try client.judged(try protect(client, isGroupMode: isGroupMode).0) == "ownMessage")
    }

    @Test(.requirement("GOSC-0225", "GOSC-0261"), arguments: [true, false])
    func nothingRemainsOfAForgedResponse(isGroupMode: Bool) throws {
        let client = try bench.member(AlgorithmBench.client, knowing: [9])
        let server = try bench.member(AlgorithmBench.server, knowing: [AlgorithmBench.client])
        let other = try bench.member(9, knowing: [AlgorithmBench.client])
        let (request, binding) = try client.protectRequest(.on)
        let response = try respond(server, to: request, isGroupMode: isGroupMode)
        #expect(throws: VerificationFailure.unknownSender) { try client.answered(response, to: binding) }
        #expect(client.recipients[serverID] == nil)
        // The exchange is open for the others.
        let expected = try respond(other, to: request, isGroupMode: isGroupMode)
        #expect(try client.answered(expected, to: binding).message == .done)
        var forged = response
        forged.payload[0] ^= 1
        try client.addRecipient(
            serverID, credential: bench.credential(of: AlgorithmBench.server), onReception: true)
        #expect(throws: isGroupMode ? VerificationFailure.signature : .decryption) {
            try client.answered(forged, to: binding)
        }
        #expect(client.recipients[serverID]?.hasPairwiseKeys == !isGroupMode)
        client.removeRecipient(serverID)
        #expect(client.recipients[serverID] == nil)
        #expect(!client.hasForgottenRecipients)
    }

    @Test(.requirement("GOSC-0231"), arguments: [true, false])
    func theKidOfAResponseIsWhereTheNextRequestGoes(isGroupMode: Bool) throws {
        let client = try client()
        let server = try bench.member(AlgorithmBench.server, knowing: [AlgorithmBench.client])
        let (request, binding) = try client.protectRequest(.on, to: serverID)
        var served = try server.received(request).binding
        let renamed = TestGroup.senderID(0x53)
        try server.renewSender(
            senderID: renamed, privateKey: bench.key(of: AlgorithmBench.server), reservation: numbers())
        try client.addRecipient(renamed, credential: bench.credential(of: AlgorithmBench.server))
        let response =
            try isGroupMode
            ? server.protectResponse(.done, to: &served) : server.protectPairwiseResponse(.done, to: &served)
        let answer = try client.answered(response, to: binding)
        #expect(answer.sender == renamed)
        let (next, nextBinding) = try client.protectRequest(.on, to: answer.sender)
        #expect(nextBinding.intendedResponder == renamed)
        #expect(try server.judged(next) == "verified")
    }

    private func client() throws -> GroupContext {
        try bench.member(AlgorithmBench.client, knowing: [AlgorithmBench.server])
    }

    private func addClient(to server: GroupContext) throws {
        try server.addRecipient(
            clientID, credential: bench.credential(of: AlgorithmBench.client), onReception: true)
    }

    private func protect(_ client: GroupContext, isGroupMode: Bool) throws -> (Message, GroupRequestBinding) {
        try isGroupMode ? client.protectRequest(.on) : client.protectRequest(.on, to: serverID)
    }

    private func respond(_ server: GroupContext, to request: Message, isGroupMode: Bool) throws -> Message {
        var served = try server.received(request).binding
        return try isGroupMode
            ? server.protectResponse(.done, to: &served) : server.protectPairwiseResponse(.done, to: &served)
    }
}
