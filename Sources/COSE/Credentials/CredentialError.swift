public import CBOR

/// Why bytes are not an authentication credential that can be used.
public enum CredentialError: Error, Hashable, Sendable, CaseIterable {
    /// Not a format that can be read here; X.509 needs the library `X509Credentials`.
    case unsupportedFormat
    /// Not CBOR, or not all of it one item.
    case malformed(CBORError)
    /// An array that is no chain or bag of two or more credentials of the format.
    case notAContainer
    /// Not a claims set with a COSE_Key in `cnf`, or with a claim of another type than RFC 8392 says.
    case notAClaimsSet
    /// The CWT is encrypted, so that nobody who has no key for it sees the public key inside.
    case encrypted
    /// Not an X.509 certificate in DER, or not a C509 certificate.
    case malformedCertificate
    /// The key lacks its type, its curve or a coordinate (GOSC-0053), or has one of the wrong type.
    case incompleteKey
    /// A key type or curve that is not built (RSA, Ed448 …), a curve of another key type, or an algorithm that the key is
    /// not for.
    case unsupportedKey
    /// The certificate is signed in a way that the X.509 library does not know, and so is not read.
    case unsupportedSignature
    /// The public key is not a usable point.
    case invalidKey
    /// The key contains its private part, which must never be distributed.
    case containsPrivateKey
    /// The credentials of a chain do not each certify the one before them: the end entity comes first.
    case chainOrder
    /// A bag in which none, or more than one, is an end entity's.
    case ambiguousEndEntity
    /// The credential's time has not come yet.
    case notYetValid
    /// The credential's time is over.
    case expired

    /// Every kind, with one of the reasons for ``malformed(_:)``.
    public static let allCases: [Self] = [
        .unsupportedFormat, .malformed(.truncated), .notAContainer, .notAClaimsSet, .encrypted, .malformedCertificate,
        .incompleteKey, .unsupportedKey, .unsupportedSignature, .invalidKey, .containsPrivateKey, .chainOrder,
        .ambiguousEndEntity,
        .notYetValid, .expired,
    ]
}

extension CredentialError {
    /// A sentence without subject; repeats nothing of the credential.
    public var explanation: String {
        switch self {
        case .unsupportedFormat: "is of a format that is not available here"
        case .malformed(let error): "is not CBOR of one item: \(error)"
        case .notAContainer: "is an array, but no chain or bag of two or more credentials"
        case .notAClaimsSet: "has no claims set with a COSE_Key in cnf (8), or a claim of a wrong type"
        case .encrypted: "is an encrypted CWT, whose key nobody can see"
        case .malformedCertificate: "is not a certificate of this format"
        case .incompleteKey: "has a key without its type, its curve or a coordinate"
        case .unsupportedKey:
            "has a key that is none of Ed25519, X25519, P-256, P-384 and P-521, or that is for another algorithm"
        case .unsupportedSignature: "is signed with an algorithm that is not known here"
        case .invalidKey: "has a public key that is not a usable point of its curve"
        case .containsPrivateKey: "contains a private key, which must never be distributed"
        case .chainOrder: "is a chain in which one does not certify the one before it: the end entity comes first"
        case .ambiguousEndEntity: "is a bag without exactly one end entity"
        case .notYetValid: "is not valid yet"
        case .expired: "has expired"
        }
    }
}
