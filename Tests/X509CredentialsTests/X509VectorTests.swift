#if X509
    import Bytes
    import COSE
    import CryptoPrimitives
    import TestSupport
    import Testing
    import X509Credentials

    /// X.509 certificates, alone and in chains and bags, against an independent model.
    struct X509VectorTests {
        typealias Accepted = CredentialVectors.Accepted

        private static func read(_ bytes: [UInt8], _ format: Int) throws(CredentialError) -> AuthenticationCredential {
            try CredentialReader.withX509.credential(bytes.span, format: CredentialFormat(rawValue: format))
        }

        @Test(
            .requirement("GOSC-0056", "GOSC-0057", "GOSC-0058", "GOSC-0060"),
            arguments: CredentialVectors.x509.credentials)
        func endEntityIsKeptAsItIsDistributed(vector: Accepted) throws {
            let credential = try Self.read(vector.inputBytes, vector.format)
            #expect(Hex.encode(credential.bytes) == vector.credential)
            #expect(Accepted.Key(credential.publicKey) == vector.key)
            #expect(credential.subject == vector.subject)
            #expect(credential.issuer == vector.issuer)
            #expect(credential.validity.notBefore == vector.notBefore)
            #expect(credential.validity.notAfter == vector.notAfter)
            let again = try Self.read(credential.bytes, vector.format)
            #expect(again == credential && again.publicKey == credential.publicKey)
        }

        /// The Group Manager hands a chain or bag out as it came, and a credential that is alone as members keep it.
        @Test(.requirement("GM-0191"), arguments: CredentialVectors.x509.credentials)
        func containersAreHandedOutWhole(vector: Accepted) throws {
            let (input, format) = (vector.inputBytes, CredentialFormat(rawValue: vector.format))
            let provided = try CredentialReader.withX509.provided(input.span, format: format)
            let distributed = provided.distributed
            #expect(distributed == (vector.isContainer ? input : vector.credentialBytes))
            #expect(provided.endEntity.bytes == vector.credentialBytes)
            let again = try CredentialReader.withX509.provided(distributed.span, format: format)
            #expect(again == provided)
        }

        @Test(.requirement("GOSC-0060", "GOSC-0246"), arguments: CredentialVectors.x509.refused)
        func whatIsNoCredentialIsRefusedWithTheReason(vector: CredentialVectors.Refused) throws {
            var thrown: CredentialError?
            do throws(CredentialError) {
                _ = try Self.read(vector.inputBytes, vector.format)
            } catch {
                thrown = error
            }
            #expect(thrown.map { "\($0)" }?.prefix { $0 != "(" } ?? "accepted" == vector.reason)
        }

        @Test func vectorsAreThere() {
            #expect(CredentialVectors.x509.credentials.count >= 39 && CredentialVectors.x509.refused.count >= 44)
        }

        @Test(arguments: CredentialVectors.x509.credentials)
        func noStrictPrefixIsAccepted(vector: Accepted) throws {
            let bytes = vector.inputBytes
            for count in bytes.indices {
                #expect(throws: CredentialError.self) { try Self.read(Array(bytes[..<count]), vector.format) }
            }
            #expect(throws: CredentialError.self) { try Self.read(bytes + [0], vector.format) }
        }

        @Test func onlyTheReaderWithX509ReadsIt() throws {
            let vector = try #require(CredentialVectors.x509.credentials.first)
            let bytes = vector.inputBytes
            for format in [CredentialFormat.x509, .x509Bag] {
                #expect(CredentialReader.withX509.canRead(format))
                #expect(!CredentialReader.standard.canRead(format))
                #expect(throws: CredentialError.unsupportedFormat) {
                    try CredentialReader.standard.credential(bytes.span, format: format)
                }
            }
            #expect(CredentialFormat.known.allSatisfy { CredentialReader.withX509.canRead($0) })
        }

        /// Expired certificates are accepted or refused, as the caller says.
        @Test func expiryIsThePolicyOfTheCaller() throws {
            let vector = try #require(CredentialVectors.x509.credentials.first { $0.name == "expired" })
            let (bytes, reader) = (vector.inputBytes, CredentialReader.withX509)
            let first = try #require(vector.notBefore)
            let last = try #require(vector.notAfter)
            func read(at time: Int64?) throws(CredentialError) {
                _ = try reader.credential(bytes.span, format: .x509, validAt: time)
            }
            try read(at: nil)
            try read(at: first)
            try read(at: last)
            #expect(throws: CredentialError.notYetValid) { try read(at: first - 1) }
            #expect(throws: CredentialError.expired) { try read(at: last + 1) }
            let endless = try #require(CredentialVectors.x509.credentials.first { $0.name == "never expires" })
                .inputBytes
            _ = try reader.credential(endless.span, format: .x509, validAt: 253_402_300_800)
        }
    }
#endif
