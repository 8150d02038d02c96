import Bytes
import COSE
import CryptoPrimitives
import OSCORE

/// The Pairwise Sender Key and the Pairwise Recipient Key with one other member, keyed and ready.
struct PairwiseKeys: ~Copyable {
    var sender: AEADCipher
    var recipient: AEADCipher
    /// Of the requests that come from that member.
    var requests = ReceivedRequestParts()

    init(_ secrets: borrowing PairwiseSecrets, kind: AEADKind) throws(ContextError) {
        let sender = try Self.cipher(kind, key: secrets.senderKey)
        let recipient = try Self.cipher(kind, key: secrets.recipientKey)
        self.sender = sender
        self.recipient = recipient
    }

    private static func cipher(
        _ kind: AEADKind, key: borrowing SecretBytes
    ) throws(ContextError) -> AEADCipher {
        do {
            return try AEADCipher.make(kind, key: key.bytes)
        } catch {
            throw .invalidKeyMaterial
        }
    }
}

extension GroupContext {
    // GOSC-0078, GOSC-0256, GOSC-0261: derived when the first pairwise message needs them, dropped with the recipient.
    /// Sees to it that the pairwise keys with a member exist.
    @inline(__always)
    func preparePairwiseKeys(with recipient: RecipientContext) throws(ContextError) {
        if recipient.pairwise == nil { try derivePairwiseKeys(with: recipient) }
    }

    @inline(never)
    private func derivePairwiseKeys(with recipient: RecipientContext) throws(ContextError) {
        guard let sender else { throw .noSenderContext }
        guard let kind = algorithms.aead?.aeadKind else { throw .unsupportedAlgorithm }
        let secrets = try PairwiseSecrets(common: common, sender: sender, recipient: recipient)
        recipient.pairwise = try PairwiseKeys(secrets, kind: kind)
    }
}
