import Bytes
public import COSE
public import CryptoPrimitives
public import OSCORE

/// One generation of a group's Security Context, as one member holds it (RFC 10021 §2).
///
/// Belongs to one thread at a time. Everything that is keyed is made once; protecting and verifying allocate nothing.
public final class GroupContext {
    let common: GroupCommonContext
    let sender: SenderContext
    var recipients: [SenderID: RecipientContext] = [:]
    let buffers = MessageBuffers()
    var deriver: HKDFDeriver
    /// The size of the replay windows of members that are added.
    public let replayWindowSize: Int

    /// Derives the context of one member.
    ///
    /// - Parameters:
    ///   - groupID: The current Gid.
    ///   - masterSecret: The group's Master Secret; copied and wiped with the context.
    ///   - masterSalt: The group's Master Salt, empty if the manager gave none.
    ///   - algorithms: The group's algorithms.
    ///   - managerCredential: The Group Manager's credential, exactly as distributed.
    ///   - senderID: This member's Sender ID.
    ///   - credential: This member's credential.
    ///   - privateKey: The private key of `credential`.
    ///   - reservation: Sequence numbers that no earlier run can have used.
    ///   - replayWindowSize: 2 to 1024.
    ///   - countersignItems: Five, unless a peer reads RFC 9338 §3.3 to the letter.
    public convenience init(
        groupID: GroupID, masterSecret: Span<UInt8>, masterSalt: [UInt8], algorithms: GroupAlgorithms,
        managerCredential: [UInt8], senderID: SenderID, credential: AuthenticationCredential,
        privateKey: consuming Ed25519PrivateKey, reservation: SequenceReservation,
        replayWindowSize: Int = ReplayWindow.defaultSize, countersignItems: CountersignStructure.ItemCount = .five
    ) throws(ContextError) {
        guard .ed25519(privateKey.publicKey) == credential.publicKey else { throw .invalidCredential }
        try self.init(
            groupID: groupID, masterSecret: masterSecret, masterSalt: masterSalt, algorithms: algorithms,
            managerCredential: managerCredential, senderID: senderID, credential: credential,
            uncheckedPrivateKey: privateKey, reservation: reservation, replayWindowSize: replayWindowSize,
            countersignItems: countersignItems)
    }

    /// Derives a context without asking whether the private key belongs to the credential: what a member does that
    /// speaks in another's name. Only the forgery act of the demo and tests of it use this.
    package init(
        groupID: GroupID, masterSecret: Span<UInt8>, masterSalt: [UInt8], algorithms: GroupAlgorithms,
        managerCredential: [UInt8], senderID: SenderID, credential: AuthenticationCredential,
        uncheckedPrivateKey privateKey: consuming Ed25519PrivateKey, reservation: SequenceReservation,
        replayWindowSize: Int = ReplayWindow.defaultSize, countersignItems: CountersignStructure.ItemCount = .five
    ) throws(ContextError) {
        guard let maximum = algorithms.maximumSenderIDCount else { throw .unsupportedAlgorithm }
        guard senderID.count <= maximum else { throw .identifierTooLong }
        guard ReplayWindow.sizes.contains(replayWindowSize) else { throw .invalidWindowSize }
        let common = try GroupCommonContext(
            groupID: groupID, masterSecret: masterSecret, masterSalt: masterSalt, algorithms: algorithms,
            managerCredential: managerCredential, countersignItems: countersignItems)
        self.sender = try SenderContext(
            senderID: senderID, credential: credential, privateKey: PrivateKey(privateKey), common: common,
            reservation: reservation)
        guard let hash = algorithms.hkdf.hash, let deriver = try? HKDFDeriver.make(hash) else {
            throw .unsupportedAlgorithm
        }
        self.deriver = deriver
        self.common = common
        self.replayWindowSize = replayWindowSize
    }

    /// The current Gid.
    public var groupID: GroupID { common.groupID }

    /// The group's algorithms.
    public var algorithms: GroupAlgorithms { common.algorithms }

    /// This member's Sender ID.
    public var senderID: SenderID { sender.senderID }

    /// Where the next Partial IV comes from. Extend it after a reservation became durable.
    public var reservation: SequenceReservation {
        get { sender.reservation }
        set { sender.reservation = newValue }
    }

    /// The members whose messages can be verified.
    public var recipientIDs: some Collection<SenderID> { recipients.keys }

    /// Adds another member, or replaces what was known of it.
    ///
    /// - Parameters:
    ///   - recipientID: Its Sender ID; not this member's own.
    ///   - credential: Its credential, exactly as distributed.
    ///   - replayWindow: What was received from it before; a fresh window if it never was a member under this Gid.
    public func addRecipient(
        _ recipientID: SenderID, credential: AuthenticationCredential, replayWindow: ReplayWindow? = nil
    ) throws(ContextError) {
        guard let maximum = algorithms.maximumSenderIDCount, recipientID.count <= maximum else {
            throw .identifierTooLong
        }
        guard recipientID != senderID else { throw .identifiersNotDistinct }
        let window = if let replayWindow { replayWindow } else { try ReplayWindow(size: replayWindowSize) }
        recipients[recipientID] = try RecipientContext(
            recipientID: recipientID, credential: credential, common: common, replayWindow: window)
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

@available(*, unavailable)
extension GroupContext: Sendable {}
