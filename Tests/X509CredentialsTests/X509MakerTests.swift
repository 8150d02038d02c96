#if X509
    import Bytes
    import COSE
    import CryptoPrimitives
    import Foundation
    import TestSupport
    import Testing
    import X509Credentials

    /// Self-signed certificates, read back here and judged by OpenSSL.
    struct X509MakerTests {
        static let signers = KeyKind.allCases.filter { $0.signatureKind != nil }

        private static func key(_ kind: KeyKind, _ number: UInt8 = 7) throws -> PrivateKey {
            let secret = [0] + [UInt8](repeating: number, count: kind.secretLength - 1)
            return try PrivateKey(kind, secret: secret.span)
        }

        private static func make(_ kind: KeyKind, _ number: UInt8 = 7) throws -> [UInt8] {
            try CredentialMakers.withX509.credential(of: key(kind, number), subject: "gm-1", format: .x509)
        }

        @Test(.requirement("GOSC-0052", "GOSC-0056"), arguments: signers)
        func whatIsMadeIsReadAsItIs(kind: KeyKind) throws {
            let bytes = try Self.make(kind)
            let credential = try CredentialReader.withX509.credential(bytes.span, format: .x509, validAt: 0)
            #expect(credential.bytes == bytes)
            #expect(try credential.publicKey == Self.key(kind).publicKey)
            #expect(credential.subject == "gm-1" && credential.issuer == "gm-1")
            #expect(credential.validity == ValidityPeriod(notBefore: 0, notAfter: nil))
            let decoded = try X509Decoder().contents(of: bytes.span)
            #expect(!decoded.isAuthority)
        }

        /// Many of each kind: the numbers of an ECDSA signature have no fixed length in DER.
        @Test(.enabled(if: OpenSSL.isThere, "the command openssl is missing"), arguments: signers)
        func openSSLVerifiesTheSignature(kind: KeyKind) throws {
            for number in 1...20 as ClosedRange<UInt8> {
                let text = try Self.make(kind, number)
                let verdict = try OpenSSL.verify(text)
                #expect(verdict.status == 0 && verdict.output.contains(": OK"), "\(verdict.output)")
            }
            var damaged = try Self.make(kind)
            damaged[damaged.count - 1] ^= 1
            #expect(try OpenSSL.verify(damaged).status != 0)
        }

        @Test(.enabled(if: OpenSSL.isThere, "the command openssl is missing"))
        func openSSLSeesWhatWasMeant() throws {
            let text = try OpenSSL.run(
                ["x509", "-inform", "DER", "-in", "{file}", "-noout", "-text"], Self.make(.p256)
            ).output
            for line in [
                "Version: 3 (0x2)", "Signature Algorithm: ecdsa-with-SHA256", "Not Before: Jan  1 00:00:00 1970 GMT",
                "Not After : Dec 31 23:59:59 9999 GMT", "CA:FALSE", "ASN1 OID: prime256v1",
            ] {
                #expect(text.contains(line), "\(line)")
            }
            #expect(text.contains("CN = gm-1") || text.contains("CN=gm-1"))
        }

        @Test func keysThatCannotSignHaveNoCertificate() throws {
            let makers = CredentialMakers.withX509
            for format in CredentialFormat.known {
                #expect(makers.canMake(format, for: .x25519) == (format == .ccs))
                #expect(Self.signers.allSatisfy { makers.canMake(format, for: $0) })
            }
            #expect(throws: CredentialError.unsupportedKey) { try Self.make(.x25519) }
        }
    }

    /// The command, with one certificate in a file.
    private enum OpenSSL {
        static let path = ["/usr/bin/openssl", "/usr/local/bin/openssl", "/bin/openssl"]
            .first { FileManager.default.isExecutableFile(atPath: $0) }
        static var isThere: Bool { path != nil }

        /// The certificate against itself, its own signature included.
        static func verify(_ der: [UInt8]) throws -> (status: Int32, output: String) {
            let lines = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
            let pem = "-----BEGIN CERTIFICATE-----\n\(lines)\n-----END CERTIFICATE-----\n"
            return try run(["verify", "-check_ss_sig", "-CAfile", "{file}", "{file}"], Array(pem.utf8))
        }

        static func run(_ arguments: [String], _ content: [UInt8]) throws -> (status: Int32, output: String) {
            let file = FileManager.default.temporaryDirectory.appending(path: "gosc-\(UUID().uuidString)")
            try Data(content).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            let process = Process()
            process.executableURL = URL(filePath: try #require(path))
            process.arguments = arguments.map { $0 == "{file}" ? file.path : $0 }
            let pipe = Pipe()
            process.standardOutput = pipe
            process.standardError = pipe
            try process.run()
            let output = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return (process.terminationStatus, String(decoding: output, as: UTF8.self))
        }
    }
#endif
