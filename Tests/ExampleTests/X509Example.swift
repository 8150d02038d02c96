#if X509
    import Bytes
    import COSE
    import Foundation
    import TestSupport
    import Testing
    import X509Credentials

    struct X509Example {
        @Test func readsACertificateFromAFile() throws {
            let vector = try #require(CredentialVectors.x509.credentials.first)
            let lines = Data(vector.credentialBytes).base64EncodedString(
                options: [.lineLength64Characters, .endLineWithLineFeed])
            let file = Array("-----BEGIN CERTIFICATE-----\n\(lines)\n-----END CERTIFICATE-----\n".utf8)
            // example: x509
            let reader = CredentialReader.withX509
            let bytes = try CertificateFile.credential(in: file)
            let credential = try reader.credential(bytes.span, format: .x509)
            // end
            #expect(credential.bytes == vector.credentialBytes)
            #expect(credential.subject == vector.subject)
        }
    }
#endif
