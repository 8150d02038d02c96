public import CryptoPrimitives

/// What a decoder reads out of one credential.
public struct CredentialContents: Sendable {
    /// The key, or why it is of no use. Only the end entity's is asked for: who certified it may have a key of any kind.
    public var publicKey: Result<PublicKey, CredentialError>
    /// Whom the credential is for: the claim `sub`, or a certificate's common name.
    public var subject: String?
    /// Who issued it: the claim `iss`, or the common name of a certificate's issuer.
    public var issuer: String?
    /// When it is valid.
    public var validity: ValidityPeriod
    /// The whole name of the subject as it is encoded; `nil` if there is none.
    public var encodedSubject: [UInt8]?
    /// The whole name of the issuer as it is encoded; `nil` if there is none.
    public var encodedIssuer: [UInt8]?
    /// Whether it says of itself that it certifies others, so that it is no end entity's in a bag.
    public var isAuthority: Bool

    public init(
        publicKey: Result<PublicKey, CredentialError>, subject: String? = nil, issuer: String? = nil,
        validity: ValidityPeriod = .unlimited, encodedSubject: [UInt8]? = nil, encodedIssuer: [UInt8]? = nil,
        isAuthority: Bool = false
    ) {
        self.publicKey = publicKey
        self.subject = subject
        self.issuer = issuer
        self.validity = validity
        self.encodedSubject = encodedSubject
        self.encodedIssuer = encodedIssuer
        self.isAuthority = isAuthority
    }
}

/// Reads the credentials of one encoding.
public protocol CredentialDecoder: Sendable {
    /// Takes one credential apart that is out of its container and without tags.
    ///
    /// - Throws: ``CredentialError`` for everything but a key that is of no use, which
    ///   ``CredentialContents/publicKey`` says.
    func contents(of bytes: Span<UInt8>) throws(CredentialError) -> CredentialContents
}
