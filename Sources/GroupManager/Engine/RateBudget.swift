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

    /// - Parameters:
    ///   - period: How long it takes until one request is paid for, in seconds.
    ///   - burst: How many may come at once.
    init(every period: UInt64, burst: Int, capacity: Int = 8_192) {
        price = Int64(clamping: period.multipliedReportingOverflow(by: 1_000_000_000).partialValue)
        credit = price * Int64(max(burst, 1) - 1)
        self.capacity = capacity
    }

    /// After how many seconds there is something in an account; `nil` if there is.
    func wait(for key: Key, at now: MonotonicInstant) -> UInt32? {
        let now = now.nanoseconds
        guard let paid = paidAt[key], paid - now > credit else { return nil }
        return UInt32(clamping: (paid - now - credit + 999_999_999) / 1_000_000_000)
    }

    /// Takes one request from an account that is not over its credit, whatever it costs others: where all accounts are busy,
    /// the one that is paid for first is forgotten. So nobody is free of charge because strangers have filled the accounts.
    mutating func charge(_ key: Key, at now: MonotonicInstant) {
        if paidAt.count >= capacity, paidAt[key] == nil, let least = paidAt.min(by: { $0.value < $1.value }) {
            paidAt[least.key] = nil
        }
        _ = take(key, at: now)
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
