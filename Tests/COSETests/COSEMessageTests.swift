import Bytes
import CBOR
import COSE
import CryptoPrimitives
import TestSupport
import Testing

/// COSE messages as tokens use them: the examples of the RFCs, and what must be refused.
struct COSEMessageTests {
    struct WebTokens: Decodable {
        struct Symmetric: Decodable {
            let kid: String
            let key: String
        }

        struct Signer: Decodable {
            let kid: String
            let d: String
            let x: String
            let y: String
        }

        let claims: String
        let symmetric128: Symmetric
        let ecdsa256: Signer
        let signed: String
        let maced: String
        let encrypted: String
        let nested: String
    }

    struct DirectECDH: Decodable {
        let recipient_scalar: String
        let plaintext: String
        let kdf_context: String
        let message: String
    }

    private let tokens: WebTokens
    private let key: [UInt8]
    private let issuer: PublicKey

    init() throws {
        tokens = try VectorFile.load("rfc8392/cwt")
        key = try #require(Hex.decode(tokens.symmetric128.key))
        let x = try #require(Hex.decode(tokens.ecdsa256.x))
        let y = try #require(Hex.decode(tokens.ecdsa256.y))
        issuer = .ec(try ECPublicKey(.p256, x: x.span, y: y.span))
    }

    @Test func signedTokenOfRFC8392Verifies() throws {
        let bytes = try #require(Hex.decode(tokens.signed))
        let message = try Sign1Message(decoding: bytes.span)
        #expect(message.headers.algorithm == SignatureAlgorithm.es256.rawValue)
        #expect(Hex.encode(message.headers.keyID ?? []) == tokens.ecdsa256.kid)
        #expect(Hex.encode(message.payload) == tokens.claims)
        #expect(throws: Never.self) { try message.verify(issuer) }
        #expect(message.encoded() == bytes)
        #expect(throws: COSEMessageError.notAuthentic) { try message.verify(issuer, externalAAD: [0]) }
    }

    @Test func encryptedTokenOfRFC8392Opens() throws {
        let bytes = try #require(Hex.decode(tokens.encrypted))
        let message = try Encrypt0Message(decoding: bytes.span)
        let content = try message.open(key: key.span)
        #expect(Hex.encode([UInt8](copying: content.bytes)) == tokens.claims)
        // The same message again, from its parts.
        let again = try Encrypt0Message(
            sealing: content.bytes, algorithm: .aesCCM_16_64_128, key: key.span, keyID: message.headers.keyID,
            nonce: try #require(message.headers.initializationVector))
        #expect(again.encoded() == bytes)
        #expect(again == message)
    }

    @Test func nestedTokenOfRFC8392OpensAndVerifies() throws {
        let bytes = try #require(Hex.decode(tokens.nested))
        let content = try Encrypt0Message(decoding: bytes.span).open(key: key.span)
        let signed = try Sign1Message(decoding: content.bytes)
        #expect(throws: Never.self) { try signed.verify(issuer) }
        #expect(Hex.encode(signed.payload) == tokens.claims)
    }

    @Test func directAgreementOfRFC9052Opens() throws {
        let vector: DirectECDH = try VectorFile.load("rfc9052/direct-ecdh")
        let scalar = try #require(Hex.decode(vector.recipient_scalar))
        let own = try PrivateKey(.p256, secret: scalar.span)
        let bytes = try #require(Hex.decode(vector.message))
        let message = try EncryptMessage(decoding: bytes.span)
        let content = try message.open(own: own)
        #expect(Hex.encode([UInt8](copying: content.bytes)) == vector.plaintext)
        // Its maps are in another order than ours.
        #expect(try CBORValue(decoding: bytes.span) == message.value)
        #expect(
            Hex.encode(KDFContext(algorithm: 1, keyLength: 16, protected: message.recipient.protectedBytes).encoded())
                == vector.kdf_context)
        #expect(message.recipient.algorithm == RecipientAlgorithm.ecdhESHKDF256.rawValue)
        #expect(throws: COSEMessageError.notAuthentic) { try message.openCopy(own: own, externalAAD: [1]) }
        // A key on another curve agrees on nothing.
        let other = try PrivateKey(.x25519, secret: scalar.span)
        #expect(throws: COSEMessageError.notAuthentic) { try message.openCopy(own: other) }
    }

    @Test(arguments: [KeyKind.ed25519, .p256, .p384, .p521])
    func everyKindOfKeySigns(kind: KeyKind) throws {
        let key = try PrivateKey(kind, secret: Self.secret(kind).span)
        let message = try Sign1Message(signing: [1, 2, 3], key: key, keyID: [9], externalAAD: [7])
        let publicKey = key.publicKey
        let read = try Sign1Message(decoding: message.encoded().span)
        #expect(read == message)
        #expect(throws: Never.self) { try read.verify(publicKey, externalAAD: [7]) }
        #expect(throws: COSEMessageError.notAuthentic) { try read.verify(publicKey) }
        // The key decides on the algorithm.
        let other = try PrivateKey(
            kind == .p256 ? .ed25519 : .p256, secret: Self.secret(kind == .p256 ? .ed25519 : .p256).span)
        let otherPublic = other.publicKey
        #expect(throws: COSEMessageError.unsupported) { try read.verify(otherPublic, externalAAD: [7]) }
    }

    @Test func keyThatOnlyAgreesDoesNotSign() throws {
        let key = try PrivateKey(.x25519, secret: Self.secret(.x25519).span)
        let error = #expect(throws: CryptoError.self) { try Sign1Message(signing: [1], key: key) }
        #expect(error == .unsupported)
    }

    @Test(arguments: [KeyKind.x25519, .p256, .p384, .p521])
    func everyKindOfKeyAgrees(kind: KeyKind) throws {
        let own = try PrivateKey(kind, secret: Self.secret(kind).span)
        let ephemeral = try PrivateKey(kind, secret: Self.secret(kind, last: 2).span)
        let message = try EncryptMessage(
            sealing: [1, 2, 3].span, algorithm: .aesCCM_16_64_128, to: own.publicKey, ephemeral: ephemeral,
            keyID: [9], nonce: Array(1...13), externalAAD: [7])
        let read = try EncryptMessage(decoding: message.encoded().span)
        #expect(read == message)
        #expect(try read.openCopy(own: own, externalAAD: [7]) == [1, 2, 3])
        #expect(throws: COSEMessageError.notAuthentic) { try read.openCopy(own: own) }
        #expect(throws: COSEMessageError.notAuthentic) { try read.openCopy(own: ephemeral, externalAAD: [7]) }
    }

    @Test(.requirement("GM-0379"), arguments: [9999, -65534, 5])
    func foreignAlgorithmIsRefusedInBothDirections(number: Int) throws {
        let algorithm = AEADAlgorithm(rawValue: number)
        let error = #expect(throws: CryptoError.self) {
            try Encrypt0Message(
                sealing: [1].span, algorithm: algorithm, key: key.span, keyID: nil, nonce: Array(1...13))
        }
        #expect(error == .unsupported)
        let message = try Encrypt0Message(
            [
                .bytes(([1: CBORValue(number)] as CBORValue).encoded()), [5: .bytes(Array(1...13))],
                .bytes(Array(1...20)),
            ])
        #expect(throws: COSEMessageError.unsupported) { try message.openCopy(key: key) }
    }

    /// What makes a message unreadable, item by item; the protected bucket as bytes.
    @Test(
        arguments: [
            // Not such an array.
            ([], .malformed), ([.bytes([]), [:]], .malformed), ([.bytes([]), [:], .null], .malformed),
            ([.bytes([]), [:], .bytes([]), .bytes([])], .malformed), ([[:], [:], .bytes([])], .malformed),
            ([.bytes([]), .bytes([]), .bytes([])], .malformed), ([.bytes([0x80]), [:], .bytes([])], .malformed),
            ([.bytes([0xa1]), [:], .bytes([])], .malformed), ([.bytes([0xa0, 0]), [:], .bytes([])], .malformed),
            // A label twice: in one bucket, in both.
            ([.bytes([0xa2, 1, 10, 1, 10]), [:], .bytes([])], .malformed),
            ([.bytes([0xa1, 4, 0x41, 1]), [4: .bytes([1])], .bytes([])], .malformed),
            // Something critical.
            ([.bytes([0xa2, 1, 10, 2, 0x81, 4]), [:], .bytes([])], .unsupported),
            ([.bytes([0xa1, 1, 10]), [2: [4]], .bytes([])], .malformed),
        ] as [([CBORValue], COSEMessageError)])
    func badHeadersAreRefused(items: [CBORValue], expected: COSEMessageError) {
        #expect(throws: expected) { try Encrypt0Message(.array(items)) }
        #expect(throws: expected) { try Encrypt0Message(decoding: CBORValue.tagged(16, .array(items)).encoded().span) }
        #expect(throws: COSEMessageError.malformed) { try Encrypt0Message(.tagged(17, .array(items))) }
    }

    /// The nonce, the algorithm and the length of the ciphertext.
    @Test(
        arguments: [
            ([:], [5: .bytes(Array(1...13))], 20, .unsupported),
            ([1: "A128GCM"], [5: .bytes(Array(1...13))], 20, .unsupported),
            ([1: 10], [:], 20, .unsupported), ([1: 10], [6: .bytes([1])], 20, .unsupported),
            ([1: 10], [5: .bytes(Array(1...12))], 20, .malformed), ([1: 10], [5: .bytes(Array(1...13))], 7, .malformed),
            ([1: 10], [5: .bytes(Array(1...13))], 8, .notAuthentic),
            ([1: 24], [5: .bytes(Array(1...12))], 20, .notAuthentic),
            // RFC 9052 §3: the algorithm has to be protected.
            ([:], [1: 10, 5: .bytes(Array(1...13))], 20, .unsupported),
        ] as [(CBORValue, CBORValue, Int, COSEMessageError)])
    func badParametersAreRefused(
        protected: CBORValue, unprotected: CBORValue, count: Int, expected: COSEMessageError
    ) throws {
        let message = try Encrypt0Message(
            [.bytes(protected.encoded()), unprotected, .bytes(Array(repeating: 1, count: count))])
        #expect(throws: expected) { try message.openCopy(key: key) }
    }

    @Test func emptyBucketIsTheSameInBothForms() throws {
        let short = try Sign1Message([.bytes([]), [:], .bytes([1]), .bytes([2])])
        let long = try Sign1Message([.bytes([0xa0]), [:], .bytes([1]), .bytes([2])])
        #expect(short == long)
        #expect(long.headers.protectedBytes == [])
    }

    @Test func onlyOneRecipientThatAgreesDirectlyIsRead() throws {
        let recipient: CBORValue = [.bytes([0xa1, 1, 0x38, 0x18]), [:], .bytes([])]
        for (recipients, expected) in [
            ([], .unsupported), ([recipient, recipient], .unsupported), ([1], .malformed), (1, .malformed),
            ([[.bytes([]), [:]]], .malformed), ([[.bytes([]), [:], .bytes([1])]], .unsupported),
            ([[.bytes([]), [:], .bytes([]), []]], .unsupported),
        ] as [(CBORValue, COSEMessageError)] {
            let message: CBORValue = [.bytes([]), [:], .bytes([]), recipients]
            #expect(throws: expected, "\(message.diagnostic)") { try EncryptMessage(message) }
        }
        let own = try PrivateKey(.x25519, secret: Self.secret(.x25519).span)
        let edwards = try Self.edwardsKey()
        for (unprotected, expected) in [
            ([:], .malformed), ([-1: 1], .malformed), ([-1: [1: 1]], .malformed), ([-1: [1: 3]], .unsupported),
            ([-1: [1: 1, -1: 5, -2: .bytes(Array(1...56))]], .unsupported),
            ([-1: [1: 1, -1: 4, -2: .bytes(Array(1...31))]], .malformed),
            // A point of small order, and a private key where nobody has lost one.
            ([-1: [1: 1, -1: 4, -2: .bytes(Array(repeating: 0, count: 32))]], .malformed),
            ([-1: [1: 1, -1: 4, -2: .bytes(Array(1...32)), -4: .bytes(Array(1...32))]], .malformed),
            ([-1: [1: 1, -1: 6, -2: .bytes(edwards)]], .notAuthentic),
        ] as [(CBORValue, COSEMessageError)] {
            let message = try EncryptMessage([
                .bytes([0xa1, 1, 10]), [5: .bytes(Array(1...13))], .bytes(Array(1...20)),
                [[.bytes([0xa1, 1, 0x38, 0x18]), unprotected, .bytes([])]],
            ])
            #expect(throws: expected, "\(unprotected.diagnostic)") { try message.openCopy(own: own) }
        }
        for protected in [[], [0xa1, 1, 0x38, 0x1a], [0xa1, 1, 0x25]] as [[UInt8]] {
            let message = try EncryptMessage([
                .bytes([0xa1, 1, 10]), [5: .bytes(Array(1...13))], .bytes(Array(1...20)),
                [[.bytes(protected), [-1: [:]], .null]],
            ])
            #expect(throws: COSEMessageError.unsupported) { try message.openCopy(own: own) }
        }
    }

    /// Nothing that arrives traps, and no message that was changed opens.
    @Test func changedMessagesDoNotOpen() throws {
        let own = try PrivateKey(.x25519, secret: Self.secret(.x25519).span)
        let ephemeral = try PrivateKey(.x25519, secret: Self.secret(.x25519, last: 2).span)
        let toKey = try EncryptMessage(
            sealing: [1, 2, 3].span, algorithm: .aesCCM_16_64_128, to: own.publicKey, ephemeral: ephemeral,
            nonce: Array(1...13)
        ).encoded()
        let shared = try #require(Hex.decode(tokens.encrypted))
        let signed = try #require(Hex.decode(tokens.signed))
        for bytes in [toKey, shared, signed] {
            for count in 0..<bytes.count {
                let prefix = Array(bytes.prefix(count))
                #expect(throws: COSEMessageError.malformed) { try Encrypt0Message(decoding: prefix.span) }
                #expect(throws: COSEMessageError.malformed) { try EncryptMessage(decoding: prefix.span) }
                #expect(throws: COSEMessageError.malformed) { try Sign1Message(decoding: prefix.span) }
            }
        }
        let expected = try #require(Hex.decode(tokens.claims))
        var random = SeededGenerator(seed: 0xc05e)
        for _ in 0..<2000 {
            let changedKey = toKey.mutated(using: &random)
            if let content = try? EncryptMessage(decoding: changedKey.span).openCopy(own: own) {
                #expect(content == [1, 2, 3], "\(Hex.encode(changedKey))")
            }
            let changedShared = shared.mutated(using: &random)
            if let content = try? Encrypt0Message(decoding: changedShared.span).openCopy(key: key) {
                #expect(content == expected, "\(Hex.encode(changedShared))")
            }
            let changedSigned = signed.mutated(using: &random)
            if let message = try? Sign1Message(decoding: changedSigned.span), (try? message.verify(issuer)) != nil {
                #expect(message.payload == expected, "\(Hex.encode(changedSigned))")
            }
        }
    }

    private static func secret(_ kind: KeyKind, last: UInt8 = 1) -> [UInt8] {
        Array(repeating: 0, count: kind.secretLength - 2) + [7, last]
    }

    private static func edwardsKey() throws -> [UInt8] {
        let key = try PrivateKey(.ed25519, secret: secret(.ed25519).span)
        guard case .ed25519(let publicKey) = key.publicKey else { return [] }
        return publicKey.bytes
    }
}

extension Encrypt0Message {
    fileprivate func openCopy(key: [UInt8]) throws(COSEMessageError) -> [UInt8] {
        let content = try open(key: key.span)
        return [UInt8](copying: content.bytes)
    }
}

extension EncryptMessage {
    fileprivate func openCopy(
        own: borrowing PrivateKey, externalAAD: [UInt8] = []
    ) throws(COSEMessageError) -> [UInt8] {
        let content = try open(own: own, externalAAD: externalAAD)
        return [UInt8](copying: content.bytes)
    }
}
