import Bytes
import CBOR
import COSE
import CryptoPrimitives
import TestSupport
import Testing

struct AuthenticationCredentialTests {
    struct File: Decodable {
        struct Valid: Decodable, Sendable, CustomTestStringConvertible {
            let name: String
            let seed: String
            let subject: String
            let ccs: String
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
        let unsorted: String

        static func load() throws -> File { try VectorFile.load("credentials/ccs") }
    }

    struct Group: Decodable {
        struct Member: Decodable, Sendable {
            let auth_cred: String
            let ed25519_public: String
        }

        struct Body: Decodable {
            let gm_cred: String
            let members: [Member]
        }

        let group: Body

        static func load() throws -> Body {
            let file: Group = try VectorFile.load("group-oscore-generated")
            return file.group
        }
    }

    private static func parse(
        _ bytes: [UInt8], format: CredentialFormat = .ccs
    ) throws(CredentialError) -> AuthenticationCredential {
        try AuthenticationCredential(parsing: bytes.span, format: format)
    }

    @Test(.requirement("GOSC-0055", "GOSC-0057"), arguments: try File.load().valid)
    func credentialOfAFixedSeedHasItsFixedBytes(valid: File.Valid) throws {
        let seed = try #require(Hex.decode(valid.seed))
        let key = try Ed25519PrivateKey(seed: seed.span)
        let made = AuthenticationCredential.ccs(subject: valid.subject, publicKey: key.publicKey)
        #expect(Hex.encode(made.bytes) == valid.ccs)
        let parsed = try Self.parse(made.bytes)
        #expect(parsed == made)
        #expect(parsed.subject == valid.subject)
        #expect(parsed.publicKey == .ed25519(key.publicKey))
        #expect(parsed.format == .ccs)
    }

    @Test(.requirement("GOSC-0055", "GOSC-0057"))
    func credentialsOfTheGroupVectorsAreRead() throws {
        let group = try Group.load()
        #expect(group.members.count == 3)
        for member in group.members {
            let bytes = try #require(Hex.decode(member.auth_cred))
            let credential = try Self.parse(bytes)
            let encoded = try #require(Hex.decode(member.ed25519_public))
            #expect(credential.publicKey == .ed25519(try Ed25519PublicKey(encoded.span)))
            #expect(credential.bytes == bytes)
            #expect(credential.subject != nil)
        }
    }

    /// The Group Manager's credential of these vectors is not a point of the curve: it works as bytes, not as a key.
    @Test func managerCredentialOfTheGroupVectorsHasNoUsableKey() throws {
        let bytes = try #require(Hex.decode(Group.load().gm_cred))
        #expect(throws: CredentialError.invalidKey) { try Self.parse(bytes) }
    }

    @Test(.requirement("GOSC-0053", "GOSC-0054", "GOSC-0055", "GM-0192"), arguments: try File.load().refused)
    func unusableCredentialIsRefusedWithItsReason(refused: File.Refused) throws {
        let bytes = try #require(Hex.decode(refused.ccs))
        do throws(CredentialError) {
            _ = try Self.parse(bytes)
            Issue.record("accepted")
        } catch {
            #expect("\(error)" == refused.reason)
        }
    }

    @Test(.requirement("GOSC-0057", "GM-0150"))
    func unusualOrderIsKeptByteForByte() throws {
        let bytes = try #require(Hex.decode(File.load().unsorted))
        let credential = try Self.parse(bytes)
        #expect(credential.bytes == bytes)
        let sorted = AuthenticationCredential.ccs(subject: "dev-17", publicKey: credential.publicKey)
        #expect(sorted.bytes != bytes)
        #expect(sorted != credential)
    }

    @Test(.requirement("GOSC-0059"), arguments: [61, 601] as [UInt64])
    func tagIsDropped(tag: UInt64) throws {
        let valid = try #require(try File.load().valid.first)
        let bytes = try #require(Hex.decode(valid.ccs))
        var writer = CBORWriter()
        writer.write(tag: tag)
        writer.write(encoded: bytes.span)
        #expect(try Self.parse(writer.bytes).bytes == bytes)
    }

    @Test func strictPrefixIsTruncated() throws {
        let group = try Group.load()
        let bytes = try #require(Hex.decode(group.gm_cred))
        for count in 0..<bytes.count {
            #expect(throws: CredentialError.malformed(.truncated)) { try Self.parse(Array(bytes[..<count])) }
        }
    }

    @Test(.requirement("GOSC-0051"), arguments: [CredentialFormat.x509, .x509Bag, CredentialFormat(rawValue: 99)])
    func anotherFormatIsUnsupported(format: CredentialFormat) throws {
        let valid = try #require(try File.load().valid.first)
        let bytes = try #require(Hex.decode(valid.ccs))
        #expect(throws: CredentialError.unsupportedFormat) { try Self.parse(bytes, format: format) }
    }
}
