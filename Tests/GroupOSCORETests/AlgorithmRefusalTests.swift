import COSE
import CryptoPrimitives
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct AlgorithmRefusalTests {
    /// What building a context with these algorithms says.
    private func refusal(_ change: (inout GroupAlgorithms) -> Void) -> ContextError? {
        var algorithms = GroupAlgorithms.suiteA
        change(&algorithms)
        do {
            _ = try GroupContext.vectors("A", member: "25", algorithms: algorithms)
            return nil
        } catch {
            return error as? ContextError
        }
    }

    @Test(.requirement("GOSC-0027", "GOSC-0023"), arguments: [-65531, -65530, -65529])
    func aesCBCIsForbidden(number: Int) {
        let refusal = refusal { $0.groupEncryption = GroupEncryptionAlgorithm(rawValue: number) }
        #expect(refusal == .forbiddenAlgorithm)
    }

    @Test(.requirement("GOSC-0028"))
    func whatNobodySpecifiedIsNotUsed() {
        // Among them AES-MAC, a hash, key wrap, RSA, reserved numbers.
        for number in [0, 4, 14, 15, 25, -3, -16, -257, 34, -65528, -65535, 65535] {
            let group = refusal { $0.groupEncryption = GroupEncryptionAlgorithm(rawValue: number) }
            #expect(group == .unsupportedAlgorithm, "\(number)")
            let pairwise = refusal { $0.aead = AEADAlgorithm(rawValue: number) }
            #expect(pairwise == .unsupportedAlgorithm, "\(number)")
        }
    }

    @Test(.requirement("GOSC-0010"), arguments: [-65534, -65533, -65532, -65531, -65530, -65529])
    func pairwiseModeNeedsIntegrity(number: Int) {
        let refusal = refusal { $0.aead = AEADAlgorithm(rawValue: number) }
        #expect(refusal == .notAnAEAD)
    }

    @Test(.requirement("GOSC-0012"))
    func onlyHKDFsMadeOfHMACAreTaken() {
        for number in [14, 15, 25, 26, 4, 0, -10, -11] {
            let refusal = refusal { $0.hkdf = HKDFAlgorithm(rawValue: number) }
            #expect(refusal == .unsupportedAlgorithm, "\(number)")
        }
    }

    @Test(.requirement("GOSC-0036", "GOSC-0037", "GOSC-0038"))
    func theKeyAgreementGoesWithTheHKDF() {
        let ecdhES = PairwiseKeyAgreementAlgorithm(rawValue: -25)
        let keyWrap = PairwiseKeyAgreementAlgorithm(rawValue: -32)
        for (hkdf, agreement, expected) in [
            (HKDFAlgorithm.hkdfSHA256, PairwiseKeyAgreementAlgorithm.ecdhSSHKDF256, nil as ContextError?),
            (.hkdfSHA512, .ecdhSSHKDF512, nil), (.hkdfSHA256, .ecdhSSHKDF512, .keyAgreementMismatch),
            (.hkdfSHA512, .ecdhSSHKDF256, .keyAgreementMismatch), (.hkdfSHA256, ecdhES, .keyAgreementMismatch),
            (.hkdfSHA256, keyWrap, .keyAgreementMismatch), (.hkdfSHA384, .ecdhSSHKDF256, .keyAgreementMismatch),
        ] {
            let refusal = refusal {
                $0.hkdf = hkdf
                $0.pairwiseKeyAgreement = agreement
            }
            #expect(refusal == expected, "\(hkdf.name) with \(agreement.name)")
        }
    }

    @Test func unknownSignaturesAndGroupsWithoutAnyModeAreRefused() {
        #expect(refusal { $0.signature = SignatureAlgorithm(rawValue: -257) } == .unsupportedAlgorithm)
        #expect(refusal { $0.signature = SignatureAlgorithm(rawValue: -19) } == .unsupportedAlgorithm)
        #expect(
            refusal {
                $0.signature = nil
                $0.aead = nil
            } == .noMode)
    }

    /// The group's credentials are Ed25519, so they do not countersign with ECDSA.
    @Test(.requirement("GOSC-0054"))
    func credentialsFitTheSignatureAlgorithm() {
        #expect(refusal { $0.signature = .es256 } == .invalidCredential(.signature(.ed25519, .es256)))
        #expect(refusal { $0.signature = .es384 } == .invalidCredential(.signature(.ed25519, .es384)))
    }

    @Test(.requirement("GOSC-0041", "GOSC-0042"))
    func senderIDsAreBoundedByTheShorterNonce() throws {
        // AES-CCM with a nonce of 7 leaves one byte, AES-CTR with 12 six, AES-CCM with 13 seven.
        for (aead, group, maximum) in [
            (AEADAlgorithm.aesCCM_16_64_128, GroupEncryptionAlgorithm.aesCCM_16_64_128, 7),
            (.aesCCM_16_64_128, .a128CTR, 6), (.chaCha20Poly1305, .aesCCM_16_64_128, 6),
            (.aesCCM_64_64_128, .aesCCM_16_64_128, 1), (.aesCCM_16_64_128, .aesCCM_64_128_256, 1),
        ] {
            var algorithms = GroupAlgorithms.suiteA
            algorithms.aead = aead
            algorithms.groupEncryption = group
            let context = try GroupContext.vectors("A", member: "25", algorithms: algorithms)
            let credential = try #require(context.credential)
            for count in 0...7 {
                let id = try #require(SenderID([UInt8](repeating: 0xee, count: count)))
                if count <= maximum {
                    try context.addRecipient(id, credential: credential)
                    #expect(context.replayWindow(of: id) != nil)
                } else {
                    #expect(throws: ContextError.identifierTooLong) {
                        try context.addRecipient(id, credential: credential)
                    }
                }
            }
        }
    }

    @Test(.requirement("GOSC-0357"))
    func noTagIsLongEnoughFor128Bits() {
        for (encryption, strength) in [
            (GroupEncryptionAlgorithm.aesCCM_16_64_128, 32), (.aesCCM_64_64_256, 32), (.aesCCM_16_128_128, 64),
            (.a256GCM, 64), (.chaCha20Poly1305, 64), (.a256CTR, nil),
        ] as [(GroupEncryptionAlgorithm, Int?)] {
            var algorithms = GroupAlgorithms.suiteA
            algorithms.groupEncryption = encryption
            #expect(algorithms.countersignedTagStrength == strength, "\(encryption.name)")
            algorithms.signature = nil
            #expect(algorithms.countersignedTagStrength == nil)
        }
    }
}
