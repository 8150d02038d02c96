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
    /// Whose nonces were given away: the requests of this member that got a response without Partial IV. Invalid while that
    /// is not known; then every response takes a Partial IV of its own.
    @safe @exclusivity(unchecked) var answered: ReplayWindow
    // GOSC-0089, GOSC-0209: forgetting it before its first genuine message has no consequences.
    /// Whether it was made for a received message, none of which has been genuine yet.
    @safe @exclusivity(unchecked) var isProvisional: Bool
    /// What an unproven request of this member must bring to be accepted.
    private(set) var token = VerifierToken()

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

    /// Goes on for a context that is replaced by this one, with the same credential and the same window.
    func takeToken(of replaced: RecipientContext) {
        token = replaced.token
    }

    /// Counts the nonce of everything that was received until now as given away; of everything at all, if what was
    /// received is not known either.
    func forgetAnswered() {
        answered.invalidate()
        if replayWindow.isValid, let highest = replayWindow.highest { _ = answered.heal(from: highest) }
    }

    // GOSC-0275
    /// Takes a request that was proven new as the lower limit of what is known of this member.
    func heal(from partialIV: PartialIV) -> ReplayWindow.Verdict {
        let verdict = replayWindow.heal(from: partialIV)
        if verdict == .fresh, !answered.isValid { _ = answered.heal(from: partialIV) }
        return verdict
    }
}
