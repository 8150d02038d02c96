import Bytes
public import COSE
public import CryptoPrimitives
public import OSCORE

/// One generation of a group's Security Context, as one member holds it (RFC 10021 §2).
///
/// Belongs to one thread at a time. Everything that is keyed is made once; protecting and verifying allocate nothing.
public final class GroupContext {
    let common: GroupCommonContext
    /// `nil` in a silent server.
    // Not checked at run time, as the buffers are not.
    @safe @exclusivity(unchecked) var sender: SenderContext?
    @safe @exclusivity(unchecked) var recipients = RecipientTable()
    let buffers = MessageBuffers()
    @safe @exclusivity(unchecked) var deriver: HKDFDeriver
    /// `nil` unless deterministic requests are used.
    @safe @exclusivity(unchecked) var deterministic: DeterministicClientContext?
    // GOSC-0019: there is one for the whole group.
    /// The Authentication Credential Format; `nil` in a silent server that knows no member yet.
    public internal(set) var credentialFormat: CredentialFormat?
    /// Which generation of the group's keying material this is (RFC 10021 §12).
    public let keyGeneration: UInt64
    /// The size of the replay windows of members that are added.
    public let replayWindowSize: Int
    // GOSC-0088
    /// Whether a Recipient Context was deleted, so that those made from now on start with invalid windows.
    @safe @exclusivity(unchecked) public internal(set) var hasForgottenRecipients = false
    // GOSC-0102
    /// The Sender IDs that this member had under this Gid before: their numbers are used.
    var formerSenderIDs: Set<SenderID> = []
    /// Whether a newer context sends instead; this one still receives.
    @safe @exclusivity(unchecked) var isRetired = false
    // GOSC-0081
    /// Whether the varying part of the context was lost, so that nothing is protected or accepted any more.
    @safe @exclusivity(unchecked) public internal(set) var isStateLost = false

    /// Derives the context of one member.
    ///
    /// - Parameters:
    ///   - groupID: The current Gid.
    ///   - masterSecret: The group's Master Secret; copied and wiped with the context.
    ///   - masterSalt: The group's Master Salt, empty if the manager gave none.
    ///   - algorithms: The group's algorithms.
    ///   - managerCredential: The Group Manager's credential, exactly as distributed, but without tag and container: what
    ///     ``COSE/CredentialReader/endEntity(of:format:)`` answers.
    ///   - keyGeneration: The Key Generation Number that came with the keys.
    ///   - senderID: This member's Sender ID.
    ///   - credential: This member's credential.
    ///   - privateKey: The private key of `credential`.
    ///   - reservation: Sequence numbers that no earlier run can have used.
    ///   - replayWindowSize: 2 to 1024.
    ///   - countersignItems: Five, unless a peer reads RFC 9338 §3.3 to the letter.
    /// - Throws: ``OSCORE/ContextError/invalidCredential(_:)`` if `privateKey` is not that of `credential`, if the
    ///   Signature Algorithm has no use for it, or if `managerCredential` is empty;
    ///   ``OSCORE/ContextError/invalidWindowSize`` for another window size; ``OSCORE/ContextError/identifierTooLong``
    ///   for a Sender ID that the shortest nonce has no room for; ``OSCORE/ContextError/invalidKeyMaterial`` without a
    ///   Master Secret; what ``GroupAlgorithms/validate()`` throws.
    public convenience init(
        groupID: GroupID, masterSecret: Span<UInt8>, masterSalt: [UInt8], algorithms: GroupAlgorithms,
        managerCredential: [UInt8], keyGeneration: UInt64 = 0, senderID: SenderID,
        credential: AuthenticationCredential, privateKey: consuming PrivateKey, reservation: SequenceReservation,
        replayWindowSize: Int = ReplayWindow.defaultSize, countersignItems: CountersignStructure.ItemCount = .five
    ) throws(ContextError) {
        guard privateKey.publicKey == credential.publicKey else { throw .invalidCredential(.privateKey) }
        try self.init(
            groupID: groupID, masterSecret: masterSecret, masterSalt: masterSalt, algorithms: algorithms,
            managerCredential: managerCredential, keyGeneration: keyGeneration, senderID: senderID,
            credential: credential, uncheckedPrivateKey: privateKey, reservation: reservation,
            replayWindowSize: replayWindowSize, countersignItems: countersignItems)
    }

    /// Derives a context without asking whether the private key belongs to the credential: what a member does that
    /// speaks in another's name. Only the forgery act of the demo and tests of it use this.
    package init(
        groupID: GroupID, masterSecret: Span<UInt8>, masterSalt: [UInt8], algorithms: GroupAlgorithms,
        managerCredential: [UInt8], keyGeneration: UInt64 = 0, senderID: SenderID,
        credential: AuthenticationCredential, uncheckedPrivateKey privateKey: consuming PrivateKey,
        reservation: SequenceReservation, replayWindowSize: Int = ReplayWindow.defaultSize,
        countersignItems: CountersignStructure.ItemCount = .five
    ) throws(ContextError) {
        guard ReplayWindow.sizes.contains(replayWindowSize) else { throw .invalidWindowSize }
        let common = try GroupCommonContext(
            groupID: groupID, masterSecret: masterSecret, masterSalt: masterSalt, algorithms: algorithms,
            managerCredential: managerCredential, countersignItems: countersignItems)
        self.sender = try SenderContext(
            senderID: senderID, credential: credential, privateKey: privateKey, common: common, reservation: reservation
        )
        self.deriver = HKDFDeriver(common.hash)
        self.common = common
        self.credentialFormat = credential.format
        self.keyGeneration = keyGeneration
        self.replayWindowSize = replayWindowSize
    }

    // GOSC-0007: a silent server has no Sender Context.
    /// Derives the context of a silent server: it verifies requests in group mode and never protects anything.
    ///
    /// - Parameters: As for a member that speaks.
    /// - Throws: ``OSCORE/ContextError/noMode`` if the group has no group mode;
    ///   ``OSCORE/ContextError/invalidCredential(_:)`` if `managerCredential` is empty;
    ///   ``OSCORE/ContextError/invalidWindowSize`` for another window size; ``OSCORE/ContextError/invalidKeyMaterial``
    ///   without a Master Secret; what ``GroupAlgorithms/validate()`` throws.
    public init(
        silentServerOf groupID: GroupID, masterSecret: Span<UInt8>, masterSalt: [UInt8], algorithms: GroupAlgorithms,
        managerCredential: [UInt8], keyGeneration: UInt64 = 0, replayWindowSize: Int = ReplayWindow.defaultSize,
        countersignItems: CountersignStructure.ItemCount = .five
    ) throws(ContextError) {
        guard ReplayWindow.sizes.contains(replayWindowSize) else { throw .invalidWindowSize }
        let common = try GroupCommonContext(
            groupID: groupID, masterSecret: masterSecret, masterSalt: masterSalt, algorithms: algorithms,
            managerCredential: managerCredential, countersignItems: countersignItems)
        // GOSC-0002: it handles group mode only.
        guard algorithms.hasGroupMode else { throw .noMode }
        self.sender = nil
        self.deriver = HKDFDeriver(common.hash)
        self.common = common
        self.keyGeneration = keyGeneration
        self.replayWindowSize = replayWindowSize
    }
}

@available(*, unavailable)
extension GroupContext: Sendable {}
