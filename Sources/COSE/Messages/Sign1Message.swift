import Bytes
public import CBOR
public import CryptoPrimitives

/// A COSE_Sign1 message: content with one signature (RFC 9052 §4.2).
public struct Sign1Message: Hashable, Sendable {
    public let headers: COSEHeaders
    /// The content.
    public let payload: [UInt8]
    public let signature: [UInt8]

    /// The CBOR tag.
    public static let tag: UInt64 = 18

    /// Takes a decoded message, tagged or not.
    ///
    /// - Throws: ``COSEMessageError/malformed``, also for detached content, or ``COSEMessageError/unsupported`` for
    ///   critical parameters.
    public init(_ value: CBORValue) throws(COSEMessageError) {
        let items = try CBORValue.messageItems(value, tag: Self.tag)
        guard items.count == 4, let payload = items[2].byteString, let signature = items[3].byteString else {
            throw .malformed
        }
        self.headers = try COSEHeaders(items)
        self.payload = payload
        self.signature = signature
    }

    /// Decodes a message, tagged or not.
    ///
    /// - Throws: ``COSEMessageError/malformed``, also for detached content, or ``COSEMessageError/unsupported`` for
    ///   critical parameters.
    public init(decoding bytes: Span<UInt8>) throws(COSEMessageError) {
        try self.init(CBORValue.message(bytes))
    }

    /// Signs, with the algorithm of the key's kind.
    ///
    /// - Parameter keyID: What `kid` says; `nil` leaves it out.
    /// - Throws: ``CryptoError/unsupported`` for a key that cannot sign; ``CryptoError/backendFailure`` if the library
    ///   fails.
    public init(
        signing payload: [UInt8], key: borrowing PrivateKey, keyID: [UInt8]? = nil, externalAAD: [UInt8] = []
    ) throws(CryptoError) {
        let kind = key.publicKey.kind
        guard let algorithm = SignatureAlgorithm.known.first(where: { $0.isUsable(with: kind) }) else {
            throw .unsupported
        }
        var protected = CBORMap()
        protected[COSEHeaders.Label.algorithm] = CBORValue(algorithm.rawValue)
        var unprotected = CBORMap()
        unprotected[COSEHeaders.Label.keyID] = keyID.map { .bytes($0) }
        let headers = COSEHeaders(protected: protected, unprotected: unprotected)
        let structure = Self.structure(headers, payload, externalAAD)
        self.signature = try key.signature(of: structure.span)
        self.headers = headers
        self.payload = payload
    }

    /// Checks the signature.
    ///
    /// - Throws: ``COSEMessageError/notAuthentic`` for another key or changed bytes; ``COSEMessageError/unsupported`` for
    ///   an algorithm that is not the key's, or not protected.
    public func verify(_ publicKey: PublicKey, externalAAD: [UInt8] = []) throws(COSEMessageError) {
        // RFC 9053 §2: the key restricts the algorithm.
        guard let algorithm = headers.algorithm,
            SignatureAlgorithm(rawValue: algorithm).isUsable(with: publicKey.kind)
        else { throw .unsupported }
        let structure = Self.structure(headers, payload, externalAAD)
        guard publicKey.isValidSignature(signature.span, for: structure.span) else { throw .notAuthentic }
    }

    /// The message with its tag.
    public var value: CBORValue {
        .tagged(Self.tag, untagged)
    }

    /// The message without its tag.
    public var untagged: CBORValue {
        .array(headers.items + [.bytes(payload), .bytes(signature)])
    }

    /// The message with its tag, in deterministic CBOR but for protected parameters as received.
    public func encoded() -> [UInt8] {
        value.encoded()
    }

    /// `["Signature1", protected, external_aad, payload]` (RFC 9052 §4.4).
    private static func structure(_ headers: COSEHeaders, _ payload: [UInt8], _ externalAAD: [UInt8]) -> [UInt8] {
        CBORValue.array([
            "Signature1", .bytes(headers.protectedBytes), .bytes(externalAAD), .bytes(payload),
        ]).encoded()
    }
}
