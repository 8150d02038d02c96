import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct SilentServerTests {
    @Test(.requirement("GOSC-0002", "GOSC-0007"))
    func aSilentServerListensToTheGroupAndNeverSpeaks() throws {
        let server = try GroupContext.silentServer()
        let client = try GroupContext.suiteA(member: "25")
        let received = try server.received(try client.protectRequest(.on).0)
        #expect(received.message == .on)
        #expect(server.isSilentServer)
        #expect(server.senderID == nil)
        var binding = received.binding
        let peer = try client.ownID
        #expect(throws: ProtectionError.noSenderContext) { try server.protectRequest(.on) }
        #expect(throws: ProtectionError.noSenderContext) { try server.protectRequest(.on, to: peer) }
        #expect(throws: ProtectionError.noSenderContext) { try server.protectResponse(.done, to: &binding) }
        #expect(throws: ProtectionError.noSenderContext) { try server.protectPairwiseResponse(.done, to: &binding) }
    }

    @Test(.requirement("GOSC-0002"))
    func pairwiseRequestsAreDiscarded() throws {
        let server = try GroupContext.silentServer()
        let client = try GroupContext.suiteA(member: "25")
        let (request, _) = try client.protectRequest(.on, to: try #require(SenderID([0x52])))
        #expect(try server.judged(request) == "mode")
    }

    @Test(.requirement("GOSC-0354", "GOSC-0090"))
    func withAnInvalidWindowItDiscardsBecauseItCannotChallenge() throws {
        let server = try GroupContext.silentServer()
        let client = try GroupContext.suiteA(member: "25")
        server.removeRecipient(try #require(SenderID([0x77])))
        let clientID = try client.ownID
        let credential = try #require(server.credential(of: clientID))
        server.removeRecipient(clientID)
        try server.addRecipient(clientID, credential: credential)
        #expect(try server.judged(try client.protectRequest(.on).0) == "invalidWindow")
    }

    @Test func aGroupWithoutGroupModeHasNoSilentServers() throws {
        var algorithms = GroupAlgorithms.suiteA
        algorithms.signature = nil
        #expect(throws: ContextError.noMode) {
            try GroupContext(
                silentServerOf: try #require(GroupID([1])), masterSecret: [UInt8](repeating: 1, count: 16).span,
                masterSalt: [], algorithms: algorithms, managerCredential: [0xa0])
        }
    }
}
