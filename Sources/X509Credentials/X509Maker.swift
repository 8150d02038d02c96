#if X509
    import Bytes
    public import COSE
    public import CryptoPrimitives
    import SwiftASN1
    import X509

    /// Makes X.509 certificates that their holder signs (RFC 5280).
    ///
    /// The private key stays where it is: swift-certificates would sign with a copy in a library of its own, so the
    /// certificate is put together here.
    public struct X509Maker: CredentialMaker {
        public init() {}

        public func canMake(for kind: KeyKind) -> Bool { kind.signatureKind != nil }

        public func credential(
            of key: borrowing PrivateKey, subject: String
        ) throws(CredentialError) -> [UInt8] {
            guard let algorithm = key.publicKey.kind.signatureKind.map(CertificateSignatureAlgorithm.init) else {
                throw .unsupportedKey
            }
            do {
                let signed = try Self.signedPart(key.publicKey, algorithm, DistinguishedName { CommonName(subject) })
                let signature = try algorithm.encoded(key.signature(of: signed.span))
                var certificate = DER.Serializer()
                try certificate.appendConstructedNode(identifier: .sequence) { certificate in
                    certificate.serializeRawBytes(signed)
                    certificate.serializeRawBytes(algorithm.identifier)
                    try certificate.serialize(ASN1BitString(bytes: signature[...]))
                }
                return certificate.serializedBytes
            } catch {
                throw .unsupportedKey
            }
        }

        /// TBSCertificate (RFC 5280 §4.1.2).
        private static func signedPart(
            _ publicKey: PublicKey, _ algorithm: CertificateSignatureAlgorithm, _ name: DistinguishedName
        ) throws -> [UInt8] {
            var certificate = DER.Serializer()
            try certificate.appendConstructedNode(identifier: .sequence) { fields in
                try fields.serialize(version3, explicitlyTaggedWithTagNumber: 0, tagClass: .contextSpecific)
                try fields.serialize(SelfIssuedCertificate.serialNumber(of: publicKey)[...])
                fields.serializeRawBytes(algorithm.identifier)
                try fields.serialize(name)
                try fields.appendConstructedNode(identifier: .sequence) { validity in
                    try validity.serialize(
                        UTCTime(year: 1970, month: 1, day: 1, hours: 0, minutes: 0, seconds: 0))
                    // RFC 5280 §4.1.2.5: no expiration date.
                    try validity.serialize(
                        GeneralizedTime(
                            year: 9999, month: 12, day: 31, hours: 23, minutes: 59, seconds: 59, fractionalSeconds: 0))
                }
                try fields.serialize(name)
                try fields.appendConstructedNode(identifier: .sequence) { keyInfo in
                    keyInfo.serializeRawBytes(SubjectPublicKeyAlgorithm(publicKey.kind).encoded)
                    try keyInfo.serialize(ASN1BitString(bytes: encoded(publicKey)[...]))
                }
                fields.serializeRawBytes(endEntity)
            }
            return certificate.serializedBytes
        }

        private static let version3 = 2

        /// The field `extensions` with basicConstraints and nothing in them: cA is false. Key usage is not restricted: in
        /// groups with both modes one key signs and agrees on secrets.
        private static let endEntity: [UInt8] = [
            0xa3, 0x0d, 0x30, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x55, 0x1d, 0x13, 0x04, 0x02, 0x30, 0x00,
        ]

        /// The content of subjectPublicKey (RFC 8410 §4, RFC 5480 §2.2).
        private static func encoded(_ publicKey: PublicKey) -> [UInt8] {
            switch publicKey {
            case .ed25519(let key): key.bytes
            case .x25519(let key): key.bytes
            case .ec(let key): [uncompressed] + key.x + key.y
            }
        }

        /// Before both coordinates of a point (SEC 1 §2.3.3).
        private static let uncompressed: UInt8 = 4
    }

    extension CredentialMakers {
        /// Makes all formats: what needs CBOR alone, and X.509.
        public static let withX509 = standard.adding(X509Maker(), for: .x509)
    }
#endif
