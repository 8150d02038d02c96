import Bytes
import CBOR
public import CryptoPrimitives

/// The public key of a member, or of the Group Manager, as everyone in the group has it.
///
/// Equal means byte for byte equal: the bytes go into every key derivation and every external_aad, so nothing ever
/// re-encodes them (GOSC-0057).
public struct AuthenticationCredential: Hashable, Sendable {
    /// Exactly the bytes distributed to the group, without a CBOR tag.
    public let bytes: [UInt8]
    /// How the bytes are encoded.
    public let format: CredentialFormat
    /// The key inside.
    public let publicKey: PublicKey
    /// Whom the credential is for (claim `sub`), if it says so.
    public let subject: String?

    /// Parses a credential as received or configured.
    ///
    /// A CWT Claims Set is a map with the claim `cnf` (8) that holds a COSE_Key (1); other claims are allowed and not
    /// judged.
    ///
    /// - Parameters:
    ///   - bytes: The whole credential. Tag 61 or 601 before it is dropped.
    ///   - format: The credential format of the group.
    /// - Throws: ``CredentialError/unsupportedFormat`` for another format than CCS; ``CredentialError/malformed(_:)``
    ///   unless it is one CBOR item, with tag 61, 601 or none; ``CredentialError/notAClaimsSet`` without a COSE_Key in
    ///   `cnf`, or with a subject that is not text; ``CredentialError/incompleteKey``,
    ///   ``CredentialError/unsupportedKey``, ``CredentialError/invalidKey`` or ``CredentialError/containsPrivateKey``
    ///   for a key that is of no use.
    public init(parsing bytes: Span<UInt8>, format: CredentialFormat) throws(CredentialError) {
        // GOSC-0051
        guard format == .ccs else { throw .unsupportedFormat }
        let untagged = try Self.withoutTag(bytes)
        let claims: CBORValue
        do throws(CBORError) {
            claims = try CBORValue(decoding: untagged)
        } catch {
            throw .malformed(error)
        }
        #if GOSC_PLANTED_TRAP
            let confirmed = claims.mapValue?[CWTClaim.confirmation]?.mapValue
            PlantedTrap.credential.spring(
                if: claims.mapValue?.count == 2, confirmed != nil, confirmed?.count == 1)
        #endif
        // GOSC-0058: the claims set is the map and nothing around it.
        guard let confirmation = claims.mapValue?[CWTClaim.confirmation]?.mapValue,
            let key = confirmation[CWTClaim.coseKey]?.mapValue
        else { throw .notAClaimsSet }
        let subject = claims.mapValue?[CWTClaim.subject]
        guard subject == nil || subject?.textString != nil else { throw .notAClaimsSet }
        self.publicKey = try COSEKey.publicKey(in: key)
        self.subject = subject?.textString
        self.format = format
        self.bytes = [UInt8](copying: untagged)
    }

    init(bytes: [UInt8], format: CredentialFormat, publicKey: PublicKey, subject: String?) {
        self.bytes = bytes
        self.format = format
        self.publicKey = publicKey
        self.subject = subject
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
            bytes: claims.encoded(), format: .ccs, publicKey: publicKey, subject: subject)
    }

    // GOSC-0059, GOSC-0333, RFC 10021 §2.4: the untagged form is what is stored and authenticated.
    @_lifetime(copy bytes)
    private static func withoutTag(_ bytes: Span<UInt8>) throws(CredentialError) -> Span<UInt8> {
        var reader = CBORReader(bytes)
        guard reader.nextMajorType == .tag else { return bytes }
        do throws(CBORError) {
            guard CWTClaim.tags.contains(try reader.readTag()) else { throw CBORError.wrongType }
        } catch {
            throw .malformed(error)
        }
        return bytes.extracting(droppingFirst: bytes.count - reader.remaining)
    }
}
