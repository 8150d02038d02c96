import COSE
public import CryptoPrimitives
public import OSCORE

extension GroupContext {
    // GOSC-0102, GOSC-0103: RFC 10021 §2.6.3.1
    /// Goes on under a new Sender ID: new Sender Key, new numbers, and pairwise keys derived anew.
    ///
    /// Gid, Master Secret, Master Salt and everything received stay as they are.
    ///
    /// - Parameters:
    ///   - senderID: The new Sender ID, never used by anybody under this Gid.
    ///   - privateKey: The private key of this member's credential.
    ///   - reservation: Starts at 0 unless an earlier run used the new Sender ID.
    /// - Throws: ``OSCORE/ContextError/noSenderContext`` in a silent server;
    ///   ``OSCORE/ContextError/identifiersNotDistinct`` for the present Sender ID, or that of somebody else;
    ///   ``OSCORE/ContextError/notUnique`` for one that this member had under this Gid before;
    ///   ``OSCORE/ContextError/identifierTooLong`` for one that the shortest nonce has no room for;
    ///   ``OSCORE/ContextError/invalidCredential(_:)`` if `privateKey` is not that of the credential;
    ///   ``OSCORE/ContextError/invalidKeyMaterial`` if the library takes no key.
    public func renewSender(
        senderID: SenderID, privateKey: consuming PrivateKey, reservation: SequenceReservation
    ) throws(ContextError) {
        guard let sender else { throw .noSenderContext }
        guard senderID != sender.senderID, recipients[senderID] == nil, !isDeterministicClient(senderID) else {
            throw .identifiersNotDistinct
        }
        // It would derive the same Sender Key again, and number from the start under it.
        guard !formerSenderIDs.contains(senderID) else { throw .notUnique }
        guard privateKey.publicKey == sender.credential.publicKey else { throw .invalidCredential(.privateKey) }
        self.sender = try SenderContext(
            senderID: senderID, credential: sender.credential, privateKey: privateKey, common: common,
            reservation: reservation)
        formerSenderIDs.insert(sender.senderID)
        buffers.forgetKeptParts()
        // GOSC-0069, GOSC-0070
        recipients.forEach { $0.pairwise = nil }
    }

    // GOSC-0081, GOSC-0082, GOSC-0086, GOSC-0087: RFC 10021 §2.6.1.1
    /// Notes that sequence numbers or windows were lost. Nothing is protected or accepted from now on; only new
    /// parameters of the Group Manager, which make a new context, end that.
    public func noteLossOfState() {
        isStateLost = true
    }
}
