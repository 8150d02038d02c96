public import OSCORE

/// When a member asks the Group Manager for new parameters on its own account.
public struct RenewalWatch: Sendable {
    // GOSC-0343
    /// How many messages that cannot be decrypted are a reason to ask; 1 or more.
    public let undecryptableLimit: Int
    /// How long to wait between two questions, whoever sends garbage.
    public let interval: Duration
    // GOSC-0098
    /// How many Sender Sequence Numbers are left when it is time to ask.
    public let exhaustionMargin: UInt64

    private var undecryptable = 0
    private var askedAt: Duration?
    private var hasReportedExhaustion = false

    /// Starts with nothing noticed.
    ///
    /// - Parameters:
    ///   - undecryptableLimit: Ten by default: more than one rekeying loses in transit.
    ///   - interval: A minute by default.
    ///   - exhaustionMargin: By default 2^20, a day of twelve messages a second.
    public init(
        undecryptableLimit: Int = 10, interval: Duration = .seconds(60), exhaustionMargin: UInt64 = 1 << 20
    ) {
        self.undecryptableLimit = max(undecryptableLimit, 1)
        self.interval = interval
        self.exhaustionMargin = exhaustionMargin
    }

    /// Counts a message that no key of the group decrypts.
    ///
    /// - Returns: Whether to ask for the current material now.
    public mutating func noteUndecryptable(now: Duration) -> Bool {
        undecryptable = min(undecryptable + 1, undecryptableLimit)
        guard undecryptable >= undecryptableLimit else { return false }
        // Anybody can send garbage; the Group Manager must not pay for it.
        if let askedAt, now - askedAt < interval { return false }
        askedAt = now
        undecryptable = 0
        return true
    }

    /// Notes a message under a Gid that is not known: whoever has sent it has newer keys, if it is genuine. Of these the first
    /// is reason enough: a lamp that hears a command twice a day must not be deaf for a week.
    ///
    /// - Returns: Whether to ask now. Anybody can send garbage, so as rarely as for any other reason.
    public mutating func noteUnknownGroupID(now: Duration) -> Bool {
        undecryptable = undecryptableLimit
        return noteUndecryptable(now: now)
    }

    /// Looks how many numbers are left.
    ///
    /// - Returns: True once for each Sender Context: ask for a new Sender ID or new keys now.
    public mutating func isNearExhaustion(_ reservation: SequenceReservation) -> Bool {
        let end = PartialIV.maximum.value + 1
        guard !hasReportedExhaustion, end - min(reservation.next, end) <= exhaustionMargin else { return false }
        hasReportedExhaustion = true
        return true
    }

    /// Begins again, because a new Sender Context was installed.
    public mutating func senderRenewed() {
        hasReportedExhaustion = false
        undecryptable = 0
    }
}
