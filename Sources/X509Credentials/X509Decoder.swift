#if X509
    import Bytes
    public import COSE
    import CryptoPrimitives
    import Foundation
    import SwiftASN1
    import X509

    /// Reads X.509 certificates in DER (RFC 5280) as far as key, names and times are concerned.
    ///
    /// No signature is verified and no path built: whom a key belongs to, the Group Manager vouches for (RFC 10021 §2.4).
    public struct X509Decoder: CredentialDecoder {
        public init() {}

        /// Takes one certificate apart.
        ///
        /// - Throws: ``COSE/CredentialError/malformedCertificate`` for anything but one certificate in DER. A key that is
        ///   of no use, and an issuer's signature of an unknown kind, stand in `publicKey`.
        public func contents(of bytes: Span<UInt8>) throws(CredentialError) -> CredentialContents {
            let der = [UInt8](copying: bytes)
            let outline = try CertificateOutline(der)
            var contents = CredentialContents(
                publicKey: .failure(.unsupportedKey), encodedSubject: outline.subject, encodedIssuer: outline.issuer)
            do {
                let certificate = try Certificate(derEncoded: outline.readable(der))
                contents.subject = certificate.subject.commonName
                contents.issuer = certificate.issuer.commonName
                contents.validity = certificate.validity
                contents.isAuthority = try certificate.isAuthority
                contents.publicKey = Self.publicKey(
                    outline.algorithm, certificate.publicKey.subjectPublicKeyInfoBytes.span)
            } catch let error as CertificateError {
                switch error.code {
                // Certificates of authorities may be of any kind: their names are enough.
                case .unsupportedPublicKeyAlgorithm: break
                case .unsupportedSignatureAlgorithm: contents.publicKey = .failure(.unsupportedSignature)
                default: throw .malformedCertificate
                }
            } catch is ASN1Error {
                throw .malformedCertificate
            } catch {
                // What is left is the key itself: its length, or a point that is not on the curve.
                contents.publicKey = .failure(.invalidKey)
            }
            return contents
        }

        // GOSC-0056
        private static func publicKey(
            _ algorithm: SubjectPublicKeyAlgorithm?, _ key: Span<UInt8>
        ) -> Result<PublicKey, CredentialError> {
            do throws(CryptoError) {
                switch algorithm {
                case .ed25519: return .success(.ed25519(try Ed25519PublicKey(key)))
                case .x25519: return .success(.x25519(try X25519PublicKey(key)))
                case .p256: return .success(.ec(try ECPublicKey(.p256, encoded: key)))
                case .p384: return .success(.ec(try ECPublicKey(.p384, encoded: key)))
                case .p521: return .success(.ec(try ECPublicKey(.p521, encoded: key)))
                case nil: return .failure(.unsupportedKey)
                }
            } catch {
                return .failure(.invalidKey)
            }
        }
    }

    extension CredentialReader {
        /// Reads all formats: what needs CBOR alone, and X.509.
        public static let withX509 = standard.adding(X509Decoder(), for: .x509)
    }

    extension DistinguishedName {
        /// The first common name; `nil` if there is none that is text.
        fileprivate var commonName: String? {
            for attribute in lazy.joined() where attribute.type == .RDNAttributeType.commonName {
                return String(attribute.value)
            }
            return nil
        }
    }

    extension Certificate {
        fileprivate var validity: ValidityPeriod {
            let end = Int64(notValidAfter.timeIntervalSince1970)
            return ValidityPeriod(
                notBefore: Int64(notValidBefore.timeIntervalSince1970), notAfter: end == Self.noExpiry ? nil : end)
        }

        /// 99991231235959Z (RFC 5280 §4.1.2.5).
        private static let noExpiry: Int64 = 253_402_300_799

        fileprivate var isAuthority: Bool {
            get throws {
                if case .isCertificateAuthority = try extensions.basicConstraints { true } else { false }
            }
        }
    }
#endif
