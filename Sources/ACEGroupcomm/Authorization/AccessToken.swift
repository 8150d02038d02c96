public import Bytes
public import COSE
public import CryptoPrimitives

/// A key that the manager accepts tokens under. Secret.
public enum AccessTokenKey: Hashable, Sendable {
    /// A key shared by authorization server and manager; `keyID` is what `kid` says, `nil` fits any.
    case shared(keyID: [UInt8]?, algorithm: AEADAlgorithm, key: SecretField)
    /// The authorization server's public key, which signs, and the manager's X25519 scalar of 32 bytes, to which the
    /// authorization server encrypts.
    case publicKeys(issuer: PublicKey, own: SecretField)
}

/// Why bytes are not a token that the manager accepts.
public enum AccessTokenError: Error, Hashable, Sendable {
    /// Not a CBOR Web Token, or with claims of another type than they have: 4.00.
    case malformed
    /// Made under no key of the manager's: 4.01.
    case notAuthentic
    /// Merely signed, so that the Master Secret is for everybody to read: refused (GM-0023).
    case notEncrypted
}

/// An access token as the manager takes it: an encrypted CBOR Web Token (RFC 8392).
public enum AccessToken: Sendable {
    /// Opens a token.
    public static func open(
        _ token: Span<UInt8>, keys: [AccessTokenKey]
    ) throws(AccessTokenError) -> (claims: AccessTokenClaims, keyIndex: Int) {
        throw .malformed
    }

    /// Makes a token under a shared key.
    public static func seal(
        _ claims: AccessTokenClaims, key: AccessTokenKey, random: inout some RandomNumberGenerator
    ) throws(CryptoError) -> [UInt8] {
        throw .unsupported
    }

    /// Makes a token that is signed by the authorization server and encrypted to the manager.
    public static func seal(
        _ claims: AccessTokenClaims, issuer: borrowing PrivateKey, recipient: X25519PublicKey,
        random: inout some RandomNumberGenerator
    ) throws(CryptoError) -> [UInt8] {
        throw .unsupported
    }
}
