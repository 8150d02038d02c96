#if X509
    import Bytes
    import CBOR
    public import COSE
    import SwiftASN1

    /// A file with certificates as administrators keep them: PEM (RFC 7468), or what a group distributes.
    public enum CertificateFile: Sendable {
        /// The credential in a file.
        ///
        /// PEM text with one certificate is its DER; with several it is a chain, in the order of the file (RFC 9360 §2).
        /// Private keys and whatever else stands between certificates are left out. Any other file is taken as it is.
        ///
        /// - Throws: ``COSE/CredentialError/malformedCertificate`` for PEM that is damaged or has no certificate.
        public static func credential(in file: [UInt8]) throws(CredentialError) -> [UInt8] {
            guard let text = String(validating: file, as: UTF8.self), text.contains("-----BEGIN ") else { return file }
            let certificates: [[UInt8]]
            do {
                certificates = try PEMDocument.parseMultiple(pemString: text)
                    .filter { $0.discriminator == "CERTIFICATE" }.map(\.derBytes)
            } catch {
                throw .malformedCertificate
            }
            guard let first = certificates.first else { throw .malformedCertificate }
            guard certificates.count > 1 else { return first }
            return CBORValue.array(certificates.map { .bytes($0) }).encoded()
        }
    }
#endif
