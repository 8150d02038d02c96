import Bytes
import CBOR
import COSE
import CryptoPrimitives
import TestSupport
import Testing

/// Credentials that their holder makes: read back, and their signatures checked by the rules of each format.
struct CredentialMakerTests {
    static let signers = KeyKind.allCases.filter { $0.signatureKind != nil }

    static func key(_ kind: KeyKind, _ number: UInt8 = 7) throws -> PrivateKey {
        let secret = [0] + [UInt8](repeating: number, count: kind.secretLength - 1)
        return try PrivateKey(kind, secret: secret.span)
    }

    private static func make(_ format: CredentialFormat, _ kind: KeyKind, subject: String = "gm") throws -> [UInt8] {
        try CredentialMakers.standard.credential(of: key(kind), subject: subject, format: format)
    }

    @Test(
        .requirement("GOSC-0052", "GOSC-0053", "GOSC-0055", "GOSC-0056"),
        arguments: signers, [CredentialFormat.ccs, .cwt, .c509, .c509Bag])
    func whatIsMadeIsReadAsItIs(kind: KeyKind, format: CredentialFormat) throws {
        let bytes = try Self.make(format, kind)
        let credential = try CredentialReader.standard.credential(bytes.span, format: format, validAt: 0)
        #expect(credential.bytes == bytes)
        #expect(try credential.publicKey == Self.key(kind).publicKey)
        #expect(credential.subject == "gm" && credential.validity.notAfter == nil)
        let recognized = CredentialFormat(recognizing: bytes.span)
        #expect(recognized?.encoding == format.encoding)
    }

    /// COSE_Sign1 over the claims set, without any tag.
    @Test(.requirement("GOSC-0059"), arguments: signers)
    func aTokenIsSignedByItsKey(kind: KeyKind) throws {
        let bytes = try Self.make(.cwt, kind)
        let token = try Sign1Message(decoding: bytes.span)
        let publicKey = try Self.key(kind).publicKey
        try token.verify(publicKey)
        #expect(token.payload == AuthenticationCredential.ccs(subject: "gm", publicKey: publicKey).bytes)
        #expect(bytes[0] == 0x84)
        let other = try Self.key(kind, 8).publicKey
        #expect(throws: COSEMessageError.notAuthentic) { try token.verify(other) }
    }

    /// The signature is over the sequence of the first ten items (draft-ietf-cose-cbor-encoded-cert §3.1.12).
    @Test(arguments: signers)
    func aC509CertificateIsSignedByItsKey(kind: KeyKind) throws {
        let bytes = try Self.make(.c509, kind)
        let items = try #require(try CBORValue(decoding: bytes.span).arrayItems)
        try #require(items.count == 11)
        let publicKey = try Self.key(kind).publicKey
        let signed = items.dropLast().flatMap { $0.encoded() }
        let signature = try #require(items[10].byteString)
        func isSigned(_ bytes: [UInt8]) -> Bool { publicKey.isValidSignature(signature.span, for: bytes.span) }
        #expect(isSigned(signed))
        for index in signed.indices {
            var other = signed
            other[index] ^= 1
            #expect(!isSigned(other))
        }
        // Natively signed; issued by the subject; from 1970 on, without end; no authority.
        #expect(items[0] == 2 && items[3] == .null && items[4] == 0 && items[5] == .null && items[6] == "gm")
        #expect(items[9] == [4, -2])
        let numbers: [KeyKind: (signature: CBORValue, key: CBORValue)] = [
            .ed25519: (12, 12), .p256: (0, 1), .p384: (1, 2), .p521: (2, 3),
        ]
        #expect(items[2] == numbers[kind]?.signature && items[7] == numbers[kind]?.key)
        let serial = try #require(items[1].byteString)
        #expect(serial.count == 16 && serial[0] > 0 && serial[0] < 0x80)
    }

    @Test func eachKeyHasItsSerialNumber() throws {
        func serial(_ number: UInt8) throws -> CBORValue? {
            let bytes = try CredentialMakers.standard.credential(
                of: Self.key(.p256, number), subject: "gm", format: .c509)
            return try CBORValue(decoding: bytes.span).arrayItems?[1]
        }
        #expect(try serial(7) == serial(7))
        #expect(try serial(7) != serial(8))
    }

    /// §3.1.4 of the draft: hex digits are bytes, EUI-64 are MAC addresses; the text stays the same.
    @Test(
        arguments: [
            ("gm", "gm"), ("", ""), ("cafe", .bytes([0xca, 0xfe])), ("caf", "caf"), ("CAFE", "CAFE"),
            ("01-23-45-FF-FE-67-89-AB", .tagged(48, .bytes([1, 0x23, 0x45, 0x67, 0x89, 0xab]))),
            ("01-23-45-67-89-AB-CD-EF", .tagged(48, .bytes([1, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef]))),
            ("01-23-45-67-89-ab-cd-ef", "01-23-45-67-89-ab-cd-ef"), ("01-23-45-67-89-AB-CD", "01-23-45-67-89-AB-CD"),
            ("01-23-45-67-89-AB-CDE-F", "01-23-45-67-89-AB-CDE-F"),
        ] as [(String, CBORValue)])
    func namesAreInTheirShortestForm(name: String, form: CBORValue) throws {
        let bytes = try Self.make(.c509, .ed25519, subject: name)
        #expect(try CBORValue(decoding: bytes.span).arrayItems?[6] == form)
        #expect(try CredentialReader.standard.credential(bytes.span, format: .c509).subject == name)
    }

    /// A key that cannot sign has claims sets and nothing else; a format that nobody makes is said to be so.
    @Test func whatCannotBeMadeIsRefused() throws {
        let makers = CredentialMakers.standard
        let x25519 = try Self.make(.ccs, .x25519)
        #expect(try CredentialReader.standard.credential(x25519.span, format: .ccs).publicKey.kind == .x25519)
        #expect(makers.canMake(.ccs, for: .x25519))
        for format in [CredentialFormat.cwt, .c509, .c509Bag] {
            #expect(!makers.canMake(format, for: .x25519))
            #expect(Self.signers.allSatisfy { makers.canMake(format, for: $0) })
            #expect(throws: CredentialError.unsupportedKey) { try Self.make(format, .x25519) }
        }
        for format in [CredentialFormat.x509, .x509Bag, CredentialFormat(rawValue: 34)] {
            #expect(!makers.canMake(format, for: .ed25519))
            #expect(throws: CredentialError.unsupportedFormat) { try Self.make(format, .ed25519) }
        }
    }
}
