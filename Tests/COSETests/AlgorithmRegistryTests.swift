import COSE
import CryptoPrimitives
import TestSupport
import Testing

/// The numbers of the COSE Algorithms registry: what each stands for, and which must not be used.
struct AlgorithmRegistryTests {
    struct Shape: Sendable {
        let value: Int
        let key: Int
        let nonce: Int
        let tag: Int
    }

    /// RFC 9053 §4.1 to §4.3.
    static let aead: [Shape] = [
        Shape(value: 1, key: 16, nonce: 12, tag: 16), Shape(value: 2, key: 24, nonce: 12, tag: 16),
        Shape(value: 3, key: 32, nonce: 12, tag: 16), Shape(value: 24, key: 32, nonce: 12, tag: 16),
        Shape(value: 10, key: 16, nonce: 13, tag: 8), Shape(value: 11, key: 32, nonce: 13, tag: 8),
        Shape(value: 12, key: 16, nonce: 7, tag: 8), Shape(value: 13, key: 32, nonce: 7, tag: 8),
        Shape(value: 30, key: 16, nonce: 13, tag: 16), Shape(value: 31, key: 32, nonce: 13, tag: 16),
        Shape(value: 32, key: 16, nonce: 7, tag: 16), Shape(value: 33, key: 32, nonce: 7, tag: 16),
    ]

    @Test(.requirement("ALG-0001", "ALG-0002"), arguments: aead)
    func authenticatedCipherHasItsLengths(shape: Shape) throws {
        let algorithm = AEADAlgorithm(rawValue: shape.value)
        #expect(algorithm.keyLength == shape.key)
        #expect(algorithm.nonceLength == shape.nonce)
        #expect(algorithm.tagLength == shape.tag)
        let group = GroupEncryptionAlgorithm(rawValue: shape.value)
        #expect(group.aeadKind == algorithm.aeadKind)
        #expect(group.refusal == nil)
        #expect(group.streamCipherKind == nil)
        // The crypto library works with exactly these.
        let kind = try #require(algorithm.aeadKind)
        var cipher = try AEADCipher.make(kind, key: [UInt8](repeating: 1, count: shape.key).span)
        let nonce = [UInt8](repeating: 2, count: shape.nonce)
        let sealed = try [UInt8](capacity: 5 + shape.tag) { output throws(CryptoError) in
            try cipher.seal([1, 2, 3, 4, 5].span, nonce: nonce.span, aad: [6].span, into: &output)
        }
        #expect(sealed.count == 5 + shape.tag)
    }

    @Test(
        .requirement("ALG-0004", "GOSC-0024"),
        arguments: [
            Shape(value: -65534, key: 16, nonce: 12, tag: 0), Shape(value: -65533, key: 24, nonce: 12, tag: 0),
            Shape(value: -65532, key: 32, nonce: 12, tag: 0),
        ])
    func streamCipherIsForGroupModeAlone(shape: Shape) throws {
        let algorithm = GroupEncryptionAlgorithm(rawValue: shape.value)
        #expect(algorithm.keyLength == shape.key)
        #expect(algorithm.nonceLength == shape.nonce)
        #expect(algorithm.tagLength == shape.tag)
        #expect(!algorithm.isAEAD)
        #expect(algorithm.refusal == nil)
        #expect(algorithm.streamCipherKind?.keyLength == shape.key)
        #expect(AEADAlgorithm(rawValue: shape.value).aeadKind == nil)
        #expect(AEADAlgorithm(rawValue: shape.value).keyLength == nil)
    }

    @Test(.requirement("GOSC-0023", "GOSC-0028"))
    func nothingElseIsAGroupEncryptionAlgorithm() {
        let known = Set(Self.aead.map(\.value)).union([-65534, -65533, -65532])
        for value in Array(-66_000...1_000) + [Int.min, Int.max] where !known.contains(value) {
            let algorithm = GroupEncryptionAlgorithm(rawValue: value)
            #expect(algorithm.refusal != nil && algorithm.keyLength == nil && algorithm.streamCipherKind == nil)
        }
    }

    @Test(.requirement("GOSC-0027"), arguments: [-65531, -65530, -65529])
    func cipherBlockChainingIsRefusedByName(value: Int) {
        let algorithm = GroupEncryptionAlgorithm(rawValue: value)
        #expect(algorithm.refusal == .cipherBlockChaining)
        #expect(algorithm.nonceLength == nil)
        #expect(algorithm.tagLength == nil)
    }

    @Test(.requirement("GOSC-0028"), arguments: [-65535, -65528, -70_000, 0, 4, 5, 7, 14, 25, 34])
    func unknownCipherIsRefused(value: Int) {
        #expect(GroupEncryptionAlgorithm(rawValue: value).refusal == .unknown)
    }

    @Test(.requirement("ALG-0005", "ALG-0006", "GOSC-0054"))
    func signatureAlgorithmFixesTheKindOfKey() {
        let expected: [(SignatureAlgorithm, Int, SignatureKind, KeyKind)] = [
            (.edDSA, -8, .ed25519, .ed25519), (.es256, -7, .ecdsaP256, .p256), (.es384, -35, .ecdsaP384, .p384),
            (.es512, -36, .ecdsaP521, .p521),
        ]
        for (algorithm, value, signature, key) in expected {
            #expect(algorithm.rawValue == value)
            #expect(algorithm.signatureKind == signature)
            #expect(signature.keyKind == key)
            for kind in KeyKind.allCases { #expect(algorithm.isUsable(with: kind) == (kind == key)) }
        }
        // Among them RS256, PS256, ES256K, the fully specified ESP256 and Ed25519, and MACs.
        for value in [-257, -37, -47, -9, -19, -50, -51, 5, 4, 0] {
            let algorithm = SignatureAlgorithm(rawValue: value)
            #expect(algorithm.signatureKind == nil)
            #expect(algorithm.signatureLength == nil)
            #expect(!KeyKind.allCases.contains { algorithm.isUsable(with: $0) })
        }
    }

    @Test(.requirement("GOSC-0012"))
    func onlyHashBasedDerivationIsUsed() {
        #expect(HKDFAlgorithm(rawValue: 5).hash == .sha256)
        #expect(HKDFAlgorithm(rawValue: 6).hash == .sha384)
        #expect(HKDFAlgorithm(rawValue: 7).hash == .sha512)
        // direct+HKDF-SHA and -AES, HMAC 256/64, AES-MAC of every length.
        for value in [-10, -11, -12, -13, 4, 14, 15, 25, 26, 0, 8] {
            #expect(HKDFAlgorithm(rawValue: value).hash == nil)
        }
    }

    @Test(.requirement("GOSC-0036", "GOSC-0037"))
    func keyAgreementGoesWithOneDerivation() {
        #expect(PairwiseKeyAgreementAlgorithm.ecdhSSHKDF256.rawValue == -27)
        #expect(PairwiseKeyAgreementAlgorithm.ecdhSSHKDF512.rawValue == -28)
        #expect(PairwiseKeyAgreementAlgorithm.ecdhSSHKDF256.isUsable(with: .hkdfSHA256))
        #expect(PairwiseKeyAgreementAlgorithm.ecdhSSHKDF512.isUsable(with: .hkdfSHA512))
        #expect(!PairwiseKeyAgreementAlgorithm.ecdhSSHKDF256.isUsable(with: .hkdfSHA512))
        #expect(!PairwiseKeyAgreementAlgorithm.ecdhSSHKDF512.isUsable(with: .hkdfSHA256))
    }

    /// ECDH-ES, key wrap, and numbers that nobody knows.
    @Test(.requirement("GOSC-0038"), arguments: [-25, -26, -29, -30, -31, -32, -33, -34, -6, -8, 0, -100])
    func otherKeyAgreementIsRefused(value: Int) {
        let algorithm = PairwiseKeyAgreementAlgorithm(rawValue: value)
        #expect(algorithm.hkdf == nil)
        for hkdf in [HKDFAlgorithm.hkdfSHA256, .hkdfSHA384, .hkdfSHA512] { #expect(!algorithm.isUsable(with: hkdf)) }
    }
}
