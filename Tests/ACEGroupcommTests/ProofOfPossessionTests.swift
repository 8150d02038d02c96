import ACEGroupcomm
import Bytes
import CryptoPrimitives
import TestSupport
import Testing

/// Proofs of possession by signature and by MAC.
struct ProofOfPossessionTests {
    private let vector: MessageVector

    init() throws {
        vector = try MessageVector.load()
    }

    @Test(.requirement("GM-0131", "GM-0132", "GM-0144", "GM-0145"))
    func workedSignaturesAreReproduced() throws {
        let join = try JoinVector.load()
        #expect(join.client_proof_input.bytes.count == 24 && join.manager_proof_input.bytes.count == 18)
        for (party, input, evidence) in [
            (join.client, join.client_proof_input, join.client_evidence),
            (join.manager, join.manager_proof_input, join.manager_evidence),
        ] {
            let key = try PrivateKey(.ed25519, secret: party.seed.bytes.span)
            let signature = try [UInt8](capacity: 64) { output throws(CryptoError) in
                try key.sign(input.bytes.span, into: &output)
            }
            #expect(signature == evidence.bytes)
            let publicKey = key.publicKey
            let isValid = { (signature: [UInt8]) in
                publicKey.isValidSignature(signature.span, for: input.bytes.span)
            }
            #expect(isValid(signature))
            var changed = signature
            changed[63] ^= 1
            #expect(!isValid(changed))
            #expect(!isValid(Array(signature.prefix(8))))
        }
    }

    @Test(.requirement("GM-0133", "GM-0134", "GM-0135", "GM-0136", "GM-0145"))
    func workedMACsAreReproduced() throws {
        #expect(vector.macs.count == 4)
        for agreement in vector.macs {
            let kind = try #require(KeyKind.allCases.first { "\($0)" == agreement.kind })
            let client = try PrivateKey(kind, secret: agreement.client.bytes.span)
            let manager = try PrivateKey(kind, secret: agreement.manager.bytes.span)
            let (clientPublic, managerPublic) = (client.publicKey, manager.publicKey)
            let input = vector.client_proof_input.bytes
            let mac = try ProofOfPossession.mac(own: client, peer: managerPublic, input: input.span)
            #expect(mac == agreement.client_mac.bytes)
            #expect(mac.count == ProofOfPossession.macLength)
            // Who checks computes the same from the other side.
            let isValid = { (mac: [UInt8], input: [UInt8]) in
                ProofOfPossession.isValidMAC(mac.span, own: manager, peer: clientPublic, input: input.span)
            }
            #expect(isValid(mac, input))
            #expect(!isValid(Array(mac.dropLast()), input))
            #expect(!isValid(mac + [0], input))
            #expect(!isValid([], input))
            #expect(!isValid(Array(repeating: 0, count: 64), input))
            #expect(!isValid(mac, vector.manager_proof_input.bytes))
            for index in mac.indices {
                var changed = mac
                changed[index] ^= 1
                #expect(!isValid(changed, input))
            }
            if let expected = agreement.manager_mac {
                let input = vector.manager_proof_input.bytes
                #expect(
                    try ProofOfPossession.mac(own: manager, peer: clientPublic, input: input.span) == expected.bytes)
            }
        }
    }

    @Test func keysOfDifferentKindsProveNothing() throws {
        let (ownSecret, peerSecret) = (vector.macs[0].client.bytes, vector.macs[1].manager.bytes)
        let own = try PrivateKey(.x25519, secret: ownSecret.span)
        let peer = try PrivateKey(.p256, secret: peerSecret.span).publicKey
        let input = vector.client_proof_input.bytes
        let error = #expect(throws: CryptoError.self) {
            _ = try ProofOfPossession.mac(own: own, peer: peer, input: input.span)
        }
        #expect(error == .invalidKey)
        let mac: [UInt8] = Array(repeating: 0, count: 8)
        let isValid = ProofOfPossession.isValidMAC(mac.span, own: own, peer: peer, input: input.span)
        #expect(!isValid)
    }
}
