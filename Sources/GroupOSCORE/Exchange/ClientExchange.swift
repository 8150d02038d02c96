public import COSE
public import OSCORE

/// One request of a client and what it still accepts in answer (RFC 10021 §5, §7.4).
///
/// What the request was bound with never changes, whatever Sender ID and Gid the client has now.
public struct ClientExchange: Sendable {
    /// To whom a request went.
    public enum Audience: Hashable, Sendable {
        /// Several members.
        case group
        /// One member.
        case member(SenderID)
    }

    /// What a client makes of responses of a server whose Sender ID changes in the middle of a long exchange.
    public enum ChangedKidPolicy: Hashable, Sendable {
        // GOSC-0236
        /// Dropped, because Partial IVs of two Sender IDs have no order.
        case drop
        /// Accepted; the application needs no order.
        case accept
    }

    /// What to do with a verified response.
    public enum Verdict: Hashable, Sendable {
        /// Deliver it.
        case deliver
        /// Deliver it, but the application has something fresher of this server already.
        case deliverAsOlder
        /// A duplicate, or too old to tell.
        case drop
        /// The server has another Sender ID than before in this exchange.
        case dropForChangedKid
        /// Nothing more is expected.
        case ended
    }

    // GOSC-0161, GOSC-0192, GOSC-0193, GOSC-0194, GOSC-0195
    /// kid, Partial IV and kid context of the request. Names the one member that was asked, in group mode as well, so that
    /// no response of another verifies.
    public let binding: GroupRequestBinding
    // GOSC-0196, GOSC-0253
    /// The group's name, which no rekeying changes: under it the manager gives current keys.
    public let groupName: String
    /// To whom the request went.
    public let audience: Audience
    // GOSC-0164
    /// When the request was protected. Every accepted response was made later; nothing says that its server still lives.
    public let openedAt: Duration
    /// Whether the request asks for notifications.
    public let observes: Bool
    /// What to do when a server's Sender ID changes.
    public let changedKidPolicy: ChangedKidPolicy
    /// Whether the Token was freed, or the only response has come.
    public private(set) var hasEnded = false

    private var servers = FirstKids()
    private var numbers: ContextNumbers

    /// Opens an exchange for a request that was protected. Responses are verified with ``binding`` of the exchange.
    public init(
        _ binding: GroupRequestBinding, groupName: String, audience: Audience, observes: Bool, openedAt: Duration,
        numberPolicy: ResponseNumbers.Policy = .strict, changedKidPolicy: ChangedKidPolicy = .drop
    ) {
        // GOSC-0229, GOSC-0230: a server that has another Sender ID now is recognised by its key.
        self.binding =
            switch audience {
            case .group: binding
            case .member(let server): binding.expecting(server)
            }
        self.groupName = groupName
        self.audience = audience
        self.observes = observes
        self.openedAt = openedAt
        self.changedKidPolicy = changedKidPolicy
        self.numbers = ContextNumbers(under: binding.groupID, policy: numberPolicy)
    }

    // GOSC-0003
    /// Whether the exchange goes on after the first response.
    public var isLong: Bool { observes || audience == .group }

    // GOSC-0165
    /// Whether an observation has gone on for so long that its notifications should be bound to a newer request.
    ///
    /// - Parameter interval: How long one request vouches for the freshness of notifications.
    public func needsNewRegistration(at now: Duration, after interval: Duration) -> Bool {
        observes && !hasEnded && now - openedAt >= interval
    }

    /// The member that a response without kid is attributed to.
    public var assumedResponder: SenderID? {
        guard case .member(let server) = audience else { return nil }
        return server
    }

    /// The Response Number of a server under the latest Security Context; `nil` while it is uninitialised.
    public func responseNumber(of server: SenderID) -> PartialIV? {
        numbers.latest.number(of: server)
    }

    /// The kid of the first valid response of the server that has this key; `nil` before.
    public func firstKid(of credential: AuthenticationCredential) -> SenderID? {
        servers.kid(of: credential)
    }

    /// Takes a response that was verified, and that came from the member that was asked if there is only one.
    ///
    /// - Parameters:
    ///   - partialIV: Its Partial IV, if it carries one.
    ///   - server: Its kid, or the assumed one.
    ///   - credential: The credential whose key verified it.
    ///   - groupID: The Gid of the context that verified it.
    public mutating func admit(
        _ partialIV: PartialIV?, from server: SenderID, credential: AuthenticationCredential, under groupID: GroupID
    ) -> Verdict {
        guard !hasEnded else { return .ended }
        guard isLong else {
            // GOSC-0177: one response, no numbers.
            hasEnded = true
            return .deliver
        }
        // GOSC-0235: the key says which server it is, the kid does not.
        let first = servers.kid(of: credential)
        if let first, first != server, changedKidPolicy == .drop { return .dropForChangedKid }
        let verdict = numbers.admit(partialIV, from: server, under: groupID)
        guard verdict != .refused else { return .drop }
        // GOSC-0234
        if first == nil { servers.noteFirst(server, of: credential) }
        return verdict == .freshest ? .deliver : .deliverAsOlder
    }

    /// Notes that a new Security Context was installed: the servers' numbers begin again.
    public mutating func contextChanged(to groupID: GroupID) {
        numbers.begin(under: groupID)
    }

    /// Ends the exchange, because its Token is freed.
    public mutating func end() {
        hasEnded = true
    }
}
