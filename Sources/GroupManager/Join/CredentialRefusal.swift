public import COSE

/// Why a credential cannot be a member's of this group.
public enum CredentialRefusal: Hashable, Sendable {
    /// Every member keeps it, and it is in the AAD of each message: it must not be a burden for all.
    case tooLong
    /// It cannot be read, or is not valid now.
    case unreadable(CredentialError)
    /// Its key is of no use in the group.
    case misfit(CredentialMisfit)
    /// Its key is one with which everybody shares the same secret.
    case weakKey

    /// A sentence without subject; repeats nothing of the credential.
    public var explanation: String {
        switch self {
        case .tooLong: "is longer than members are asked to keep"
        case .unreadable(let error): error.explanation
        case .misfit(let misfit): misfit.explanation
        case .weakKey: "has a key of small order"
        }
    }
}
