package import Bytes
import COSE
import CryptoPrimitives
package import OSCORE

/// The secrets that two members share, from the Diffie-Hellman value to the keys of both directions (RFC 10021 §2.5.1).
package struct PairwiseSecrets: ~Copyable {
    /// The raw Diffie-Hellman value.
    package let sharedSecret: SecretBytes
    /// The input keying material of ``senderKey``.
    package let keyingMaterial: SecretBytes
    /// The Pairwise Sender Key.
    package let senderKey: SecretBytes
    /// The Pairwise Recipient Key.
    package let recipientKey: SecretBytes

    /// Derives everything.
    ///
    /// - Throws: ``OSCORE/ContextError/invalidCredential(_:)`` if no secret can be shared with the key of the peer.
    init(
        common: borrowing GroupCommonContext, sender: SenderContext, recipient: RecipientContext
    ) throws(ContextError) {
        let sharedSecret: SecretBytes
        do {
            // GOSC-0067, GOSC-0073: the raw Diffie-Hellman value; unusable points end it here.
            sharedSecret = try sender.privateKey.sharedSecret(with: recipient.credential.publicKey)
        } catch {
            throw .invalidCredential(
                .keyAgreement(recipient.credential.publicKey.kind, sender.credential.publicKey.kind))
        }
        let (own, peer) = (sender.credential.bytes, recipient.credential.bytes)
        // GOSC-0062
        let sending = Self.keyingMaterial(from: own, to: peer, secret: sharedSecret)
        let senderKey = try Self.key(common, salt: sender.senderKey, keyingMaterial: sending, id: sender.senderID)
        // GOSC-0063
        let receiving = Self.keyingMaterial(from: peer, to: own, secret: sharedSecret)
        let recipientKey = try Self.key(
            common, salt: recipient.recipientKey, keyingMaterial: receiving, id: recipient.recipientID)
        self.sharedSecret = sharedSecret
        self.keyingMaterial = sending
        self.senderKey = senderKey
        self.recipientKey = recipientKey
    }

    // GOSC-0064: both credentials and the shared secret one after the other, the message's sender first.
    private static func keyingMaterial(
        from: [UInt8], to: [UInt8], secret: borrowing SecretBytes
    ) -> SecretBytes {
        SecretBytes(count: from.count + to.count + secret.count) { output in
            output.append(copying: from.span)
            output.append(copying: to.span)
            output.append(copying: secret.bytes)
        }
    }

    // GOSC-0065, GOSC-0066: always the AEAD Algorithm and its key length, whatever encrypts group messages.
    private static func key(
        _ common: borrowing GroupCommonContext, salt: borrowing SecretBytes, keyingMaterial: borrowing SecretBytes,
        id: SenderID
    ) throws(ContextError) -> SecretBytes {
        guard let aead = common.algorithms.aead, let count = aead.keyLength else { throw .unsupportedAlgorithm }
        return try KeyDerivation.derive(
            common.hash, salt: salt.bytes, secret: keyingMaterial.bytes, id: id.bytes.span,
            idContext: common.groupID.bytes, algorithm: aead.rawValue, type: "Key", count: count)
    }
}

extension GroupContext {
    /// The secrets shared with a member, for `gosc message` and tests; messages use the keyed ciphers.
    package func pairwiseSecrets(with recipientID: SenderID) throws(ContextError) -> PairwiseSecrets {
        guard algorithms.hasPairwiseMode else { throw .noMode }
        guard let sender else { throw .noSenderContext }
        guard let recipient = recipients[recipientID] else { throw .invalidCredential(.missing) }
        return try PairwiseSecrets(common: common, sender: sender, recipient: recipient)
    }
}
