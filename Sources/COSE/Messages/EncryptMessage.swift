public import Bytes
public import CBOR
public import CryptoPrimitives

/// A COSE_Encrypt message to one recipient, whose key agrees directly on the content key with an ephemeral one
/// (RFC 9052 §5.1, RFC 9053 §6.3.1).
public struct EncryptMessage: Hashable, Sendable {
    public let headers: COSEHeaders
    /// Ciphertext | tag.
    public let ciphertext: [UInt8]
    /// The header parameters of the one recipient.
    public let recipient: COSEHeaders

    /// The CBOR tag.
    public static let tag: UInt64 = 96

    /// Takes a decoded message, tagged or not.
    ///
    /// - Throws: ``COSEMessageError/malformed``, or ``COSEMessageError/unsupported`` for critical parameters, for any
    ///   other number of recipients than one, and for a recipient that a key is encrypted to.
    public init(_ value: CBORValue) throws(COSEMessageError) {
        let items = try CBORValue.messageItems(value, tag: Self.tag)
        guard items.count == 4, let ciphertext = items[2].byteString, let recipients = items[3].arrayItems else {
            throw .malformed
        }
        self.headers = try COSEHeaders(items)
        self.ciphertext = ciphertext
        guard recipients.count == 1 else { throw .unsupported }
        guard let recipient = recipients[0].arrayItems, (3...4).contains(recipient.count) else { throw .malformed }
        // RFC 9052 §8.5.4: nothing is encrypted to a recipient that agrees directly, and it has no recipients itself.
        guard recipient.count == 3, recipient[2] == .bytes([]) || recipient[2].isNull else { throw .unsupported }
        self.recipient = try COSEHeaders(recipient)
    }

    /// Decodes a message, tagged or not.
    ///
    /// - Throws: What ``init(_:)`` throws.
    public init(decoding bytes: Span<UInt8>) throws(COSEMessageError) {
        try self.init(CBORValue.message(bytes))
    }

    /// Encrypts with ``RecipientAlgorithm/ecdhESHKDF256``.
    ///
    /// - Parameters:
    ///   - plaintext: The content.
    ///   - recipient: The key to encrypt to.
    ///   - ephemeral: A key of the same kind, drawn for this message.
    ///   - keyID: What `kid` of the recipient says; `nil` leaves it out.
    ///   - nonce: Of the length that the algorithm has.
    ///   - externalAAD: What is authenticated besides.
    /// - Throws: ``CryptoError/unsupported`` for an algorithm that is none; ``CryptoError/invalidKey`` for keys of
    ///   different kinds; ``CryptoError/invalidPoint`` if they agree on zero; ``CryptoError/invalidNonce`` and
    ///   ``CryptoError/invalidLength`` for arguments of another length.
    public init(
        sealing plaintext: Span<UInt8>, algorithm: AEADAlgorithm, to recipient: PublicKey,
        ephemeral: borrowing PrivateKey, keyID: [UInt8]? = nil, nonce: [UInt8], externalAAD: [UInt8] = []
    ) throws(CryptoError) {
        var protected = CBORMap()
        protected[COSEHeaders.Label.algorithm] = CBORValue(RecipientAlgorithm.ecdhESHKDF256.rawValue)
        var unprotected = CBORMap()
        unprotected[COSEHeaders.Label.ephemeralKey] = COSEKey.value(of: ephemeral.publicKey)
        unprotected[COSEHeaders.Label.keyID] = keyID.map { .bytes($0) }
        let recipientHeaders = COSEHeaders(protected: protected, unprotected: unprotected)
        let headers = ContentEncryption.headers(algorithm, keyID: nil, nonce: nonce)
        let key = try Self.contentKey(
            algorithm, .ecdhESHKDF256, own: ephemeral, peer: recipient, recipient: recipientHeaders)
        self.ciphertext = try ContentEncryption.seal(
            plaintext, .encrypt, headers: headers, algorithm: algorithm, key: key.bytes, externalAAD: externalAAD)
        self.headers = headers
        self.recipient = recipientHeaders
    }

    /// Checks and decrypts.
    ///
    /// - Parameter own: The recipient's private key.
    /// - Throws: ``COSEMessageError/notAuthentic`` for another key or changed bytes; ``COSEMessageError/unsupported`` for
    ///   an algorithm that is not known, or not protected, and without `IV`; ``COSEMessageError/malformed`` without an
    ///   ephemeral key, and for lengths that do not go with the algorithm.
    public func open(own: borrowing PrivateKey, externalAAD: [UInt8] = []) throws(COSEMessageError) -> SecretBytes {
        guard let algorithm = headers.algorithm.map(AEADAlgorithm.init(rawValue:)), algorithm.aeadKind != nil,
            let agreement = recipient.algorithm.map(RecipientAlgorithm.init(rawValue:)), agreement.hash != nil
        else { throw .unsupported }
        guard let ephemeral = recipient[COSEHeaders.Label.ephemeralKey]?.mapValue else { throw .malformed }
        let peer: PublicKey
        do throws(CredentialError) {
            peer = try COSEKey.publicKey(in: ephemeral)
        } catch .unsupportedKey {
            throw .unsupported
        } catch {
            throw .malformed
        }
        let key: SecretBytes
        do throws(CryptoError) {
            key = try Self.contentKey(algorithm, agreement, own: own, peer: peer, recipient: recipient)
        } catch {
            throw .notAuthentic
        }
        return try ContentEncryption.open(
            ciphertext, .encrypt, headers: headers, key: key.bytes, externalAAD: externalAAD)
    }

    /// The message with its tag.
    public var value: CBORValue {
        let recipients: CBORValue = .array([.array(recipient.items + [.bytes([])])])
        return .tagged(Self.tag, .array(headers.items + [.bytes(ciphertext), recipients]))
    }

    /// The message with its tag, in deterministic CBOR but for protected parameters as received.
    public func encoded() -> [UInt8] {
        value.encoded()
    }

    private static func contentKey(
        _ algorithm: AEADAlgorithm, _ agreement: RecipientAlgorithm, own: borrowing PrivateKey, peer: PublicKey,
        recipient: COSEHeaders
    ) throws(CryptoError) -> SecretBytes {
        guard let hash = agreement.hash, let length = algorithm.keyLength else { throw .unsupported }
        let secret = try own.sharedSecret(with: peer)
        let salt = recipient[COSEHeaders.Label.salt]?.byteString ?? []
        let info = KDFContext(algorithm: algorithm.rawValue, keyLength: length, recipient: recipient).encoded()
        return try SecretBytes(count: length) { output throws(CryptoError) in
            try HKDF.derive(
                hash, salt: salt.span, secret: secret.bytes, info: info.span, count: length, into: &output)
        }
    }
}
