import Bytes
import CBOR
import CryptoPrimitives

/// What COSE_Encrypt0 and COSE_Encrypt have in common: the content under one key (RFC 9052 §5.3).
internal enum ContentEncryption {
    /// What the Enc_structure begins with.
    internal enum Context: String {
        case encrypt0 = "Encrypt0"
        case encrypt = "Encrypt"
    }

    /// Headers with the algorithm protected, and `kid` and `IV` not.
    internal static func headers(
        _ algorithm: AEADAlgorithm, keyID: [UInt8]?, nonce: [UInt8]
    ) -> COSEHeaders {
        var protected = CBORMap()
        protected[COSEHeaders.Label.algorithm] = CBORValue(algorithm.rawValue)
        var unprotected = CBORMap()
        unprotected[COSEHeaders.Label.keyID] = keyID.map { .bytes($0) }
        unprotected[COSEHeaders.Label.initializationVector] = .bytes(nonce)
        return COSEHeaders(protected: protected, unprotected: unprotected)
    }

    internal static func seal(
        _ plaintext: Span<UInt8>, _ context: Context, headers: COSEHeaders, algorithm: AEADAlgorithm,
        key: Span<UInt8>, externalAAD: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        guard let kind = algorithm.aeadKind else { throw .unsupported }
        guard let nonce = headers.initializationVector else { throw .invalidNonce }
        let aad = structure(context, headers, externalAAD)
        var cipher = try AEADCipher.make(kind, key: key)
        guard plaintext.count <= cipher.maximumPlaintextLength else { throw .invalidLength }
        return try [UInt8](capacity: plaintext.count + kind.tagLength) { output throws(CryptoError) in
            try cipher.seal(plaintext, nonce: nonce.span, aad: aad.span, into: &output)
        }
    }

    internal static func open(
        _ ciphertext: [UInt8], _ context: Context, headers: COSEHeaders, key: Span<UInt8>, externalAAD: [UInt8]
    ) throws(COSEMessageError) -> SecretBytes {
        guard let algorithm = headers.algorithm, let kind = AEADAlgorithm(rawValue: algorithm).aeadKind else {
            throw .unsupported
        }
        // A Partial IV needs a context, which tokens have not.
        guard let nonce = headers.initializationVector else { throw .unsupported }
        guard nonce.count == kind.nonceLength, ciphertext.count >= kind.tagLength else { throw .malformed }
        guard key.count == kind.keyLength else { throw .notAuthentic }
        let aad = structure(context, headers, externalAAD)
        do throws(CryptoError) {
            var cipher = try AEADCipher.make(kind, key: key)
            return try SecretBytes(count: ciphertext.count - kind.tagLength) { output throws(CryptoError) in
                try cipher.open(ciphertext.span, nonce: nonce.span, aad: aad.span, into: &output)
            }
        } catch {
            throw .notAuthentic
        }
    }

    /// `[context, protected, external_aad]`.
    private static func structure(_ context: Context, _ headers: COSEHeaders, _ externalAAD: [UInt8]) -> [UInt8] {
        CBORValue.array([.text(context.rawValue), .bytes(headers.protectedBytes), .bytes(externalAAD)]).encoded()
    }
}
