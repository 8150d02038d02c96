public import CryptoPrimitives

/// Why a credential, or the private key beside it, does not fit a group (RFC 10021 §2.4).
public enum CredentialMisfit: Hashable, Sendable {
    // GOSC-0019
    /// It is encoded in another way than the group's Authentication Credential Format.
    case format(CredentialFormat, CredentialFormat)
    // GOSC-0054, GOSC-0246
    /// A key of this kind cannot sign with the group's Signature Algorithm.
    case signature(KeyKind, SignatureAlgorithm)
    /// A key of this kind shares no secret with one of that kind.
    case keyAgreement(KeyKind, KeyKind)
    /// The private key is another key's than the one in the credential.
    case privateKey
    /// The credential is not there: empty, or of a member that is not known.
    case missing
}

extension CredentialMisfit {
    /// A sentence without subject; repeats nothing of the credential.
    public var explanation: String {
        switch self {
        case .format(let format, let group): "is in the format \(format.name), the group uses \(group.name)"
        case .signature(let kind, let algorithm):
            "has a key of kind \(kind.name), which cannot sign with the group's \(algorithm.name)"
        case .keyAgreement(let kind, let other):
            "has a key of kind \(kind.name), which shares no secret with one of kind \(other.name)"
        case .privateKey: "belongs to another private key"
        case .missing: "is missing"
        }
    }
}
