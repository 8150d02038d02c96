#if X509
    import Bytes
    import COSE
    import SwiftASN1

    /// Where the parts of a certificate lie that swift-certificates does not show as they are encoded.
    struct CertificateOutline {
        /// The Name of the issuer, and of the subject, in DER: chains go by these bytes.
        let issuer: [UInt8]
        let subject: [UInt8]
        /// What the key is for; `nil` if it is nothing that members have.
        let algorithm: SubjectPublicKeyAlgorithm?
        /// Where the algorithm of SubjectPublicKeyInfo ends.
        private let endOfAlgorithm: Int

        init(_ der: [UInt8]) throws(CredentialError) {
            do {
                var certificate = try Self.children(of: DER.parse(der))
                guard let signed = certificate.next() else { throw CredentialError.malformedCertificate }
                #if GOSC_PLANTED_TRAP
                    PlantedTrap.x509.spring(
                        if: certificate.next() == nil, signed.identifier == .set, signed.encodedBytes.count == 2)
                #endif
                var fields = try Self.children(of: signed)
                let version = ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific)
                // The serial number; a version before it is left out for certificates of the first.
                if fields.next()?.identifier == version { _ = fields.next() }
                // The signature algorithm, then the names with the times between them.
                guard fields.next() != nil, let issuer = fields.next(), fields.next() != nil,
                    let subject = fields.next(), let key = fields.next()
                else { throw CredentialError.malformedCertificate }
                var keyInfo = try Self.children(of: key)
                guard let algorithm = keyInfo.next() else { throw CredentialError.malformedCertificate }
                self.issuer = Array(issuer.encodedBytes)
                self.subject = Array(subject.encodedBytes)
                self.algorithm = SubjectPublicKeyAlgorithm(encoded: algorithm.encodedBytes)
                self.endOfAlgorithm = algorithm.encodedBytes.endIndex
            } catch {
                throw .malformedCertificate
            }
        }

        /// The certificate in a form that swift-certificates takes. It knows no X25519 keys; Ed25519 keys are encoded in the
        /// same way but for the last byte of the identifier (RFC 8410), so that is put in its place.
        func readable(_ der: [UInt8]) -> [UInt8] {
            guard algorithm == .x25519 else { return der }
            var readable = der
            readable[endOfAlgorithm - 1] = Self.ed25519
            return readable
        }

        private static let ed25519: UInt8 = 0x70

        private static func children(of node: ASN1Node) throws(CredentialError) -> ASN1NodeCollection.Iterator {
            guard case .constructed(let children) = node.content else { throw .malformedCertificate }
            return children.makeIterator()
        }
    }
#endif
