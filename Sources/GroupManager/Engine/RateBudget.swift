import CoAPEngine

/// Who has asked how often. Of bounded size: whoever has nothing to his account is forgotten.
struct RateBudget<Key: Hashable & Sendable>: Sendable {
    /// The moment at which everything is paid for, if each request takes 1/rate.
    private var paidAt: [Key: Int64] = [:]
    private let price: Int64
    private let credit: Int64
    private let capacity: Int

    init(_ rate: AnswerRate, capacity: Int = 8_192) {
        price = 1_000_000_000 / Int64(rate.perSecond)
        credit = price * Int64(rate.burst - 1)
        self.capacity = capacity
    }

    /// Takes one request from an account.
    ///
    /// - Returns: `nil` if it may be served; else after how many seconds to ask again.
    mutating func take(_ key: Key, at now: MonotonicInstant) -> UInt32? {
        let now = now.nanoseconds
        let from = max(paidAt[key] ?? now, now)
        guard from - now <= credit else {
            return UInt32(clamping: (from - now - credit + 999_999_999) / 1_000_000_000)
        }
        if paidAt.count >= capacity, paidAt[key] == nil {
            paidAt = paidAt.filter { $0.value > now }
            // All are busy: there is no room for a stranger now.
            guard paidAt.count < capacity else { return 1 }
        }
        paidAt[key] = from + price
        return nil
    }
}

/// The one account of a budget that all share.
enum Everybody {
    case everybody
}
