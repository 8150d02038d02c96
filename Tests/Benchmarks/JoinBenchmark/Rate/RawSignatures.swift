import CSodium

/// The signatures of so many joins, by bare calls of libsodium and nothing else: each join has one that the manager verifies,
/// the joiner's proof of possession, and one that it makes, its own.
struct RawSignatures {
    private struct Proof {
        let publicKey: [UInt8]
        let message: [UInt8]
        let signature: [UInt8]
    }

    private let proofs: [Proof]
    private let secretKey: [UInt8]

    /// Makes keys and signatures, each another one: how long verifying takes depends on the bits.
    init(joins: Int) throws {
        guard sodium_init() >= 0 else { throw BenchmarkError.library }
        proofs = try (0..<joins).map { _ in
            let (publicKey, secretKey) = try Self.keyPair()
            var message = [UInt8](repeating: 0, count: Self.signedByNode)
            randombytes_buf(&message, message.count)
            return Proof(publicKey: publicKey, message: message, signature: try Self.signature(of: message, secretKey))
        }
        secretKey = try Self.keyPair().1
    }

    /// CPU and wall time of all of them.
    func run() throws -> Spent {
        var right = 0
        let start = Spent.now
        for proof in proofs {
            let isGenuine =
                crypto_sign_verify_detached(
                    proof.signature, proof.message, UInt64(proof.message.count), proof.publicKey) == 0
            var answer = [UInt8](repeating: 0, count: Int(crypto_sign_BYTES))
            let isSigned =
                crypto_sign_detached(&answer, nil, proof.message, UInt64(Self.signedByManager), secretKey) == 0
            right += isGenuine && isSigned ? 1 : 0
        }
        let spent = Spent.now - start
        guard right == proofs.count else { throw BenchmarkError.library }
        return spent
    }

    private static func keyPair() throws -> ([UInt8], [UInt8]) {
        var publicKey = [UInt8](repeating: 0, count: Int(crypto_sign_PUBLICKEYBYTES))
        var secretKey = [UInt8](repeating: 0, count: Int(crypto_sign_SECRETKEYBYTES))
        guard crypto_sign_keypair(&publicKey, &secretKey) == 0 else { throw BenchmarkError.library }
        return (publicKey, secretKey)
    }

    private static func signature(of message: [UInt8], _ secretKey: [UInt8]) throws -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: Int(crypto_sign_BYTES))
        guard crypto_sign_detached(&signature, nil, message, UInt64(message.count), secretKey) == 0 else {
            throw BenchmarkError.library
        }
        return signature
    }

    // draft-ietf-ace-key-groupcomm-oscore §6.1.1 and §6.3: scope and two nonces of 8 bytes, and the nonces alone.
    private static let signedByNode = 31
    private static let signedByManager = 18
}
