public import Bytes
public import CBOR
public import CryptoPrimitives

/// A COSE_Encrypt0 message: content under a key that both know, with its nonce inside (RFC 9052 §5.2).
///
/// Not what OSCORE compresses: that has its own code, which does not allocate.
public struct Encrypt0Message: Hashable, Sendable {
    public let headers: COSEHeaders
    /// Ciphertext | tag.
    public let ciphertext: [UInt8]

    /// The CBOR tag.
    public static let tag: UInt64 = 16

    /// Takes a decoded message, tagged or not.
    ///
    /// - Throws: ``COSEMessageError/malformed``, or ``COSEMessageError/unsupported`` for critical parameters.
    public init(_ value: CBORValue) throws(COSEMessageError) {
        let items = try CBORValue.messageItems(value, tag: Self.tag)
        guard items.count == 3, let ciphertext = items[2].byteString else { throw .malformed }
        self.headers = try COSEHeaders(items)
        self.ciphertext = ciphertext
    }

    /// Decodes a message, tagged or not.
    ///
    /// - Throws: ``COSEMessageError/malformed``, or ``COSEMessageError/unsupported`` for critical parameters.
    public init(decoding bytes: Span<UInt8>) throws(COSEMessageError) {
        try self.init(CBORValue.message(bytes))
    }

    /// Encrypts.
    ///
    /// - Parameters:
    ///   - plaintext: The content.
    ///   - key: Of the length that the algorithm has.
    ///   - keyID: What `kid` says; `nil` leaves it out.
    ///   - nonce: Of the length that the algorithm has, never used before under this key.
    ///   - externalAAD: What is authenticated besides.
    /// - Throws: ``CryptoError/unsupported`` for an algorithm that is none; ``CryptoError/invalidKey``,
    ///   ``CryptoError/invalidNonce`` and ``CryptoError/invalidLength`` for arguments of another length.
    public init(
        sealing plaintext: Span<UInt8>, algorithm: AEADAlgorithm, key: Span<UInt8>, keyID: [UInt8]?, nonce: [UInt8],
        externalAAD: [UInt8] = []
    ) throws(CryptoError) {
        headers = ContentEncryption.headers(algorithm, keyID: keyID, nonce: nonce)
        ciphertext = try ContentEncryption.seal(
            plaintext, .encrypt0, headers: headers, algorithm: algorithm, key: key, externalAAD: externalAAD)
    }

    /// Checks and decrypts.
    ///
    /// - Throws: ``COSEMessageError/notAuthentic`` for another key or changed bytes; ``COSEMessageError/unsupported`` for
    ///   an algorithm that is not known, or not protected, and without `IV`; ``COSEMessageError/malformed`` for lengths
    ///   that do not go with the algorithm.
    public func open(key: Span<UInt8>, externalAAD: [UInt8] = []) throws(COSEMessageError) -> SecretBytes {
        try ContentEncryption.open(ciphertext, .encrypt0, headers: headers, key: key, externalAAD: externalAAD)
    }

    /// The message with its tag.
    public var value: CBORValue { .tagged(Self.tag, .array(headers.items + [.bytes(ciphertext)])) }

    /// The message with its tag, in deterministic CBOR but for protected parameters as received.
    public func encoded() -> [UInt8] {
        value.encoded()
    }
}
