import OSCORE

/// The latest requests that passed a signature checker, by exchange. Holds so many and no more: the oldest goes first.
struct RememberedRequests {
    struct Request {
        let binding: GroupRequestBinding
        /// Of a deterministic request, or of one that may be.
        var requestHash: [UInt8]?
        /// Whether a request with a hash is known to be deterministic, so that its responses are signed with the hash.
        var isDeterministic = true
    }

    private let capacity: Int
    private var requests: [CheckedExchange: Request] = [:]
    /// A ring, once it is full.
    private var order: [CheckedExchange] = []
    private var oldest = 0

    /// - Parameter capacity: At least 1.
    init(capacity: Int) {
        self.capacity = max(capacity, 1)
    }

    var count: Int { requests.count }

    subscript(exchange: CheckedExchange) -> Request? { requests[exchange] }

    /// Remembers the request of an exchange, in the place of an earlier one with the same Token.
    mutating func remember(_ request: Request, of exchange: CheckedExchange) {
        guard requests.updateValue(request, forKey: exchange) == nil else { return }
        guard order.count == capacity else {
            order.append(exchange)
            return
        }
        requests[order[oldest]] = nil
        order[oldest] = exchange
        oldest = (oldest + 1) % capacity
    }
}
