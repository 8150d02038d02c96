import Bytes
import CBOR
import COSE
import CryptoPrimitives
import TestSupport
import Testing

/// CCS, CWT and C509, alone and in chains and bags, against an independent model.
struct CredentialVectorTests {
    typealias Accepted = CredentialVectors.Accepted

    static let vectors = [CredentialVectors.cwt, .c509]

    @Test(
        .requirement("GOSC-0055", "GOSC-0056", "GOSC-0057", "GOSC-0058", "GOSC-0059", "GOSC-0060", "GOSC-0333"),
        arguments: vectors.flatMap(\.credentials))
    func endEntityIsKeptAsItIsDistributed(vector: Accepted) throws {
        let credential = try CredentialReader.standard.credential(
            vector.inputBytes.span, format: CredentialFormat(rawValue: vector.format))
        #expect(Hex.encode(credential.bytes) == vector.credential)
        #expect(Accepted.Key(credential.publicKey) == vector.key)
        #expect(credential.subject == vector.subject)
        #expect(credential.issuer == vector.issuer)
        #expect(credential.validity.notBefore == vector.notBefore)
        // RFC 8392 §3.1.4: a claim exp is the second after the last.
        let isClaim = credential.format.encoding == .cwt || credential.format.encoding == .ccs
        #expect(credential.validity.notAfter == vector.notAfter.map { isClaim ? $0 - 1 : $0 })
        let again = try CredentialReader.standard.credential(credential.bytes.span, format: credential.format)
        #expect(again == credential && again.publicKey == credential.publicKey)
    }

    /// The Group Manager hands a chain or bag out as it came, and a credential that is alone as members keep it.
    @Test(.requirement("GM-0191"), arguments: vectors.flatMap(\.credentials))
    func containersAreHandedOutWhole(vector: Accepted) throws {
        let (input, format) = (vector.inputBytes, CredentialFormat(rawValue: vector.format))
        let provided = try CredentialReader.standard.provided(input.span, format: format)
        let distributed = provided.distributed
        #expect(distributed == (vector.isContainer ? input : vector.credentialBytes))
        #expect(provided.endEntity.bytes == vector.credentialBytes)
        let again = try CredentialReader.standard.provided(distributed.span, format: format)
        #expect(again == provided)
    }

    @Test(.requirement("GOSC-0053", "GOSC-0060", "GOSC-0246"), arguments: vectors.flatMap(\.refused))
    func whatIsNoCredentialIsRefusedWithTheReason(vector: CredentialVectors.Refused) throws {
        let input = vector.inputBytes
        var thrown: CredentialError?
        do throws(CredentialError) {
            _ = try CredentialReader.standard.credential(
                input.span, format: CredentialFormat(rawValue: vector.format))
        } catch {
            thrown = error
        }
        #expect(thrown.map { "\($0)" }?.prefix { $0 != "(" } ?? "accepted" == vector.reason)
    }

    @Test func vectorsAreThere() {
        #expect(Self.vectors.allSatisfy { $0.credentials.count >= 37 && $0.refused.count >= 44 })
    }

    /// Whatever is cut short or has bytes behind it is refused, wherever the cut is.
    @Test(arguments: vectors.flatMap(\.credentials))
    func noStrictPrefixIsAccepted(vector: Accepted) throws {
        let bytes = vector.inputBytes
        let format = CredentialFormat(rawValue: vector.format)
        for count in bytes.indices {
            let cut = Array(bytes[..<count])
            #expect(throws: CredentialError.self) { try AuthenticationCredential(parsing: cut.span, format: format) }
        }
        let longer = bytes + [0]
        #expect(throws: CredentialError.malformed(.trailingBytes)) {
            try AuthenticationCredential(parsing: longer.span, format: format)
        }
    }
}
