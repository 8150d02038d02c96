import Bytes
import CBOR
import CryptoPrimitives
import TestSupport
import Testing

@testable import COSE

/// Chains by hand: in the wrong order, of strangers, with more in them than should be.
struct CredentialChainTests {
    private static func claims(_ byte: UInt8, subject: String?, issuer: String?) throws -> [UInt8] {
        let seed = [UInt8](repeating: byte, count: 32)
        let key = try PrivateKey(.ed25519, secret: seed.span).publicKey
        var map = CBORMap()
        if let issuer { map[1] = .text(issuer) }
        if let subject { map[2] = .text(subject) }
        var cnf = CBORMap()
        cnf[1] = COSEKey.value(of: key)
        map[8] = .map(cnf)
        return CBORValue.map(map).encoded()
    }

    private static func token(_ claims: [UInt8]) -> [UInt8] {
        CBORValue.array([
            .bytes([0xa1, 0x01, 0x27]), .map(CBORMap()), .bytes(claims), .bytes([UInt8](repeating: 0, count: 64)),
        ]).encoded()
    }

    private static func outcome(_ items: [[UInt8]], _ format: CredentialFormat) -> String {
        let bytes = [0x80 | UInt8(items.count)] + items.flatMap { $0 }
        do throws(CredentialError) {
            let credential = try CredentialReader.standard.credential(bytes.span, format: format)
            return credential.subject ?? "accepted"
        } catch {
            return "\(error)"
        }
    }

    /// The root comes first, and says nothing of an issuer. The one behind it says that the root is its issuer.
    @Test(arguments: [CredentialFormat.ccs, .cwt])
    func aReversedChainWithARootWithoutIssuerIsRefused(format: CredentialFormat) throws {
        var root = try Self.claims(1, subject: "CA", issuer: nil)
        var member = try Self.claims(2, subject: "fan", issuer: "CA")
        if format == .cwt { (root, member) = (Self.token(root), Self.token(member)) }
        #expect(Self.outcome([member, root], format) == "fan")
        #expect(Self.outcome([root, member], format) == "chainOrder")
    }

    @Test func chainsOfStrangers() throws {
        let a = try Self.claims(1, subject: nil, issuer: nil)
        let b = try Self.claims(2, subject: nil, issuer: nil)
        #expect(Self.outcome([a, b], .ccs) == "chainOrder")
    }

    /// COSE_Sign1's tag is that of a message, and a chain is none; nor is it a CWT (61) or a claims set (601).
    @Test(arguments: [[0xd2], [0xd8, 0x3d], [0xd8, 0x3d, 0xd2]] as [[UInt8]])
    func aTagOfOneTokenBeforeAChainIsRefused(tag: [UInt8]) throws {
        let one = Self.token(try Self.claims(1, subject: "fan", issuer: "CA"))
        let two = Self.token(try Self.claims(2, subject: "CA", issuer: nil))
        let bytes = tag + [0x82] + one + two
        #expect(throws: CredentialError.self) { _ = try CredentialReader.standard.credential(bytes.span, format: .cwt) }
    }

    /// An authority that says so twice, once not, beside a member of another authority: extension identifiers are unique.
    @Test func duplicateBasicConstraintsOfC509AreRefused() throws {
        let vector = try #require(CredentialVectors.c509.credentials.first { $0.inputBytes.first == 0x8b })
        let bytes = vector.inputBytes
        let items = try #require(try CBORValue(decoding: bytes.span).arrayItems)
        for values in [[4, -1, 4, -2], [-4, -1, 4, -2]] as [[Int64]] {
            var changed = items
            changed[9] = .array(values.map { CBORValue($0) })
            let input = CBORValue.array(changed).encoded()
            #expect(throws: CredentialError.malformedCertificate) {
                _ = try CredentialReader.standard.credential(input.span, format: .c509)
            }
        }
    }

    /// A private key beside a good credential: whoever distributed the chain would distribute the key.
    @Test func aPrivateKeyAnywhereInAChainIsRefused() throws {
        let member = try Self.claims(2, subject: "fan", issuer: "CA")
        var key = CBORMap()
        key[1] = 1
        key[-1] = 6
        key[-2] = .bytes([UInt8](repeating: 3, count: 32))
        key[-4] = .bytes([UInt8](repeating: 4, count: 32))
        let authority: CBORValue = [2: "CA", 8: [1: .map(key)]]
        #expect(Self.outcome([member, authority.encoded()], .ccs) == "containsPrivateKey")
    }

    /// Without an issuer the subject has issued it: a self-issued certificate is nobody else's.
    @Test func aSelfIssuedC509CertificateBeginsNoChain() throws {
        let own = try #require(CredentialVectors.c509.credentials.first { $0.name == "Ed25519, issuer null" })
        let chain = try #require(CredentialVectors.c509.credentials.first { $0.name == "chain of 2" })
        let items = try #require(try CBORValue(decoding: chain.inputBytes.span).arrayItems)
        let strange = CBORValue.array([.bytes(own.inputBytes), items[1]]).encoded()
        #expect(throws: CredentialError.chainOrder) {
            try CredentialReader.standard.credential(strange.span, format: .c509)
        }
        let twice = CBORValue.array([.bytes(own.inputBytes), .bytes(own.inputBytes)]).encoded()
        #expect(throws: CredentialError.chainOrder) {
            try CredentialReader.standard.credential(twice.span, format: .c509)
        }
    }

    /// Names that are the same, or empty, tell no order.
    @Test(arguments: ["", "CA"])
    func whoIssuesItselfBeginsNoChain(name: String) throws {
        let items = try (1...2).map { try Self.claims($0, subject: name, issuer: name) }
        #expect(Self.outcome(items, .ccs) == "chainOrder")
    }

    /// basicConstraints have a number, and so must use it: hidden behind the OID an authority would look like a member.
    @Test func basicConstraintsOfC509HaveTheirNumber() throws {
        let vector = try #require(CredentialVectors.c509.credentials.first { $0.name == "Ed25519, issuer null" })
        let bytes = vector.inputBytes
        var items = try #require(try CBORValue(decoding: bytes.span).arrayItems)
        for (identifier, isAccepted) in [([0x55, 0x1d, 0x13], false), ([0x55, 0x1d, 0x7f], true)] as [([UInt8], Bool)] {
            items[9] = .array([.bytes(identifier), .bytes([0x30, 0x03, 0x01, 0x01, 0xff])])
            let changed = CBORValue.array(items).encoded()
            let credential = try? CredentialReader.standard.credential(changed.span, format: .c509)
            #expect((credential != nil) == isAccepted)
        }
    }

    /// The Group Manager's credential need not have a usable key; a private one it must not have.
    @Test func aPrivateKeyIsRefusedWhereNoKeyIsAskedFor() throws {
        for (label, isAccepted) in [(-4, false), (-70000, true)] as [(Int64, Bool)] {
            var key = CBORMap()
            key[1] = 1
            key[-1] = 6
            key[-2] = .bytes([UInt8](repeating: 0, count: 32))
            key[label] = .bytes([1])
            let claims: CBORValue = [8: [1: .map(key)]]
            let bytes = claims.encoded()
            let kept = try? CredentialReader.standard.endEntity(of: bytes.span, format: .ccs)
            #expect((kept == bytes) == isAccepted)
        }
    }

    /// Of several common names the first counts, as in X.509.
    @Test func theFirstCommonNameCounts() throws {
        let vector = try #require(CredentialVectors.c509.credentials.first { $0.name == "names of several attributes" })
        let bytes = vector.credentialBytes
        var items = try #require(try CBORValue(decoding: bytes.span).arrayItems)
        items[6] = [1, "first", 8, "Works", 1, "second"]
        let changed = CBORValue.array(items).encoded()
        #expect(try CredentialReader.standard.credential(changed.span, format: .c509).subject == "first")
    }

    /// The same bytes under two encodings are two credentials.
    @Test func equalBytesOfAnotherEncodingAreNotEqual() throws {
        let seed = [UInt8](repeating: 1, count: 32)
        let key = try PrivateKey(.ed25519, secret: seed.span).publicKey
        func credential(_ format: CredentialFormat) -> AuthenticationCredential {
            AuthenticationCredential(
                bytes: [1], format: format, publicKey: key,
                details: CredentialDetails(subject: nil, issuer: nil, validity: .unlimited))
        }
        #expect(credential(.ccs) != credential(.cwt))
        #expect(credential(.x509) == credential(.x509Bag))
    }

    /// The protected header of a COSE message is a byte string; a list of anything else is no CWT.
    @Test func aMessageWithoutProtectedHeaderIsNoToken() throws {
        let claims = try Self.claims(1, subject: "fan", issuer: nil)
        for first in [CBORValue.map(CBORMap()), 1, "x"] {
            let bytes = CBORValue.array([first, .map(CBORMap()), .bytes(claims), .bytes([0])]).encoded()
            #expect(throws: CredentialError.notAClaimsSet) {
                try CredentialReader.standard.credential(bytes.span, format: .cwt)
            }
        }
    }
}
