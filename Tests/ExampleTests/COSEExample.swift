import Bytes
import COSE
import CryptoPrimitives
import TestSupport
import Testing

struct COSEExample {
    private let seed = [UInt8](repeating: 3, count: 32)

    @Test func makesAndReadsACredential() throws {
        let seed = seed
        // example: cose
        let privateKey = try Ed25519PrivateKey(seed: seed.span)
        let credential = AuthenticationCredential.ccs(subject: "lamp-1", publicKey: privateKey.publicKey)

        let received = try AuthenticationCredential(parsing: credential.bytes.span, format: .ccs)
        let algorithm = AEADAlgorithm.aesCCM_16_64_128

        let externalAAD: [UInt8] = [0x80]
        var associatedData: [UInt8] = []
        EncStructure.write(externalAAD: externalAAD.span, into: &associatedData)
        // end
        #expect(received == credential)
        #expect(received.subject == "lamp-1")
        #expect(algorithm.rawValue == 10)
        #expect(algorithm.tagLength == 8)
        // RFC 8613 §5.4: [ "Encrypt0", h'', external_aad ]
        #expect(Hex.encode(associatedData) == "8368456e637279707430404180")
    }

    @Test func makesACertificate() throws {
        let seed = seed
        let ownKey = try PrivateKey(.ed25519, secret: seed.span)
        // example: makers
        let makers = CredentialMakers.standard
        let selfSigned = try makers.credential(of: ownKey, subject: "lamp-1", format: .c509)
        // end
        let read = try AuthenticationCredential(parsing: selfSigned.span, format: .c509)
        let publicKey = ownKey.publicKey
        #expect(read.publicKey == publicKey && read.subject == "lamp-1")
    }

    @Test func readsTheEndEntityOfAChain() throws {
        let vector = try #require(
            CredentialVectors.c509.credentials.first { $0.name == "chain of 3, issuer of the last null" })
        let chain = vector.inputBytes
        let now = try #require(vector.notAfter) + 1
        var refusal: String?
        // example: reader
        let reader = CredentialReader.standard
        let endEntity = try reader.credential(chain.span, format: .c509)
        let kind = endEntity.publicKey.kind
        // end
        #expect(endEntity.bytes == vector.credentialBytes)
        #expect(kind == .ed25519)
        // example: validity
        do {
            _ = try reader.credential(chain.span, format: .c509, validAt: now)
        } catch {
            refusal = "the credential \(error.explanation)"
        }
        // end
        #expect(refusal == "the credential has expired")
    }
}
