public import Bytes
public import COSE
public import CryptoPrimitives

/// A key that the manager accepts tokens under. Secret.
public enum AccessTokenKey: Hashable, Sendable {
    /// A key that authorization server and manager share, of the length that the algorithm has. `keyID` is what `kid` of
    /// the token has to be, if it is there at all; `nil` fits any.
    case shared(keyID: [UInt8]?, algorithm: AEADAlgorithm, key: SecretField)
    /// The authorization server's public key, which signs, and the manager's X25519 scalar of 32 bytes, to whose public
    /// key the authorization server encrypts.
    case publicKeys(issuer: PublicKey, own: SecretField)
}

/// Why bytes are not a token that the manager accepts. Never says anything about keys or claims.
public enum AccessTokenError: Error, Hashable, Sendable, CaseIterable {
    /// Not a CBOR Web Token, or with claims of another type than they have: 4.00.
    case malformed
    /// Made under no key of the manager's: 4.01.
    case notAuthentic
    /// Merely signed, so that the Master Secret is for everybody to read: refused (GM-0023).
    case notEncrypted
}
