public import COSE
public import OSCORE

/// A group at one member, across its rekeyings: which Security Context is the latest, and what outlives it
/// (RFC 10021 §2.6, §12.2, §14.5).
///
/// Belongs to one thread at a time. Times are durations since any fixed moment of a monotonic clock.
public final class GroupGenerations {
    /// What is a matter of choice.
    public struct Policy: Hashable, Sendable {
        // GOSC-0111, GOSC-0342: old contexts are not retained unless somebody wants it.
        /// How long the context before the latest still receives.
        public var retention: Duration = .zero
        /// How old a request may be where it has to be fresh.
        public var freshnessLimit: Duration = .seconds(60)
        /// Whether a young Security Context spares a challenge.
        public var trustsYoungContexts = false

        /// The conservative choice.
        public init() {}
    }

    /// One Security Context and when it was installed.
    public struct Generation {
        /// The context.
        public let context: GroupContext
        // GOSC-0004
        /// Its Key Generation Number: higher means established later.
        public let keyGeneration: UInt64
        /// When it was installed here.
        public let installedAt: Duration
    }

    /// A context that waits for the end of a message.
    struct Pending {
        var generation: Generation
        var stale: Set<SenderID>
        var retention: Duration
    }

    /// The group's name, which no rekeying changes.
    public let name: String
    /// What is a matter of choice.
    public let policy: Policy
    /// The credentials of the current members. Whoever adds one adds it to the latest context too.
    public var credentials: MemberCredentials
    /// The exchanges that this member opened as client.
    public var exchanges = ClientExchanges()
    /// Which requests are fresh.
    public var freshness: RequestFreshness
    /// Echo values for this member's next requests.
    public var receivedEchoValues = ReceivedEchoValues()
    /// When to ask the Group Manager.
    public var renewal: RenewalWatch

    /// The steps of catching up, while a rekeying was missed.
    var catchUp: CatchUp?
    /// Whether sequence numbers or windows were lost, and no new parameters have come since.
    public internal(set) var isStateLost = false
    var current: Generation?
    var retained: (generation: Generation, until: Duration)?
    var pending: Pending?
    /// The highest Key Generation Number and its Gid, known also while there is no context.
    var newest: (keyGeneration: UInt64, groupID: GroupID)?
    /// The keys that this member has had here.
    var keyHistory = KeyHistory()
    private(set) var messagesInProcessing = 0

    /// Starts without any context; ``install(_:stale:now:derive:)`` brings the first.
    public init(
        name: String, credentials: MemberCredentials = MemberCredentials(), policy: Policy = Policy(),
        renewal: RenewalWatch = RenewalWatch()
    ) {
        self.name = name
        self.credentials = credentials
        self.policy = policy
        self.renewal = renewal
        self.freshness = RequestFreshness(
            limit: policy.freshnessLimit, trustsYoungContexts: policy.trustsYoungContexts)
    }

    // GOSC-0110: the only one that protects.
    /// The context that was established last; `nil` while there is none to be used.
    public var latest: Generation? { current }

    /// Makes a member known, that has just come or was not heard of: to the latest context, and to the one before it, for
    /// that still receives.
    ///
    /// - Parameter replayWindow: What was received from it before under the latest Gid; as in
    ///   ``GroupContext/addRecipient(_:credential:replayWindow:onReception:)``, which also says what is thrown.
    public func learn(
        _ senderID: SenderID, credential: AuthenticationCredential, replayWindow: ReplayWindow? = nil
    ) throws(ContextError) {
        try current?.context.addRecipient(senderID, credential: credential, replayWindow: replayWindow)
        if let former = retained?.generation.context, former.credential(of: senderID) == nil {
            // Under the former Gid it may have been nobody, or this member itself.
            try? former.addRecipient(senderID, credential: credential)
        }
        credentials[senderID] = credential
    }

    // GOSC-0341
    /// The context before the latest, while it still receives.
    public func retained(at now: Duration) -> Generation? {
        guard let retained, now < retained.until else { return nil }
        return retained.generation
    }

    /// When the context before the latest stops to receive; `nil` if none is retained.
    public var retainedUntil: Duration? { retained?.until }

    // GOSC-0342
    /// Wipes the keys of the context before the latest once its time is over. Every message that is verified does so; call
    /// it from a timer where there may be none for long.
    public func forgetExpired(at now: Duration) {
        guard let retained, now >= retained.until else { return }
        forgetEchoValues(under: retained.generation.context.groupID)
        self.retained = nil
    }

    // GOSC-0105, GOSC-0184
    /// Processes one message; a context that is installed meanwhile waits until the end.
    ///
    /// - Parameter body: Verifies or protects with the context that it is lent, and with no other.
    /// - Returns: `nil`, and `body` was not called, if there is no context or a newer one is about to be installed.
    public func process<Result>(_ body: (GroupContext) -> Result) -> Result? {
        guard pending == nil, let context = current?.context else { return nil }
        beginMessage()
        defer { endMessage() }
        return body(context)
    }

    func beginMessage() {
        messagesInProcessing += 1
    }

    func endMessage() {
        messagesInProcessing -= 1
        guard messagesInProcessing == 0, let pending else { return }
        self.pending = nil
        replaceCurrent(with: pending.generation, stale: pending.stale, retention: pending.retention)
    }
}

@available(*, unavailable)
extension GroupGenerations: Sendable {}

@available(*, unavailable)
extension GroupGenerations.Generation: Sendable {}
