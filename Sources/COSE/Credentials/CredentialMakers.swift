public import CryptoPrimitives

/// Makes one credential for a key; one that is signed is signed with the key itself.
public protocol CredentialMaker: Sendable {
    /// Whether a key of this kind can have one.
    func canMake(for kind: KeyKind) -> Bool

    /// Makes the credential of a key.
    ///
    /// - Parameters:
    ///   - key: Whose public key the credential is for.
    ///   - subject: The name of its holder.
    /// - Throws: ``CredentialError/unsupportedKey`` where ``canMake(for:)`` says no.
    func credential(of key: borrowing PrivateKey, subject: String) throws(CredentialError) -> [UInt8]
}

/// Makes credentials that their holder issues for itself, of every format it has a maker for.
///
/// In a group nobody verifies the signature of a credential (RFC 10021 §2.4): whom a key belongs to, the Group Manager
/// vouches for. So its own credential, and those of nodes without an authority, need no issuer.
public struct CredentialMakers: Sendable {
    private var makers: [CredentialEncoding: any CredentialMaker]

    /// Makes what needs CBOR alone.
    public static let standard = Self(makers: [.ccs: ClaimsSetMaker()])

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

    /// Makes the credential of a key.
    ///
    /// - Throws: ``CredentialError/unsupportedFormat`` for a format without a maker;
    ///   ``CredentialError/unsupportedKey`` for a key that cannot have one, such as X25519 where the holder signs.
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
