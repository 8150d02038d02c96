/// A credential as its holder provides it to the Group Manager, which distributes it
/// (draft-ietf-ace-key-groupcomm-oscore §4).
public struct ProvidedCredential: Hashable, Sendable {
    // GOSC-0060
    /// The end entity's, untagged: what members store, derive keys from and authenticate (RFC 10021 §2.4).
    public let endEntity: AuthenticationCredential
    // GM-0191
    /// What is stored and handed out: a chain or bag byte for byte as it was provided; a credential that came alone
    /// without a tag or a byte string around it, as members keep it.
    public let distributed: [UInt8]
}
