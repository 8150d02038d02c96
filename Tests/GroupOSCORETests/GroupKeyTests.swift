import Bytes
import COSE
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct GroupKeyTests {
    static let suites = GroupVectors.shared.suites.map(\.id)

    @Test(
        .requirement(
            "GOSC-0016", "GOSC-0017", "GOSC-0018", "GOSC-0030", "GOSC-0031", "GOSC-0032", "GOSC-0033", "GOSC-0034",
            "GOSC-0041", "GOSC-0046", "GOSC-0047", "GOSC-0048", "GOSC-0049", "GOSC-0050", "GOSC-0106"),
        arguments: suites)
    func keysAreDerivedAsInTheVectors(id: String) throws {
        let suite = try GroupVectors.suite(id)
        for afterRekey in [false, true] {
            guard let keys = afterRekey ? suite.afterRekey?.keys : suite.keys else { continue }
            let context = try GroupContext.vectors(id, member: "25", afterRekey: afterRekey)
            #expect(hex(context.common.commonIV) == keys.commonIv)
            #expect(
                context.algorithms.hasGroupMode == false
                    || hex(context.common.signatureEncryptionKey) == keys.signatureEncryptionKey)
            #expect(context.algorithms.maximumSenderIDCount == keys.maxSenderIdLen)
            for (id, key) in keys.senderKeys {
                let derived = try context.common.senderKey(of: try #require(SenderID(bytes(id))))
                #expect(hex(derived) == key.key)
            }
        }
    }

    @Test(
        .requirement(
            "GOSC-0062", "GOSC-0063", "GOSC-0064", "GOSC-0065", "GOSC-0066", "GOSC-0067", "GOSC-0070", "GOSC-0286"),
        arguments: suites)
    func pairwiseKeysAreDerivedAsInTheVectors(id: String) throws {
        let suite = try GroupVectors.suite(id)
        for afterRekey in [false, true] {
            let keys = (afterRekey ? suite.afterRekey?.keys : suite.keys)?.pairwiseKeys ?? []
            #expect(afterRekey || keys.isEmpty == !GroupAlgorithms(suite).hasPairwiseMode)
            for key in keys {
                // The sender's Pairwise Sender Key is the recipient's Pairwise Recipient Key.
                let sender = try GroupContext.vectors(id, member: key.from, afterRekey: afterRekey)
                let recipient = try GroupContext.vectors(id, member: key.to, afterRekey: afterRekey)
                let fromID = try #require(SenderID(bytes(key.from)))
                let toID = try #require(SenderID(bytes(key.to)))
                let secrets = try sender.pairwiseSecrets(with: toID)
                #expect(hex(secrets.senderKey) == key.pairwiseKey)
                #expect(hex(secrets.keyingMaterial) == key.ikm)
                #expect(hex(secrets.sharedSecret) == key.sharedSecret)
                #expect(hex(try recipient.pairwiseSecrets(with: fromID).recipientKey) == key.pairwiseKey)
            }
        }
    }
}
