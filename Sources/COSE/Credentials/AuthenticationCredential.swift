import Bytes
import CBOR
public import CryptoPrimitives

/// The public key of a member, or of the Group Manager, as everyone in the group has it.
///
/// Equal means byte for byte equal: the bytes go into every key derivation and every external_aad, so nothing ever
/// re-encodes them (GOSC-0057).
public struct AuthenticationCredential: Sendable {
    // GOSC-0058
    /// Exactly the bytes distributed to the group, out of their container and without a CBOR tag.
    public let bytes: [UInt8]
    /// The credential format of the group.
    public let format: CredentialFormat
    /// The key inside.
    public let publicKey: PublicKey
    /// One reference, whatever is added to it: contexts copy credentials.
    private let details: CredentialDetails

    /// Whom the credential is for, if it says so: the claim `sub`, or a certificate's common name.
    public var subject: String? { details.subject }
    /// Who issued it, if it says so: the claim `iss`, or the common name of a certificate's issuer.
    public var issuer: String? { details.issuer }
    /// When it is valid.
    public var validity: ValidityPeriod { details.validity }

    /// Parses a credential as received or configured, of a format that needs CBOR alone: CCS, CWT or C509.
    ///
    /// - Parameters:
    ///   - bytes: The whole credential, tagged or not, or a chain or bag of several.
    ///   - format: The credential format of the group.
    /// - Throws: What ``CredentialReader/credential(_:format:validAt:)`` throws;
    ///   ``CredentialError/unsupportedFormat`` for X.509, which needs a reader that has it.
    public init(parsing bytes: Span<UInt8>, format: CredentialFormat) throws(CredentialError) {
        self = try CredentialReader.standard.credential(bytes, format: format)
    }

    init(bytes: [UInt8], format: CredentialFormat, publicKey: PublicKey, details: CredentialDetails) {
        self.bytes = bytes
        self.format = format
        self.publicKey = publicKey
        self.details = details
    }

    /// Makes the CWT Claims Set `{2: subject, 8: {1: {1: 1, -1: 6, -2: x}}}`, deterministically encoded.
    public static func ccs(subject: String, publicKey: Ed25519PublicKey) -> AuthenticationCredential {
        ccs(subject: subject, publicKey: .ed25519(publicKey))
    }

    /// Makes the CWT Claims Set `{2: subject, 8: {1: COSE_Key}}`, deterministically encoded.
    public static func ccs(subject: String, publicKey: PublicKey) -> AuthenticationCredential {
        let claims: CBORValue = [
            CBORValue(CWTClaim.subject): .text(subject),
            CBORValue(CWTClaim.confirmation): [CBORValue(CWTClaim.coseKey): COSEKey.value(of: publicKey)],
        ]
        return AuthenticationCredential(
            bytes: claims.encoded(), format: .ccs, publicKey: publicKey,
            details: CredentialDetails(subject: subject, issuer: nil, validity: .unlimited))
    }
}

extension AuthenticationCredential: Hashable {
    // Whatever else there is was read out of the bytes.
    public static func == (left: Self, right: Self) -> Bool {
        left.bytes == right.bytes && left.format.encoding == right.format.encoding
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(bytes)
    }
}

/// What a credential says beside its key.
final class CredentialDetails: Sendable {
    let subject: String?
    let issuer: String?
    let validity: ValidityPeriod

    init(subject: String?, issuer: String?, validity: ValidityPeriod) {
        self.subject = subject
        self.issuer = issuer
        self.validity = validity
    }
}
