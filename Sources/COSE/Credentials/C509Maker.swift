import Bytes
import CBOR
import CryptoPrimitives

/// Makes natively signed C509 certificates that their holder issues (draft-ietf-cose-cbor-encoded-cert §3).
struct C509Maker: CredentialMaker {
    func canMake(for kind: KeyKind) -> Bool { kind.signatureKind != nil }

    func credential(of key: borrowing PrivateKey, subject: String) throws(CredentialError) -> [UInt8] {
        let publicKey = key.publicKey
        guard let kind = publicKey.kind.signatureKind else { throw .unsupportedKey }
        // TBSCertificate, a sequence: what is signed has no head of an array.
        var certificate = CBORWriter()
        certificate.write(unsigned: C509Decoder.CertificateType.nativelySigned.rawValue)
        certificate.write(bytes: SelfIssuedCertificate.serialNumber(of: publicKey))
        certificate.write(integer: Self.signatureAlgorithm(kind))
        // §3.1.4: an issuer that is the subject must be null.
        certificate.writeNull()
        certificate.write(unsigned: SelfIssuedCertificate.notBefore)
        // §3.1.5: 99991231235959Z
        certificate.writeNull()
        certificate.write(C509Name.value(commonName: subject))
        certificate.write(integer: C509PublicKey.algorithm(publicKey.kind))
        certificate.write(bytes: C509PublicKey.encoded(publicKey))
        certificate.write(C509Extensions.endEntity)
        do throws(CryptoError) {
            certificate.write(bytes: try key.signature(of: certificate.bytes.span))
        } catch {
            throw .unsupportedKey
        }
        return [C509Decoder.arrayHead] + certificate.bytes
    }

    /// The registry of signature algorithms (§9.12 of the draft).
    private static func signatureAlgorithm(_ kind: SignatureKind) -> Int64 {
        switch kind {
        case .ecdsaP256: 0
        case .ecdsaP384: 1
        case .ecdsaP521: 2
        case .ed25519: 12
        }
    }
}
