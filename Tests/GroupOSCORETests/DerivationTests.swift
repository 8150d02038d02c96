import Bytes
import COSE
import CoAP
import CryptoPrimitives
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// What keys and nonces depend on, and what they do not.
struct DerivationTests {
    @Test(.requirement("GOSC-0013"))
    func theHKDFIsChosenByItsNumberWhichIsWrittenNowhere() throws {
        var algorithms = GroupAlgorithms.suiteA
        algorithms.aead = nil
        algorithms.pairwiseKeyAgreement = nil
        var seen: [(inputs: [String], outputs: [String])] = []
        for hkdf in [HKDFAlgorithm.hkdfSHA256, .hkdfSHA384, .hkdfSHA512] {
            algorithms.hkdf = hkdf
            let member = try AlgorithmBench(algorithms: algorithms, keyKind: .ed25519).member(1, knowing: [])
            _ = try member.protectRequest(.on)
            seen.append(
                (
                    [hex(member.buffers.externalAAD), hex(member.buffers.info), hex(member.buffers.salt)],
                    [
                        hex(member.common.commonIV), hex(member.common.signatureEncryptionKey),
                        hex(try member.common.senderKey(of: member.ownID)), hex(member.buffers.keystream),
                    ]
                ))
        }
        #expect(Set(seen.map(\.inputs)).count == 1)
        for index in 0..<4 {
            #expect(Set(seen.map { $0.outputs[index] }).count == 3)
        }
    }

    @Test func nothingIsDerivedFromNoSecret() throws {
        let groupID = try #require(GroupID([1]))
        let nothing: [UInt8] = []
        #expect(throws: ContextError.invalidKeyMaterial) {
            try GroupContext(
                silentServerOf: groupID, masterSecret: nothing.span, masterSalt: [], algorithms: .suiteA,
                managerCredential: [1])
        }
    }

    @Test(.requirement("GOSC-0071"))
    func aRekeyingChangesPairwiseKeysAndNotTheSharedSecret() throws {
        let before = try GroupContext.suiteA(member: "25")
        let after = try GroupContext.suiteA(member: "25", afterRekey: true)
        let peer = try #require(SenderID([0x52]))
        let old = try before.pairwiseSecrets(with: peer)
        let new = try after.pairwiseSecrets(with: peer)
        #expect(hex(old.sharedSecret) == hex(new.sharedSecret))
        #expect(hex(old.keyingMaterial) == hex(new.keyingMaterial))
        #expect(hex(old.senderKey) != hex(new.senderKey))
        #expect(hex(old.recipientKey) != hex(new.recipientKey))
    }

    @Test(.requirement("GOSC-0078"))
    func keptKeysAndFreshOnesMakeTheSameBytes() throws {
        let keeping = try GroupContext.suiteA(member: "25")
        let forgetting = try GroupContext.suiteA(member: "25")
        let peer = try #require(SenderID([0x52]))
        for _ in 0..<5 {
            forgetting.recipients.forEach { $0.pairwise = nil }
            let (kept, fresh) = (
                try keeping.protectRequest(.on, to: peer).0, try forgetting.protectRequest(.on, to: peer).0
            )
            #expect(kept == fresh)
        }
        #expect(keeping.recipients[peer]?.hasPairwiseKeys == true)
    }

    @Test(.requirement("GOSC-0079"))
    func theKeyForAPeerIsFoundByItsRecipientID() throws {
        let bench = AlgorithmBench(algorithms: .suiteA, keyKind: .ed25519)
        let peers = [UInt8](1...50)
        let client = try bench.member(100, knowing: peers)
        let servers = try peers.map { try bench.member($0, knowing: [100]) }
        for (index, server) in servers.enumerated() {
            let request = try client.protectRequest(.on, to: server.ownID).0
            let next = servers[(index + 1) % servers.count]
            #expect(try next.judged(request) == "decryption")
            #expect(try server.judged(request) == "verified")
            let fresh = try client.pairwiseSecrets(with: server.ownID)
            #expect(hex(fresh.senderKey) == hex(try server.pairwiseSecrets(with: client.ownID).recipientKey))
        }
    }

    @Test(.requirement("GOSC-0120"))
    func aNonceTakesTheLeadingBytesOfTheCommonIV() throws {
        let commonIV = try #require(Hex.decode("00112233445566778899aabbcc"))
        let nobody = try #require(SenderID([UInt8]()))
        for count in 7...13 {
            // Nothing but the Common IV is left of it.
            var nonce: [UInt8] = []
            Nonce.write(commonIV: commonIV.span, producer: nobody, partialIV: .zero, count: count, into: &nonce)
            #expect(nonce == Array(commonIV.prefix(count)))
        }
    }

    /// Suite B: 12 bytes for ChaCha20/Poly1305 or AES-CTR and 13 for AES-CCM, of one Common IV.
    @Test(.requirement("GOSC-0121", "GOSC-0120"))
    func bothModesMakeTheirNonceOfOneCommonIV() throws {
        let client = try GroupContext.vectors("B", member: "25", sequence: 7)
        let commonIV = bytes(try GroupVectors.suite("B").keys.commonIv)
        let (group, pairwise) = (client.algorithms.groupEncryption?.nonceLength, client.algorithms.aead?.nonceLength)
        #expect(group == 12 && pairwise == 13)
        _ = try client.protectRequest(.on)
        #expect(Hex.encode(client.trace.nonce) == expected(commonIV, partialIV: 7, count: 12))
        _ = try client.protectRequest(.on, to: try #require(SenderID([0x52])))
        #expect(Hex.encode(client.trace.nonce) == expected(commonIV, partialIV: 8, count: 13))
    }

    @Test(.requirement("GOSC-0121"))
    func anAlgorithmWithoutNonceIsUnsupported() {
        for number in -70000...70000 {
            let algorithm = GroupEncryptionAlgorithm(rawValue: number)
            guard algorithm.nonceLength == nil else { continue }
            #expect(algorithm.refusal != nil)
        }
    }

    /// RFC 8613 §5.2 once more, written differently: size of the ID | ID padded left | Partial IV padded left to 5.
    private func expected(_ commonIV: [UInt8], partialIV: UInt8, count: Int) -> String {
        let plain = [1] + [UInt8](repeating: 0, count: count - 7) + [0x25, 0, 0, 0, 0, partialIV]
        return Hex.encode(zip(plain, commonIV).map { $0 ^ $1 })
    }
}
