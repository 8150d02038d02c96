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

    /// Where the next Partial IV comes from; `nil` in a silent server. Extend it after a reservation became durable.
    public var reservation: SequenceReservation? {
        get { sender?.reservation }
        set {
            if let newValue { sender?.reservation = newValue }
        }
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
}
