public import COSE
public import OSCORE

// GOSC-0335: whoever signs with a key in here is a member now.
/// The credentials of a group's current members, and of nobody else (RFC 10021 §12.2, §14.1).
public struct MemberCredentials: Sendable {
    private var credentials: [SenderID: AuthenticationCredential]

    /// Starts with what the Group Manager gave.
    public init(_ credentials: [SenderID: AuthenticationCredential] = [:]) {
        self.credentials = credentials
    }

    /// The members.
    public var senderIDs: Set<SenderID> { Set(credentials.keys) }

    /// The credential of a member.
    public subscript(senderID: SenderID) -> AuthenticationCredential? {
        get { credentials[senderID] }
        set { credentials[senderID] = newValue }
    }

    /// Removes what an indication of stale Sender IDs covers.
    mutating func remove(_ stale: StaleIndication) {
        switch stale {
        // GOSC-0312, GOSC-0316
        case .exact(let senderIDs): for senderID in senderIDs { credentials[senderID] = nil }
        // GOSC-0317
        case .unknown: credentials = [:]
        }
    }

    func forEach<Failure: Error>(
        _ body: (SenderID, AuthenticationCredential) throws(Failure) -> Void
    ) throws(Failure) {
        for (senderID, credential) in credentials { try body(senderID, credential) }
    }
}

/// Which Sender IDs belong to nobody any more.
public enum StaleIndication: Hashable, Sendable {
    /// Exactly these, of all generations that were missed.
    case exact(Set<SenderID>)
    /// The Group Manager cannot tell exactly and completely.
    case unknown
}
