#if X509
    import Bytes
    import CBOR
    import COSE
    import Foundation
    import TestSupport
    import Testing
    import X509Credentials

    /// Certificates as administrators keep them.
    struct CertificateFileTests {
        private static func pem(_ der: String, label: String = "CERTIFICATE") throws -> String {
            let bytes = try #require(Hex.decode(der))
            let lines = Data(bytes).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
            return "-----BEGIN \(label)-----\n\(lines)\n-----END \(label)-----\n"
        }

        private static func vector(_ name: String) throws -> CredentialVectors.Accepted {
            try #require(CredentialVectors.x509.credentials.first { $0.name == name })
        }

        @Test func oneCertificateIsItsDER() throws {
            let vector = try Self.vector("Ed25519 by a CA")
            let file = try Self.pem(vector.credential)
            for text in [file, "Subject: CN=pump-1\n" + file, file.replacing("\n", with: "\r\n")] {
                #expect(try CertificateFile.credential(in: Array(text.utf8)) == vector.credentialBytes)
            }
        }

        @Test func severalAreAChainInTheirOrder() throws {
            let chain = try Self.vector("chain of 2, no root")
            let leaf = try Self.pem(chain.credential)
            let container = chain.inputBytes
            let certificates = try CBORValue(decoding: container.span).arrayItems ?? []
            let authority = try Self.pem(Hex.encode(try #require(certificates.last?.byteString)))
            let file = leaf + authority
            #expect(try CertificateFile.credential(in: Array(file.utf8)) == container)
            let swapped = try CertificateFile.credential(in: Array((authority + leaf).utf8))
            #expect(throws: CredentialError.chainOrder) {
                try CredentialReader.withX509.credential(swapped.span, format: .x509)
            }
        }

        @Test func keysBesideACertificateAreLeftOut() throws {
            let vector = try Self.vector("Ed25519 by a CA")
            let file = try Self.pem("302e", label: "PRIVATE KEY") + Self.pem(vector.credential)
            #expect(try CertificateFile.credential(in: Array(file.utf8)) == vector.credentialBytes)
        }

        @Test func otherFilesStayAsTheyAre() throws {
            let vector = try Self.vector("Ed25519 by a CA")
            for bytes in [vector.credentialBytes, vector.inputBytes, [], [0xff]] {
                #expect(try CertificateFile.credential(in: bytes) == bytes)
            }
        }

        @Test func damagedPEMIsRefused() throws {
            let file = try Self.pem(try Self.vector("Ed25519 by a CA").credential)
            let damaged = [
                String(file.dropLast(20)), file.replacing("MIH", with: "M!H"), "-----BEGIN CERTIFICATE-----",
                try Self.pem("302e", label: "PRIVATE KEY"),
            ]
            for text in damaged {
                #expect(throws: CredentialError.malformedCertificate) {
                    try CertificateFile.credential(in: Array(text.utf8))
                }
            }
        }
    }
#endif
