internal import Bytes
internal import CoAP

/// Tokens of observations that we have ended. Notifications that still come are rejected, for a time and a number of
/// times, so that servers which missed the end learn of it (RFC 7641 §3.6) and nobody can have us reject for ever.
internal struct RejectedTokens: Sendable {
    private struct Entry: Sendable {
        let destination: SocketAddress
        let until: MonotonicInstant
        var remaining = 16
    }

    private var entries: [Token: Entry] = [:]
    private var oldest = FIFO<(token: Token, until: MonotonicInstant)>()
    private let lifetime: Duration
    private let capacity: Int

    var count: Int { entries.count }

    init(lifetime: Duration, capacity: Int) {
        self.lifetime = lifetime
        self.capacity = max(capacity, 0)
    }

    mutating func insert(_ token: Token, of destination: SocketAddress, at now: MonotonicInstant) {
        while let first = oldest.first, first.until <= now || oldest.count >= capacity {
            entries[first.token] = nil
            oldest.removeFirst()
        }
        guard capacity > 0 else { return }
        let until = now.advanced(by: lifetime)
        entries[token] = Entry(destination: destination, until: until)
        oldest.append((token, until))
    }

    /// Whether a notification with this token from there is to be rejected once more.
    mutating func take(_ token: Token, from source: SocketAddress, at now: MonotonicInstant) -> Bool {
        guard let entry = entries[token], entry.until > now, entry.remaining > 0,
            entry.destination.address.isMulticast || entry.destination.isSameEndpoint(as: source)
        else { return false }
        entries[token]?.remaining -= 1
        return true
    }
}
