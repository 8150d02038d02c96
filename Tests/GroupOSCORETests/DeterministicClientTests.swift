import COSE
import CoAP
import CryptoPrimitives
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// The member that does not exist: its name and its key.
struct DeterministicClientTests {
    private let question = Message(code: .get)

    @Test func nobodyIsNoMember() throws {
        let client = try GroupContext.deterministic(member: "25")
        let nobody = try GroupContext.nobody()
        let other = try GroupContext.suiteA(member: "25")
        let credential = try #require(client.credential)
        #expect(throws: ContextError.identifiersNotDistinct) {
            try client.addRecipient(nobody, credential: credential)
        }
        let own = DeterministicClient(senderID: try client.ownID)
        #expect(throws: ContextError.identifiersNotDistinct) { try other.setDeterministicClient(own) }
        let member = DeterministicClient(senderID: try #require(SenderID([0x52])))
        #expect(throws: ContextError.identifiersNotDistinct) { try other.setDeterministicClient(member) }
        let seed = bytes(try GroupVectors.shared.member("25").ed25519Seed)
        #expect(throws: ContextError.identifiersNotDistinct) {
            try client.renewSender(
                senderID: nobody, privateKey: PrivateKey(try Ed25519PrivateKey(seed: seed.span)),
                reservation: numbers())
        }
        let long = DeterministicClient(senderID: try #require(SenderID([UInt8](repeating: 1, count: 7))))
        #expect(throws: Never.self) { try other.setDeterministicClient(long) }
        let unknown = DeterministicClient(senderID: nobody, hashAlgorithm: HashAlgorithm(rawValue: -14))
        #expect(throws: ContextError.unsupportedAlgorithm) { try other.setDeterministicClient(unknown) }
        // Without the option its name is nobody's: there is no credential to ask the manager for.
        var (request, _) = try client.protectDeterministicRequest(question, to: nil)
        request.options.remove(.requestHash)
        #expect(try GroupContext.deterministic(member: "52").judged(request) == "mode")
        try other.setDeterministicClient(nil)
        #expect(throws: ProtectionError.modeUnavailable) { try other.protectDeterministicRequest(question, to: nil) }
    }

    @Test(arguments: ["E", "F"])
    func bothModesAreNeeded(suite: String) throws {
        let context = try GroupContext.vectors(suite, member: "25")
        let client = DeterministicClient(senderID: try GroupContext.nobody())
        #expect(throws: ContextError.noMode) { try context.setDeterministicClient(client) }
    }

    @Test(.requirement("CACH-0002"))
    func aRekeyingChangesItsKeyAndNotItsName() throws {
        let (before, after) = (
            try GroupContext.deterministic(member: "25"), try GroupContext.deterministic(member: "25", afterRekey: true)
        )
        #expect(before.deterministicClient == after.deterministicClient)
        let keys = (try senderKeyText(before), try senderKeyText(after))
        #expect(keys.0 != keys.1)
        let old = try before.protectDeterministicRequest(question, to: nil).0
        let new = try after.protectDeterministicRequest(question, to: nil).0
        #expect(old.options.first(of: .requestHash) != new.options.first(of: .requestHash))
        let server = try GroupContext.deterministic(member: "52", afterRekey: true)
        #expect(try server.asked(new).message == question)
        #expect(try server.judgedDeterministic(old) == "noContext")
    }
}
