public import CryptoPrimitives

/// Makes one credential for a key; one that is signed is signed with the key itself.
public protocol CredentialMaker: Sendable {
    /// Whether a key of this kind can have one.
    func canMake(for kind: KeyKind) -> Bool

    /// Makes the credential of a key.
    ///
    /// - Parameters:
    ///   - key: Whose public key the credential is for.
    ///   - subject: The name of its holder; certificates of other makers have 64 characters at most (RFC 5280).
    /// - Throws: ``CredentialError/unsupportedKey`` where ``canMake(for:)`` says no, or if the library fails to sign.
    func credential(of key: borrowing PrivateKey, subject: String) throws(CredentialError) -> [UInt8]
}

/// Makes credentials that their holder issues for itself, of every format it has a maker for.
///
/// In a group nobody verifies the signature of a credential (RFC 10021 §2.4): whom a key belongs to, the Group Manager
/// vouches for. So its own credential, and those of nodes without an authority, need no issuer.
public struct CredentialMakers: Sendable {
    private var makers: [CredentialEncoding: any CredentialMaker]

    /// Makes what needs CBOR alone: CCS, CWT and C509.
    public static let standard = Self(makers: [.ccs: ClaimsSetMaker(), .cwt: WebTokenMaker(), .c509: C509Maker()])

    private init(makers: [CredentialEncoding: any CredentialMaker]) {
        self.makers = makers
    }

    /// The same with one more maker, such as that of `X509Credentials`.
    public func adding(_ maker: some CredentialMaker, for encoding: CredentialEncoding) -> Self {
        var all = self
        all.makers[encoding] = maker
        return all
    }

    /// Whether a key of this kind can have a credential of this format.
    public func canMake(_ format: CredentialFormat, for kind: KeyKind) -> Bool {
        format.encoding.flatMap { makers[$0]?.canMake(for: kind) } ?? false
    }

    /// Makes the credential of a key, alone and without a tag: as members keep it (RFC 10021 §2.4).
    ///
    /// What is signed with ECDSA is another credential each time.
    ///
    /// - Parameters:
    ///   - key: Whose public key the credential is for.
    ///   - subject: The name of its holder, 1 to 64 characters.
    ///   - format: The credential format of the group.
    /// - Throws: ``CredentialError/unsupportedFormat`` for a format without a maker;
    ///   ``CredentialError/unsupportedKey`` for a key that cannot have one, such as X25519 where the holder signs, or
    ///   if the library fails to sign.
    public func credential(
        of key: borrowing PrivateKey, subject: String, format: CredentialFormat
    ) throws(CredentialError) -> [UInt8] {
        guard let maker = format.encoding.flatMap({ makers[$0] }) else { throw .unsupportedFormat }
        return try maker.credential(of: key, subject: subject)
    }
}

/// Makes CWT Claims Sets, which nobody signs.
struct ClaimsSetMaker: CredentialMaker {
    func canMake(for kind: KeyKind) -> Bool { true }

    func credential(of key: borrowing PrivateKey, subject: String) throws(CredentialError) -> [UInt8] {
        AuthenticationCredential.ccs(subject: subject, publicKey: key.publicKey).bytes
    }
}
