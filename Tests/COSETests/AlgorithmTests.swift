import COSE
import CryptoPrimitives
import TestSupport
import Testing

struct AlgorithmTests {
    struct Group: Decodable {
        struct Cipher: Decodable {
            let value: Int
            let name: String
            let key_len: Int
            let nonce_len: Int
            let tag_len: Int
        }

        struct Suite: Decodable {
            let id: String
            let aead_algorithm: Cipher?
            let group_encryption_algorithm: Cipher?
        }

        let suites: [Suite]
    }

    @Test(.requirement("OSC-0011")) func lengthsAgreeWithTheVectors() throws {
        let file: Group = try VectorFile.load("group-oscore-generated")
        for suite in file.suites {
            if let expected = suite.aead_algorithm {
                let algorithm = AEADAlgorithm(rawValue: expected.value)
                #expect(algorithm.keyLength == expected.key_len)
                #expect(algorithm.nonceLength == expected.nonce_len)
                #expect(algorithm.tagLength == expected.tag_len)
            }
            if let expected = suite.group_encryption_algorithm {
                let algorithm = GroupEncryptionAlgorithm(rawValue: expected.value)
                #expect(algorithm.keyLength == expected.key_len)
                #expect(algorithm.nonceLength == expected.nonce_len)
                #expect(algorithm.tagLength == expected.tag_len)
                #expect(algorithm.isAEAD == (expected.tag_len > 0))
            }
        }
    }

    @Test func everyKnownCipherCanBeMade() throws {
        var known = 0
        for value in -10...40 {
            let algorithm = AEADAlgorithm(rawValue: value)
            guard let kind = algorithm.aeadKind else {
                #expect(algorithm.name == String(value))
                continue
            }
            known += 1
            let cipher = try AEADCipher.make(kind, key: [UInt8](repeating: 1, count: kind.keyLength).span)
            #expect(cipher.nonceLength == algorithm.nonceLength)
            #expect(algorithm.name != String(value))
            #expect(GroupEncryptionAlgorithm(rawValue: value).aeadKind == kind)
        }
        #expect(known == 12)
    }

    @Test func unknownNumbersAreKeptAndHaveNoProperties() {
        #expect(AEADAlgorithm(rawValue: 999).rawValue == 999)
        #expect(AEADAlgorithm(rawValue: 999).keyLength == nil)
        #expect(AEADAlgorithm(rawValue: -65534).keyLength == nil, "AES-CTR is for group mode only")
        #expect(GroupEncryptionAlgorithm(rawValue: -65531).keyLength == nil, "AES-CBC is forbidden")
        #expect(GroupEncryptionAlgorithm(rawValue: -65531).tagLength == nil)
        #expect(SignatureAlgorithm(rawValue: 1).signatureLength == nil)
        #expect(HKDFAlgorithm(rawValue: 1).hash == nil)
    }

    @Test(.requirement("GOSC-0155"))
    func signatureLengthsAreThoseOfTheirCurves() {
        #expect(SignatureAlgorithm.edDSA.signatureLength == 64)
        #expect(SignatureAlgorithm.es256.signatureLength == 64)
        #expect(SignatureAlgorithm.es384.signatureLength == 96)
        #expect(SignatureAlgorithm.es512.signatureLength == 132)
    }

    @Test(.requirement("GOSC-0036", "GOSC-0037"))
    func hkdfFixesTheKeyAgreement() {
        #expect(PairwiseKeyAgreementAlgorithm(fixedBy: .hkdfSHA256) == .ecdhSSHKDF256)
        #expect(PairwiseKeyAgreementAlgorithm(fixedBy: .hkdfSHA512) == .ecdhSSHKDF512)
        #expect(PairwiseKeyAgreementAlgorithm(fixedBy: .hkdfSHA384) == nil)
        #expect(HKDFAlgorithm.hkdfSHA256.hash == .sha256)
        #expect(HKDFAlgorithm.hkdfSHA512.hash == .sha512)
    }
}
