internal import Bytes

/// How often one address is answered.
public struct AnswerRate: Hashable, Sendable {
    /// Answers a second for as long as requests come, 1 to 1,000,000.
    public let perSecond: Int
    /// Answers at once after a pause, 1 to 1,000,000.
    public let burst: Int

    /// Creates a rate; numbers out of range are cut to it.
    public init(perSecond: Int, burst: Int) {
        self.perSecond = min(max(perSecond, 1), 1_000_000)
        self.burst = min(max(burst, 1), 1_000_000)
    }
}

/// Who has been answered how often. Of fixed size: invented sources are strangers with nothing to their account, and are
/// forgotten before those who are busy.
internal struct AnswerBudget: Sendable {
    /// One number says it all: the moment at which everything is paid for, if each answer takes 1/rate.
    private struct Account: Sendable {
        var peer = 0
        var paidAt = Int64.min
    }

    private static let accountsPerSet = 4
    private static let sets = 1_024

    private let price: Int64
    private let credit: Int64
    private var accounts: [Account]

    init(_ rate: AnswerRate?) {
        price = rate.map { 1_000_000_000 / Int64($0.perSecond) } ?? 0
        credit = price * Int64((rate?.burst ?? 1) - 1)
        accounts = rate == nil ? [] : Array(repeating: Account(), count: Self.sets * Self.accountsPerSet)
    }

    /// Takes one answer from the account of an address; false if there is none left.
    mutating func take(_ address: IPv6Address, at now: MonotonicInstant) -> Bool {
        // COAP-0261
        guard !accounts.isEmpty else { return true }
        // Keyed, so that nobody can choose addresses that fall together.
        let peer = address.hashValue
        let first = (peer & (Self.sets - 1)) * Self.accountsPerSet
        var chosen = first
        for index in first..<first + Self.accountsPerSet {
            if accounts[index].peer == peer {
                chosen = index
                break
            }
            if accounts[index].paidAt < accounts[chosen].paidAt { chosen = index }
        }
        if accounts[chosen].peer != peer { accounts[chosen] = Account(peer: peer) }
        let paidAt = max(accounts[chosen].paidAt, now.nanoseconds)
        guard paidAt - now.nanoseconds <= credit else { return false }
        accounts[chosen].paidAt = paidAt + price
        return true
    }
}
