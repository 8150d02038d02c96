import Bytes
import CBOR
import COSE
import CryptoPrimitives
import TestSupport
import Testing

/// Credentials with a key of every kind.
struct CredentialKeyTests {
    struct File: Decodable {
        struct Valid: Decodable, Sendable, CustomTestStringConvertible {
            let name: String
            let kind: String
            let ccs: String
            /// Whether these are the bytes that ``AuthenticationCredential/ccs(subject:publicKey:)`` makes.
            let made: Bool
            var testDescription: String { name }
        }

        struct Refused: Decodable, Sendable, CustomTestStringConvertible {
            let name: String
            let ccs: String
            let reason: String
            var testDescription: String { name }
        }

        let valid: [Valid]
        let refused: [Refused]

        static func load() throws -> File { try VectorFile.load("credentials/keys") }
    }

    @Test(.requirement("GOSC-0053", "GOSC-0055", "GOSC-0057", "GOSC-0058"), arguments: try File.load().valid)
    func keyOfEveryKindIsRead(valid: File.Valid) throws {
        let bytes = try #require(Hex.decode(valid.ccs))
        let credential = try AuthenticationCredential(parsing: bytes.span, format: .ccs)
        #expect("\(credential.publicKey.kind)" == valid.kind)
        #expect(credential.bytes == bytes)
        #expect(credential.subject == "m")
        guard valid.made else { return }
        let made = AuthenticationCredential.ccs(subject: "m", publicKey: credential.publicKey)
        #expect(Hex.encode(made.bytes) == valid.ccs)
        #expect(made == credential)
    }

    /// One point in two encodings is one key and two credentials: the bytes are what is authenticated.
    @Test(.requirement("GOSC-0057"))
    func compressedPointIsTheSameKeyInAnotherCredential() throws {
        let valid = try File.load().valid
        for name in ["p256", "p384", "p521"] {
            let (full, compressed) = (
                try Self.credential(name, in: valid), try Self.credential("\(name), compressed", in: valid)
            )
            let negative = try Self.credential("\(name), other sign", in: valid)
            #expect(full.publicKey == compressed.publicKey)
            #expect(full != compressed)
            #expect(full.publicKey != negative.publicKey)
        }
    }

    @Test(
        .requirement("GOSC-0053", "GOSC-0055", "GOSC-0358", "GOSC-0359", "GM-0192"), arguments: try File.load().refused)
    func unusableKeyIsRefusedWithItsReason(refused: File.Refused) throws {
        let bytes = try #require(Hex.decode(refused.ccs))
        do throws(CredentialError) {
            _ = try AuthenticationCredential(parsing: bytes.span, format: .ccs)
            Issue.record("accepted")
        } catch {
            #expect("\(error)" == refused.reason)
        }
    }

    @Test(.requirement("GOSC-0059", "GOSC-0333"), arguments: [61, 601] as [UInt64], try File.load().valid)
    func tagIsDroppedWhateverTheKey(tag: UInt64, valid: File.Valid) throws {
        let bytes = try #require(Hex.decode(valid.ccs))
        var writer = CBORWriter()
        writer.write(tag: tag)
        writer.write(encoded: bytes.span)
        let tagged = writer.bytes
        let credential = try AuthenticationCredential(parsing: tagged.span, format: .ccs)
        #expect(credential.bytes == bytes)
    }

    @Test(arguments: try File.load().valid)
    func strictPrefixIsTruncated(valid: File.Valid) throws {
        let bytes = try #require(Hex.decode(valid.ccs))
        for count in 0..<bytes.count {
            let prefix = Array(bytes[..<count])
            var thrown: CredentialError?
            do throws(CredentialError) {
                _ = try AuthenticationCredential(parsing: prefix.span, format: .ccs)
            } catch {
                thrown = error
            }
            #expect(thrown == .malformed(.truncated))
        }
    }

    private static func credential(_ name: String, in valid: [File.Valid]) throws -> AuthenticationCredential {
        let hex = try #require(valid.first { $0.name == name }).ccs
        let bytes = try #require(Hex.decode(hex))
        return try AuthenticationCredential(parsing: bytes.span, format: .ccs)
    }
}
