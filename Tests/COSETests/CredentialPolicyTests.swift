import Bytes
import CBOR
import COSE
import CryptoPrimitives
import TestSupport
import Testing

/// What the caller decides about a credential, and what it is told.
struct CredentialPolicyTests {
    private static func claims(_ more: [(CBORValue, CBORValue)]) throws -> [UInt8] {
        let key = try Ed25519PrivateKey(seed: [UInt8](1...32).span).publicKey
        var map = CBORMap()
        map[8] = [1: [1: 1, -1: 6, -2: .bytes(key.bytes)]]
        for (label, value) in more { map[key: label] = value }
        return CBORValue.map(map).encoded()
    }

    private static func read(_ bytes: [UInt8], at time: Int64?) throws(CredentialError) {
        _ = try CredentialReader.standard.credential(bytes.span, format: .ccs, validAt: time)
    }

    /// RFC 8392 §3.1.4 and 3.1.5: not on or after `exp`, not before `nbf`.
    @Test func timesOfAClaimsSetAreJudgedIfTheCallerGivesOne() throws {
        let bytes = try Self.claims([(4, 2000), (5, 1000)])
        for time in [nil, 1000, 1999] as [Int64?] { try Self.read(bytes, at: time) }
        #expect(throws: CredentialError.notYetValid) { try Self.read(bytes, at: 999) }
        #expect(throws: CredentialError.expired) { try Self.read(bytes, at: 2000) }
    }

    @Test func fractionsOfASecondCount() throws {
        let half = CBORValue.float(CBORFloat(width: .double, bits: (1000.5 as Double).bitPattern))
        let bytes = try Self.claims([(4, half), (5, half)])
        // At 1001 it has come, and at 1000 it has not gone: no whole second is left.
        #expect(throws: CredentialError.notYetValid) { try Self.read(bytes, at: 1000) }
        #expect(throws: CredentialError.expired) { try Self.read(bytes, at: 1001) }
        let expiring = try Self.claims([(4, half)])
        try Self.read(expiring, at: 1000)
        #expect(throws: CredentialError.expired) { try Self.read(expiring, at: 1001) }
    }

    @Test(arguments: [CBORValue.unsigned(UInt64.max), .negative(UInt64.max), .unsigned(1_000_000_000_000_000)])
    func timesBeyondReasonAreRefused(time: CBORValue) throws {
        for label in [4, 5] as [CBORValue] {
            let bytes = try Self.claims([(label, time)])
            #expect(throws: CredentialError.notAClaimsSet) { try Self.read(bytes, at: nil) }
        }
    }

    @Test func aC509CertificateIsJudgedByItsTimes() throws {
        let vector = try #require(CredentialVectors.c509.credentials.first { $0.name == "expired" })
        let bytes = vector.inputBytes
        let last = try #require(vector.notAfter)
        func read(at time: Int64?) throws(CredentialError) {
            _ = try CredentialReader.standard.credential(bytes.span, format: .c509, validAt: time)
        }
        try read(at: nil)
        try read(at: last)
        #expect(throws: CredentialError.expired) { try read(at: last + 1) }
    }

    /// A credential is what its bytes are; whatever container it came in.
    @Test func theSameCertificateOutOfAChainAndAloneIsEqual() throws {
        let named = { (name: String) in try #require(CredentialVectors.c509.credentials.first { $0.name == name }) }
        let chain = try named("chain of 3, arrays and sequences")
        let bag = try named("bag of 3, end entity last, arrays and sequences")
        try #require(chain.credential == bag.credential)
        let (inChain, inBag) = (chain.inputBytes, bag.inputBytes)
        let first = try AuthenticationCredential(parsing: inChain.span, format: .c509)
        let second = try AuthenticationCredential(parsing: inBag.span, format: .c509Bag)
        #expect(first == second)
        #expect(Set([first, second]).count == 1)
    }

    @Test func everyReasonHasItsOwnSentence() {
        let sentences = CredentialError.allCases.map(\.explanation)
        #expect(Set(sentences).count == CredentialError.allCases.count)
        #expect(
            CredentialMisfit.signature(.x25519, .edDSA).explanation
                == "has a key of kind X25519, which cannot sign with the group's EdDSA")
        #expect(CredentialMisfit.format(.x509, .ccs).explanation == "is in the format x5chain, the group uses kccs")
    }
}
