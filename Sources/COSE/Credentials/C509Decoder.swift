import Bytes
import CBOR
import CryptoPrimitives

/// Reads C509 certificates, natively signed ones and re-encoded X.509 (draft-ietf-cose-cbor-encoded-cert §3), as far as key,
/// names and times are concerned. What the issuer signed is not looked at.
internal struct C509Decoder: CredentialDecoder {
    /// The head of an array of eleven items.
    internal static let arrayHead: UInt8 = 0x80 | itemCount
    private static let itemCount: UInt8 = 11

    /// The certificate types of the draft's registry.
    internal enum CertificateType: UInt64 {
        case nativelySigned = 2
        case reencoded = 3
    }

    internal func contents(of bytes: Span<UInt8>) throws(CredentialError) -> CredentialContents {
        var reader = CBORReader(bytes)
        do throws(CBORError) {
            return try Self.read(&reader)
        } catch .wrongType, .tooLarge {
            throw .malformedCertificate
        } catch {
            throw .malformed(error)
        }
    }

    /// Reads item after item, in the order of TBSCertificate. ``CBORError/wrongType`` also stands for a wrong value.
    @_lifetime(reader: copy reader)
    private static func read(_ reader: inout CBORReader) throws(CBORError) -> CredentialContents {
        guard try reader.readArrayHeader() == itemCount else { throw .wrongType }
        guard let type = CertificateType(rawValue: try reader.readUnsigned()) else { throw .wrongType }
        // The serial number, then the issuer's signature algorithm, which may be any.
        _ = try reader.readBytes()
        _ = try C509Algorithm(&reader)
        #if GOSC_PLANTED_TRAP
            PlantedTrap.c509.spring(if: type == .reencoded, reader.nextMajorType == .simple, reader.nextIsNull)
        #endif
        let issuer = reader.nextIsNull ? nil : try C509Name(&reader)
        if issuer == nil { try reader.readNull() }
        let notBefore = try second(&reader)
        let notAfter = reader.nextIsNull ? nil : try second(&reader)
        if notAfter == nil { try reader.readNull() }
        let subject = try C509Name(&reader)
        let algorithm = try C509Algorithm(&reader)
        let key = try C509PublicKey.read(&reader, algorithm, type)
        let isAuthority = try C509Extensions.sayAuthority(&reader)
        // issuerSignatureValue
        try reader.skipItem()
        try reader.finish()
        // Without an issuer it is the subject.
        return CredentialContents(
            publicKey: key, subject: subject.commonName, issuer: (issuer ?? subject).commonName,
            validity: ValidityPeriod(notBefore: notBefore, notAfter: notAfter),
            encodedSubject: subject.encoded, encodedIssuer: (issuer ?? subject).encoded, isAuthority: isAuthority)
    }

    @_lifetime(reader: copy reader)
    private static func second(_ reader: inout CBORReader) throws(CBORError) -> Int64 {
        guard let second = Int64(exactly: try reader.readUnsigned()) else { throw .tooLarge }
        return second
    }
}
