public import COSE
import CryptoPrimitives
public import OSCORE

extension GroupContext {
    /// The members whose messages can be verified.
    public var recipientIDs: some Collection<SenderID> { recipients.ids }

    /// Adds another member, or replaces what was known of it.
    ///
    /// - Parameters:
    ///   - recipientID: Its Sender ID; not this member's own.
    ///   - credential: Its credential, exactly as distributed, in the format of all credentials of the group.
    ///   - replayWindow: What was received from it before. Without it a member that is known keeps its window, and a new
    ///     one gets a fresh window, which is invalid once a Recipient Context was deleted.
    ///   - onReception: Whether a received message is the reason; until one of its messages is genuine, forgetting the
    ///     member has no consequences.
    /// - Throws: ``OSCORE/ContextError/identifierTooLong`` for a Sender ID that the shortest nonce has no room for;
    ///   ``OSCORE/ContextError/identifiersNotDistinct`` for this member's own, or the Deterministic Client's;
    ///   ``OSCORE/ContextError/invalidCredential(_:)`` for a credential of another format, whose key the Signature Algorithm
    ///   has no use for, or whose key agrees on no secret with this member's; ``OSCORE/ContextError/invalidKeyMaterial`` if
    ///   the library takes no key.
    public func addRecipient(
        _ recipientID: SenderID, credential: AuthenticationCredential, replayWindow: ReplayWindow? = nil,
        onReception: Bool = false
    ) throws(ContextError) {
        guard let maximum = algorithms.maximumSenderIDCount, recipientID.count <= maximum else {
            throw .identifierTooLong
        }
        guard recipientID != senderID, !isDeterministicClient(recipientID) else { throw .identifiersNotDistinct }
        // GOSC-0019
        if let credentialFormat, credential.format.encoding != credentialFormat.encoding {
            throw .invalidCredential(.format(credential.format, credentialFormat))
        }
        try checkKeyAgreement(with: credential)
        let known = recipients[recipientID]
        var window = try ReplayWindow(size: replayWindowSize)
        if let given = replayWindow ?? known?.replayWindow { window = given }
        // GOSC-0088: which messages the deleted contexts had seen is not known any more, whomever they belonged to.
        if replayWindow == nil, known == nil, hasForgottenRecipients { window.invalidate() }
        let recipient = try RecipientContext(
            recipientID: recipientID, credential: credential, common: common, replayWindow: window,
            isProvisional: onReception && known == nil)
        // What was verified, but not accepted yet, was verified with this credential and refused by this window.
        if let known, replayWindow == nil, known.credential == credential { recipient.takeToken(of: known) }
        // A nonce that was given away stays given away.
        if let known {
            recipient.answered = known.answered
        } else if hasForgottenRecipients {
            // GOSC-0169: which ones were is forgotten, too, while bindings may still be about.
            recipient.forgetAnswered()
        }
        recipients.insert(recipient)
        credentialFormat = credential.format
        buffers.forgetKeptParts()
    }

    // GOSC-0045, GOSC-0104
    /// Forgets a member with its window and its pairwise keys. Unless it never sent anything genuine, windows of members
    /// that are added later start invalid (RFC 10021 §2.6.1.2).
    ///
    /// - Returns: Whether it was known.
    @discardableResult
    public func removeRecipient(_ recipientID: SenderID) -> Bool {
        guard let removed = recipients.remove(recipientID) else { return false }
        buffers.forgetKeptParts()
        if !removed.isProvisional { hasForgottenRecipients = true }
        return true
    }

    // GOSC-0054: without signatures nothing else says what a key is for.
    /// Refuses a key with which this member's own could never agree on a pairwise key.
    private func checkKeyAgreement(with credential: AuthenticationCredential) throws(ContextError) {
        guard algorithms.hasPairwiseMode, let own = sender?.credential.publicKey.kind else { return }
        let kind = credential.publicKey.kind
        guard kind.sharesSecrets(with: own) else { throw .invalidCredential(.keyAgreement(kind, own)) }
    }

    /// The credential of a member; `nil` if it is unknown.
    public func credential(of recipientID: SenderID) -> AuthenticationCredential? {
        recipients[recipientID]?.credential
    }

    /// What was received from a member; `nil` if it is unknown.
    public func replayWindow(of recipientID: SenderID) -> ReplayWindow? {
        recipients[recipientID]?.replayWindow
    }
}
