public import CBOR

/// Why bytes are not an authentication credential that this group can use.
public enum CredentialError: Error, Hashable, Sendable {
    /// Not the credential format that is asked for, or one that is not built.
    case unsupportedFormat
    /// Not CBOR.
    case malformed(CBORError)
    /// CBOR of another shape than a claims set with a COSE_Key in `cnf`.
    case notAClaimsSet
    /// The key lacks its type, its curve or a coordinate (GOSC-0053), or has one of the wrong type.
    case incompleteKey
    /// A key type or curve that is not built, a curve of another key type, or an algorithm that the key is not for.
    case unsupportedKey
    /// The public key is not a usable point.
    case invalidKey
    /// The key contains its private part, which must never be distributed.
    case containsPrivateKey
}
