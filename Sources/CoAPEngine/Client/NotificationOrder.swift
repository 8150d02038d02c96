/// Which notification is the newest of one responder (RFC 7641 §3.4).
internal struct NotificationOrder: Hashable, Sendable {
    private var number: UInt32
    private var at: MonotonicInstant

    init(_ number: UInt32, at now: MonotonicInstant) {
        self.number = number & 0xff_ffff
        self.at = now
    }

    /// Takes a notification if it is newer than all before.
    mutating func advance(to number: UInt32, at now: MonotonicInstant) -> Bool {
        let candidate = Self(number, at: now)
        guard candidate.isNewer(than: self) else { return false }
        self = candidate
        return true
    }

    private func isNewer(than other: Self) -> Bool {
        // COAP-0142: numbers wrap at 2^24; after 128 s every number is newer.
        if other.at.duration(to: at) > .seconds(128) { return true }
        let half: UInt32 = 1 << 23
        return other.number < number ? number - other.number < half : other.number - number > half
    }
}
