import ACEGroupcomm
import CoAPEngine

// GM-0215, GM-0227: expired keys protect nothing, and open something for a while at most.
extension NodeEngine {
    /// When keys expire, as far as this node knows the time.
    func expiry(expiration: UInt64?, expiresIn: UInt64, at now: MonotonicInstant) -> UnixTime? {
        clock.map { clock in
            KeyExpiry.time(
                expiration: expiration, expiresIn: expiresIn, received: clock.time(at: now),
                isClockSynchronized: configuration.isClockSynchronized)
        }
    }

    /// Sees to it that the keys are fetched when those that are there expire.
    func scheduleExpiry(at now: MonotonicInstant) {
        guard let expiry else {
            renewal.fetchesAt = nil
            return
        }
        renewal.fetchesAt = expiry > now ? expiry : now.advanced(by: configuration.maximumRosterInterval)
    }

    /// Whether nothing may be protected with the present keys any more.
    func keysAreExpired(at now: MonotonicInstant) -> Bool {
        expiry.map { $0 <= now } ?? false
    }

    /// Whether messages may still be opened with the present keys: by default no longer than they may be protected.
    func mayDecrypt(at now: MonotonicInstant) -> Bool {
        guard let expiry else { return true }
        return now < expiry.advanced(by: .seconds(Int64(clamping: min(policies.expirationDelta, Self.longest))))
    }

    /// When the keys expire, by the clock that never goes back.
    private var expiry: MonotonicInstant? {
        guard let keysExpireAt, let clock else { return nil }
        let (end, start) = (keysExpireAt.seconds, clock.time.seconds)
        guard end >= start else { return clock.readAt }
        return clock.readAt.advanced(by: .seconds(Int64(clamping: min(end - start, Self.longest))))
    }

    /// A century, in seconds: nothing is waited for any longer.
    private static let longest: UInt64 = 3_155_760_000
}
