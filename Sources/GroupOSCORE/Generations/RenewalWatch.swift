public import OSCORE

/// When a member asks the Group Manager for new parameters on its own account.
public struct RenewalWatch: Sendable {
    // GOSC-0343
    /// How many messages that cannot be decrypted are a reason to ask; 1 or more.
    public let undecryptableLimit: Int
    /// How long to wait between two questions, whoever sends garbage; longer after questions that have brought nothing.
    public let interval: Duration
    // GOSC-0098
    /// How many Sender Sequence Numbers are left when it is time to ask.
    public let exhaustionMargin: UInt64

    private var undecryptable = 0
    private var askedAt: Duration?
    /// Between two questions, as it is now.
    private var pause: Duration
    /// Whether the last question has no answer yet.
    private var isOpen = false
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
        self.pause = interval
        self.exhaustionMargin = exhaustionMargin
    }

    /// Counts a message that no key of the group decrypts.
    ///
    /// - Returns: Whether to ask for the current material now.
    public mutating func noteUndecryptable(now: Duration) -> Bool {
        undecryptable = min(undecryptable + 1, undecryptableLimit)
        return undecryptable >= undecryptableLimit && mayAsk(after: pause, now: now)
    }

    /// Notes a message under a Gid that is not known: whoever has sent it has newer keys, if it is genuine. Of these the first
    /// is reason enough: a lamp that hears a command twice a day must not be deaf for a week.
    ///
    /// - Parameter isAnswer: Whether it answers a request of this member: then no former question makes the pause longer.
    /// - Returns: Whether to ask now. Anybody can send garbage, so as rarely as for any other reason.
    public mutating func noteUnknownGroupID(now: Duration, isAnswer: Bool = false) -> Bool {
        mayAsk(after: isAnswer ? interval : pause, now: now)
    }

    /// Notes that the Group Manager has nothing newer. If it was asked because of messages, the next ones are a reason only
    /// after twice the time: whoever sends garbage goes on with it, and a neighbour on the same multicast address, too. New
    /// keys end that.
    ///
    /// - Parameter longest: How long the pause becomes at most; a member that asks by itself in between loses nothing.
    public mutating func noteNothingNewer(longest: Duration) {
        guard isOpen else { return }
        isOpen = false
        pause = max(interval, min(pause * 2, longest))
    }

    /// Anybody can send garbage; the Group Manager must not pay for it.
    private mutating func mayAsk(after pause: Duration, now: Duration) -> Bool {
        if let askedAt, now - askedAt < pause { return false }
        askedAt = now
        undecryptable = 0
        isOpen = true
        return true
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
        pause = interval
        isOpen = false
    }
}
