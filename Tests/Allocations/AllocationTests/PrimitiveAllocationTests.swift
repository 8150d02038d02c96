import Bytes
import CAllocationCounter
import COSE
import CryptoPrimitives
import Testing

/// Counts the blocks that a primitive allocates on keys and memory that are kept.
struct PrimitiveAllocationTests {
    /// Runs `body` often, each time with free memory for its output, and returns the allocations of all runs but the first.
    private func allocations(_ body: (inout OutputSpan<UInt8>) throws(CryptoError) -> Void) throws -> UInt64 {
        try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20_000) { buffer in
            var before: UInt64 = 0
            for run in 0..<50 {
                if run == 1 { before = gosc_allocation_count() }
                var output = OutputSpan(buffer: buffer, initializedCount: 0)
                try body(&output)
                _ = output.finalize(for: buffer)
            }
            return gosc_allocation_count() - before
        }
    }

    @Test(arguments: [HashKind.sha256, .sha384, .sha512])
    func derivationAllocatesNothing(hash: HashKind) throws {
        var deriver = HKDFDeriver(hash)
        let (salt, secret, info) = ([UInt8](repeating: 1, count: 200), [UInt8](repeating: 2, count: 300), [UInt8]())
        for count in [1, 64, 132, 255 * hash.digestLength] {
            let total = try allocations { (output) throws(CryptoError) in
                try deriver.derive(salt: salt.span, secret: secret.span, info: info.span, count: count, into: &output)
            }
            #expect(total == 0)
        }
    }

    @Test(arguments: StreamCipherKind.allCases)
    func streamCipherAllocatesNothing(kind: StreamCipherKind) throws {
        let (key, nonce) = ([UInt8](repeating: 1, count: kind.keyLength), [UInt8](repeating: 2, count: 12))
        var cipher = try StreamCipher.make(kind, key: key.span)
        for count in [0, 1, 16, 1000] {
            let input = [UInt8](repeating: 3, count: count)
            let total = try allocations { (output) throws(CryptoError) in
                try cipher.apply(input.span, nonce: nonce.span, into: &output)
            }
            #expect(total == 0)
        }
    }

    @Test func signaturesOfEd25519AllocateNothing() throws {
        let seed = [UInt8](repeating: 1, count: 32)
        let key = try PrivateKey(.ed25519, secret: seed.span)
        let publicKey = key.publicKey
        let message = [UInt8](repeating: 2, count: 400)
        let signing = try allocations { (output) throws(CryptoError) in try key.sign(message.span, into: &output) }
        #expect(signing == 0)
        var signature = try [UInt8](capacity: 64) { output throws(CryptoError) in
            try key.sign(message.span, into: &output)
        }
        var valid = 0
        let verifying = try allocations { (_) throws(CryptoError) in
            if publicKey.isValidSignature(signature.span, for: message.span) { valid += 1 }
        }
        #expect(verifying == 0)
        #expect(valid == 50)
        signature[5] ^= 1
        let refusing = try allocations { (_) throws(CryptoError) in
            if publicKey.isValidSignature(signature.span, for: message.span) { valid += 1 }
        }
        #expect(refusing == 0)
        #expect(valid == 50)
    }
}
