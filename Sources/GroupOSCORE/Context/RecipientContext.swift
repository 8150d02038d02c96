import Bytes
import COSE
import CryptoPrimitives
import OSCORE

/// What a member knows of one other member (RFC 10021 §2.2): its key, its credential, and what was received from it.
final class RecipientContext {
    let recipientID: SenderID
    let credential: AuthenticationCredential
    /// What its credential makes the end of every `aad_array`, encoded once.
    let aadTail: [UInt8]
    // GOSC-0232
    /// Decrypts group-mode messages of this member; `nil` without group mode.
    @safe @exclusivity(unchecked) var groupCipher: GroupCipher?
    /// The salt of the Pairwise Recipient Key.
    let recipientKey: SecretBytes
    /// Pairwise keys with this member, once a pairwise message needed them.
    @safe @exclusivity(unchecked) var pairwise: PairwiseKeys?
    // GOSC-0166: one for each member that sends.
    @safe @exclusivity(unchecked) var replayWindow: ReplayWindow
    /// Whose nonces were given away: the requests of this member that got a response without Partial IV.
    @safe @exclusivity(unchecked) var answered: ReplayWindow
    // GOSC-0089, GOSC-0209: forgetting it before its first genuine message has no consequences.
    /// Whether it was made for a received message, none of which has been genuine yet.
    @safe @exclusivity(unchecked) var isProvisional: Bool

    init(
        recipientID: SenderID, credential: AuthenticationCredential, common: borrowing GroupCommonContext,
        replayWindow: ReplayWindow, isProvisional: Bool
    ) throws(ContextError) {
        try common.checkFitness(of: credential.publicKey)
        let key = try common.senderKey(of: recipientID)
        if common.algorithms.hasGroupMode, let algorithm = common.algorithms.groupEncryption {
            self.groupCipher = try GroupCipher(algorithm, key: key)
        } else {
            self.groupCipher = nil
        }
        self.recipientKey = key
        self.aadTail = common.aadTail(of: credential)
        self.recipientID = recipientID
        self.credential = credential
        self.replayWindow = replayWindow
        self.answered = try ReplayWindow(size: replayWindow.size)
        self.isProvisional = isProvisional
    }

    // GOSC-0169: one response at most goes out under the nonce of one request, whoever holds copies of its binding.
    /// Gives the nonce of a request of this member away; false if it was given before, or might have been.
    func takeNonce(of partialIV: PartialIV) -> Bool {
        answered.mark(partialIV) == .fresh
    }
}
