package import Bytes
import COSE
import CryptoPrimitives
package import OSCORE

/// What every member derives for the Deterministic Client under one Gid: a Sender Key, and no key pair.
final class DeterministicClientContext {
    let client: DeterministicClient
    let hash: HashKind
    let aead: AEADAlgorithm
    let kind: AEADKind
    let senderKey: SecretBytes

    init(_ client: DeterministicClient, common: borrowing GroupCommonContext) throws(ContextError) {
        guard let maximum = common.algorithms.maximumSenderIDCount, client.senderID.count <= maximum else {
            throw .identifierTooLong
        }
        // Requests have the layout of pairwise mode, responses that of group mode.
        guard common.algorithms.hasGroupMode, common.algorithms.hasPairwiseMode else { throw .noMode }
        guard let hash = client.hashAlgorithm.hash, let aead = common.algorithms.aead, let kind = aead.aeadKind else {
            throw .unsupportedAlgorithm
        }
        self.senderKey = try common.senderKey(of: client.senderID)
        self.client = client
        self.hash = hash
        self.aead = aead
        self.kind = kind
    }

    // CACH-0005
    /// The key of one request: `HKDF(Sender Key, H, [its Sender ID, Gid, AEAD Algorithm, "Key", L], L)`.
    func requestKey(
        _ requestHash: Span<UInt8>, common: borrowing GroupCommonContext
    ) throws(ContextError) -> SecretBytes {
        try Self.requestKey(requestHash, of: client, salt: senderKey, aead: aead, count: kind.keyLength, common: common)
    }

    private static func requestKey(
        _ requestHash: Span<UInt8>, of client: DeterministicClient, salt: borrowing SecretBytes, aead: AEADAlgorithm,
        count: Int, common: borrowing GroupCommonContext
    ) throws(ContextError) -> SecretBytes {
        try KeyDerivation.derive(
            common.hash, salt: salt.bytes, secret: requestHash, id: client.senderID.bytes.span,
            idContext: common.groupID.bytes, algorithm: aead.rawValue, type: "Key", count: count)
    }

    /// The cipher of one request.
    func cipher(_ requestHash: Span<UInt8>, common: borrowing GroupCommonContext) throws(ContextError) -> AEADCipher {
        let key = try requestKey(requestHash, common: common)
        do {
            return try AEADCipher.make(kind, key: key.bytes)
        } catch {
            throw .invalidKeyMaterial
        }
    }

    // CACH-0004: Sender Key | aad_array | plaintext.
    /// The hash of the request whose `aad_array` and plaintext are in `buffers`; uses ``MessageBuffers/structure``.
    func requestHash(_ buffers: MessageBuffers) -> [UInt8] {
        buffers.structure.fillJoined(senderKey, buffers.externalAAD, buffers.plaintext)
        return buffers.structure.hashed(by: hash)
    }
}

extension Scratch {
    fileprivate mutating func fillJoined(
        _ key: borrowing SecretBytes, _ externalAAD: borrowing Scratch, _ plaintext: borrowing Scratch
    ) {
        fill(key.count + externalAAD.count + plaintext.count) { output in
            output.append(copying: key.bytes)
            output.append(copying: externalAAD.bytes)
            output.append(copying: plaintext.bytes)
        }
    }

    fileprivate borrowing func hashed(by hash: HashKind) -> [UInt8] {
        hash.hash(bytes)
    }
}

extension GroupContext {
    /// The Sender Key of the Deterministic Client, for `gosc message` and tests.
    package func deterministicSenderKey() throws(ContextError) -> SecretBytes {
        guard let deterministic else { throw .noMode }
        return deterministic.senderKey.duplicate()
    }

    /// The key of the request with this hash, for `gosc message` and tests.
    package func deterministicKey(requestHash: Span<UInt8>) throws(ContextError) -> SecretBytes {
        guard let deterministic else { throw .noMode }
        return try deterministic.requestKey(requestHash, common: common)
    }
}
