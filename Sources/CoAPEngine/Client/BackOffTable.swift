internal import CoAP

/// Which requests servers asked to be spared, and until when (RFC 7252 §5.9.3.4, RFC 8516 §3).
internal struct BackOffTable: Sendable {
    /// What makes requests similar: server, method, path and query.
    struct Key: Hashable, Sendable {
        let resource: ResourceKey
        let method: Code
    }

    private var ends: [Key: MonotonicInstant] = [:]
    private let capacity: Int
    private let maximum: Duration

    init(capacity: Int, maximum: Duration) {
        self.capacity = max(capacity, 0)
        self.maximum = maximum
    }

    var count: Int { ends.count }

    /// How long a response asks to be spared; `nil` if it does not.
    func delay(asked response: Message) -> Duration? {
        // COAP-0077, COAP-0078
        guard response.code == .serviceUnavailable || response.code == .tooManyRequests else { return nil }
        return min(.seconds(Int64(response.options.maxAge ?? 60)), maximum)
    }

    mutating func note(_ delay: Duration, for key: Key, at now: MonotonicInstant) {
        guard capacity > 0, delay > .zero else { return }
        if ends[key] == nil, ends.count >= capacity {
            ends = ends.filter { $0.value > now }
            if ends.count >= capacity, let first = ends.min(by: { $0.value < $1.value }) { ends[first.key] = nil }
        }
        ends[key] = now.advanced(by: delay)
    }

    /// How long such requests are still to wait; `nil` if they may go.
    mutating func remaining(for key: Key, at now: MonotonicInstant) -> Duration? {
        guard let end = ends[key] else { return nil }
        guard end > now else {
            ends[key] = nil
            return nil
        }
        return now.duration(to: end)
    }
}
