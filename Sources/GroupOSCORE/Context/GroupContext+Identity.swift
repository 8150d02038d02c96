public import COSE
public import OSCORE

extension GroupContext {
    /// The current Gid.
    public var groupID: GroupID { common.groupID }

    /// The group's algorithms.
    public var algorithms: GroupAlgorithms { common.algorithms }

    /// This member's Sender ID; `nil` in a silent server.
    public var senderID: SenderID? { sender?.senderID }

    /// This member's credential; `nil` in a silent server.
    public var credential: AuthenticationCredential? { sender?.credential }

    /// Whether this is a silent server: it receives in group mode and never sends.
    public var isSilentServer: Bool { sender == nil }

    /// Where the next Partial IV comes from; `nil` in a silent server. A copy, to look at: ``extendReservation(to:)`` is the
    /// only way to change it, so that no copy from before can bring used numbers back.
    public var reservation: SequenceReservation? { sender?.reservation }

    /// Notes that every Partial IV below `end` is durable now. Never goes back; does nothing in a silent server.
    public func extendReservation(to end: UInt64) {
        sender?.reservation.extend(to: end)
    }

    // GOSC-0082, GOSC-0086
    /// What sends for this member.
    ///
    /// - Throws: ``OSCORE/ProtectionError/noSenderContext`` in a silent server, after a loss of state, and once a newer
    ///   context took over.
    @inline(__always)
    func usableSender() throws(ProtectionError) -> SenderContext {
        guard let sender, !isStateLost, !isRetired else { throw .noSenderContext }
        return sender
    }

    /// The same for a pairwise message, which is over before a counted reference would pay.
    @inline(__always)
    func uncountedSender() throws(ProtectionError) -> Uncounted<SenderContext> {
        guard !isStateLost, !isRetired, let sender else { throw .noSenderContext }
        return Uncounted(sender)
    }
}
