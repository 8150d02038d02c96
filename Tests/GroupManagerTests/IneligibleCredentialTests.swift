import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CryptoPrimitives
import GroupManager
import TestSupport
import Testing

/// Credentials that a group of their format, or of another, does not take: at a join and in an update.
struct IneligibleCredentialTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let format: CredentialFormat
        let credential: [UInt8]
        let refusal: CredentialRefusal

        var testDescription: String { "\(name) in a group with \(format.name)" }

        init(_ name: String, in format: CredentialFormat, _ credential: [UInt8], _ refusal: CredentialRefusal) {
            self.name = name
            self.format = format
            self.credential = credential
            self.refusal = refusal
        }

        /// A vector, by its name.
        init(_ name: String, _ vectors: CredentialVectors, in format: CredentialFormat, _ refusal: CredentialRefusal) {
            let accepted = vectors.credentials.first { $0.name == name }?.inputBytes
            let refused = vectors.refused.first { $0.name == name }?.inputBytes
            self.init(name, in: format, accepted ?? refused ?? [], refusal)
        }
    }

    private static let certificate = CredentialVectors.x509.credentials.first?.inputBytes ?? []

    static let cases: [Case] = [
        // Of another format.
        Case("COSE_Sign1", .cwt, in: .ccs, .unreadable(.notAClaimsSet)),
        Case("CCS", .cwt, in: .cwt, .unreadable(.notAClaimsSet)),
        Case("CCS", .cwt, in: .c509, .unreadable(.malformedCertificate)),
        Case("draft: native", .c509, in: .cwt, .unreadable(.notAClaimsSet)),
        Case("X.509", in: .c509, certificate, .unreadable(.malformedCertificate)),
        // The authority first, or nobody's.
        Case("chain with the issuer first", .cwt, in: .cwt, .unreadable(.chainOrder)),
        Case("chain of CCS with the issuer first", .cwt, in: .ccs, .unreadable(.chainOrder)),
        Case("chain with the CA first", .c509, in: .c509, .unreadable(.chainOrder)),
        Case("chain with a stranger", .c509, in: .c509, .unreadable(.chainOrder)),
        Case("bag with two end entities", .c509, in: .c509Bag, .unreadable(.ambiguousEndEntity)),
        Case("bag of CAs only", .c509, in: .c509Bag, .unreadable(.ambiguousEndEntity)),
        // A key that the group does not verify with.
        Case("X25519 by an Ed25519 CA", .c509, in: .c509, .misfit(.signature(.x25519, .edDSA))),
        Case("P-384", .c509, in: .c509, .misfit(.signature(.p384, .edDSA))),
        Case("P-256", .cwt, in: .cwt, .misfit(.signature(.p256, .edDSA))),
        Case("RSA", .c509, in: .c509, .unreadable(.unsupportedKey)),
        // Too late.
        Case("expired", .cwt, in: .cwt, .unreadable(.expired)),
        Case("expired", .c509, in: .c509, .unreadable(.expired)),
        Case("expired in a chain", in: .ccs, chain { $0[4] = 1_000 }, .unreadable(.expired)),
        // A burden.
        Case("long chain", in: .ccs, chain { $0[99] = .bytes([UInt8](repeating: 0, count: 4_096)) }, .tooLong),
        // A secret.
        Case("private key inside", .cwt, in: .cwt, .unreadable(.containsPrivateKey)),
        Case(
            "private key of the authority", in: .ccs,
            chain(authority: { $0[8] = [1: [1: 1, -1: 6, -2: .bytes(key), -4: .bytes(key)]] }),
            .unreadable(.containsPrivateKey)),
        Case("COSE_Encrypt0", .cwt, in: .cwt, .unreadable(.encrypted)),
    ]

    private static let key = [UInt8](repeating: 3, count: 32)

    /// A chain of two claims sets in which something is different.
    private static func chain(
        _ change: (inout CBORMap) -> Void = { _ in }, authority changeAuthority: (inout CBORMap) -> Void = { _ in }
    ) -> [UInt8] {
        func claims(_ claims: CBORValue, _ change: (inout CBORMap) -> Void) -> CBORValue {
            var map = claims.mapValue ?? CBORMap()
            change(&map)
            return .map(map)
        }
        let confirmation: CBORValue = [1: [1: 1, -1: 6, -2: .bytes(goodKey)]]
        return CBORValue.array([
            claims([1: "authority", 2: "member", 8: confirmation], change),
            claims([2: "authority", 8: confirmation], changeAuthority),
        ]).encoded()
    }

    /// Of some client.
    private static let goodKey: [UInt8] = {
        let seed = [UInt8](1...32)
        guard let key = try? Ed25519PrivateKey(seed: seed.span).publicKey.bytes else { return [] }
        return key
    }()

    @Test(.requirement("GM-0140", "GM-0192", "GOSC-0051", "GOSC-0054", "GOSC-0246"), arguments: cases)
    func itIsError2AndChangesNothing(badCase: Case) throws {
        let fixture = try Fixture(seed: 171)
        let manager = fixture.manager
        let group = try fixture.createGroup(badCase.format)
        let client = try fixture.holder("n1", of: group, secret: [UInt8](1...32))
        func expectRefusal(_ answer: Message, _ before: ManagerState) throws {
            #expect(answer.code == .badRequest && answer.problem == 2)
            let payload = answer.payload
            let detail = try ProblemDetails(decoding: payload.span).detail
            #expect(detail?.hasSuffix(badCase.refusal.explanation) == true, "\(detail ?? "")")
            #expect(try manager.substance == before)
        }
        // The first genuine request makes the client known.
        #expect(try client.ask(manager, .get, "ace-group/\(group)").problem == 0)
        let empty = try manager.substance
        try expectRefusal(client.join(manager, group, with: badCase.credential), empty)
        #expect(manager.lastRefusal == .credentialIncompatible(badCase.refusal))
        let good = try client.credential(badCase.format)
        #expect(try client.join(manager, group, with: good).code == .created)
        let joined = try manager.substance
        try expectRefusal(client.update(manager, group, name: "n1", to: badCase.credential), joined)
    }

    /// The chain of the cases is good but for what they change.
    @Test func theChainItselfIsTaken() throws {
        let fixture = try Fixture(seed: 172)
        let group = try fixture.createGroup(.ccs)
        let client = try fixture.holder("n1", of: group, secret: [UInt8](1...32))
        #expect(try client.join(fixture.manager, group, with: Self.chain()).code == .created)
        #expect(Self.cases.allSatisfy { !$0.credential.isEmpty })
    }
}
