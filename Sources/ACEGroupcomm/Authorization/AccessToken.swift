import Bytes
import CBOR
import COSE
public import CryptoPrimitives

/// An access token as the manager takes it: an encrypted CBOR Web Token (RFC 8392 §7).
///
/// Either a COSE_Encrypt0 under a key that authorization server and manager share, with the claims inside; or a
/// COSE_Encrypt to the manager's key, with a COSE_Sign1 of the authorization server inside.
public enum AccessToken: Sendable {
    /// Opens a token under the first of the keys that it was made for.
    ///
    /// What the claims say is not judged.
    ///
    /// - Returns: The claims, with the Master Secret, and which of the keys it was.
    /// - Throws: Any ``AccessTokenError``.
    public static func open(
        _ token: Span<UInt8>, keys: [AccessTokenKey]
    ) throws(AccessTokenError) -> (claims: AccessTokenClaims, keyIndex: Int) {
        let envelope = try Envelope(token)
        for (index, key) in keys.enumerated() {
            guard let content = try envelope.open(key) else { continue }
            guard let claims = try? AccessTokenClaims(decoding: content.bytes) else { throw .malformed }
            return (claims, index)
        }
        // GM-0041
        throw .notAuthentic
    }

    // GM-0026
    /// What a token without `cti` is called: the SHA-256 of its ciphertext.
    ///
    /// Not of the whole token: its unprotected headers can be changed by whoever has it, and it would have another name.
    ///
    /// - Throws: ``AccessTokenError/malformed`` or ``AccessTokenError/notEncrypted``.
    public static func name(of token: Span<UInt8>) throws(AccessTokenError) -> [UInt8] {
        SHA256.hash(try Envelope(token).ciphertext.span)
    }

    /// Makes a token under a shared key.
    ///
    /// - Throws: ``CryptoError/invalidKey`` for a key of another length than the algorithm has;
    ///   ``CryptoError/unsupported`` for an algorithm that is not an AEAD, and for public keys: whoever signs with
    ///   ``seal(_:issuer:recipient:random:)`` needs the private one.
    public static func seal(
        _ claims: AccessTokenClaims, key: AccessTokenKey, random: inout some RandomNumberGenerator
    ) throws(CryptoError) -> [UInt8] {
        guard case .shared(let keyID, let algorithm, let secret) = key, let nonceLength = algorithm.nonceLength else {
            throw .unsupported
        }
        var content = claims.encoded()
        defer { content.wipe() }
        let message = try Encrypt0Message(
            sealing: content.span, algorithm: algorithm, key: secret.bytes, keyID: keyID,
            nonce: random.bytes(nonceLength))
        return message.encoded()
    }

    /// Makes a token that is signed by the authorization server and encrypted to the manager, with AES-CCM-16-64-128 and
    /// ECDH-ES + HKDF-256.
    ///
    /// - Throws: ``CryptoError/unsupported`` for an issuer's key that cannot sign; ``CryptoError/backendFailure`` if a
    ///   library fails.
    public static func seal(
        _ claims: AccessTokenClaims, issuer: borrowing PrivateKey, recipient: X25519PublicKey,
        random: inout some RandomNumberGenerator
    ) throws(CryptoError) -> [UInt8] {
        let algorithm = AEADAlgorithm.aesCCM_16_64_128
        let scalar = random.secretBytes(X25519PrivateKey.length)
        let ephemeral = try PrivateKey(.x25519, secret: scalar.bytes)
        var content = try Sign1Message(signing: claims.encoded(), key: issuer).encoded()
        defer { content.wipe() }
        let message = try EncryptMessage(
            sealing: content.span, algorithm: algorithm, to: .x25519(recipient), ephemeral: ephemeral,
            nonce: random.bytes(algorithm.nonceLength ?? 0))
        return message.encoded()
    }
}

/// The outermost COSE message of a token.
private enum Envelope {
    case shared(Encrypt0Message)
    case publicKeys(EncryptMessage)

    init(_ token: Span<UInt8>) throws(AccessTokenError) {
        // GM-0043
        guard var value = try? CBORValue.decode(token) else { throw .malformed }
        // RFC 8392 §7.2: behind the tag of a CWT comes that of a COSE message; without both the shape tells.
        if case .tagged(Self.webTokenTag, let message) = value {
            guard case .tagged = message else { throw .malformed }
            value = message
        }
        do throws(COSEMessageError) {
            switch value {
            case .tagged(Encrypt0Message.tag, _): self = .shared(try Encrypt0Message(value))
            case .tagged(EncryptMessage.tag, _): self = .publicKeys(try EncryptMessage(value))
            case .array(let items) where items.count == 3: self = .shared(try Encrypt0Message(value))
            case .array(let items) where items.count == 4 && items[3].arrayItems != nil:
                self = .publicKeys(try EncryptMessage(value))
            default: throw COSEMessageError.unsupported
            }
        } catch .malformed {
            throw .malformed
        } catch {
            // GM-0023
            throw value.isReadableMessage ? .notEncrypted : .malformed
        }
    }

    /// What is authenticated, and what nobody can change without the key.
    var ciphertext: [UInt8] {
        switch self {
        case .shared(let message): message.ciphertext
        case .publicKeys(let message): message.ciphertext
        }
    }

    /// The content, if it was made for this key.
    func open(_ key: AccessTokenKey) throws(AccessTokenError) -> SecretBytes? {
        switch (self, key) {
        case (.shared(let message), .shared(let keyID, let algorithm, let secret)):
            // The key restricts the algorithm.
            guard message.headers.algorithm == algorithm.rawValue else { return nil }
            guard keyID == nil || message.headers.keyID == nil || keyID == message.headers.keyID else { return nil }
            return try? message.open(key: secret.bytes)
        case (.publicKeys(let message), .publicKeys(let issuer, let own)):
            guard let own = try? PrivateKey(.x25519, secret: own.bytes), let content = try? message.open(own: own)
            else { return nil }
            // Anyone can encrypt to the manager; the signature says who did.
            guard let signed = try? Sign1Message(decoding: content.bytes) else { throw .malformed }
            guard (try? signed.verify(issuer)) != nil else { return nil }
            return SecretBytes(copying: signed.payload.span)
        default: return nil
        }
    }

    private static let webTokenTag: UInt64 = 61
}

extension CBORValue {
    /// Whether this is a COSE message that everybody can read: signed, or with a MAC.
    fileprivate var isReadableMessage: Bool {
        switch self {
        // COSE_Mac0, COSE_Sign1, COSE_Mac, COSE_Sign.
        case .tagged(17, _), .tagged(18, _), .tagged(97, _), .tagged(98, _): true
        case .array(let items): items.count == 4 || items.count == 5
        default: false
        }
    }
}
