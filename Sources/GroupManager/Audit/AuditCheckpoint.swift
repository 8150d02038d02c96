import Bytes
import CBOR
import CryptoPrimitives

/// The manager's signature over the audit record up to one record: whoever keeps it elsewhere can prove later that nothing
/// up to there was changed or cut off.
public struct AuditCheckpoint: Hashable, Sendable {
    /// The number of the record that it was made at.
    public let sequence: UInt64
    /// The hash of that record, and so of all before it.
    public let hash: [UInt8]
    /// When it was made, in seconds since 1970.
    public let time: UInt64
    /// Ed25519; 64 bytes.
    public let signature: [UInt8]

    /// As a store or an export has it.
    public init(sequence: UInt64, hash: [UInt8], time: UInt64, signature: [UInt8]) {
        self.sequence = sequence
        self.hash = hash
        self.time = time
        self.signature = signature
    }

    /// Signs the record as far as it has come.
    ///
    /// - Throws: What ``CryptoPrimitives/PrivateKey`` throws for a key that is none.
    init(of head: AuditHead, by identity: ManagerIdentityRecord, at time: UInt64) throws(CryptoError) {
        let content = Self.content(
            manager: SHA256.hash(identity.credential.span), sequence: head.sequence, hash: head.hash, time: time)
        let key = try PrivateKey(.ed25519, secret: identity.signingSeed.bytes)
        self.init(
            sequence: head.sequence, hash: head.hash, time: time, signature: try key.signature(of: content.span))
    }

    /// Whether a manager has signed this.
    ///
    /// - Parameters:
    ///   - manager: The SHA-256 of its credential.
    ///   - publicKey: The key in that credential.
    func isSigned(by publicKey: PublicKey, manager: [UInt8]) -> Bool {
        let content = Self.content(manager: manager, sequence: sequence, hash: hash, time: time)
        return publicKey.isValidSignature(signature.span, for: content.span)
    }

    /// What is signed. The key has one other use, proofs of possession, and these begin with a byte string: no text that one of
    /// them signs is one of the other.
    private static func content(manager: [UInt8], sequence: UInt64, hash: [UInt8], time: UInt64) -> [UInt8] {
        CBORValue.array([
            .text("gosc audit checkpoint"), .bytes(manager), .unsigned(sequence), .bytes(hash), .unsigned(time),
        ]).encoded()
    }
}
