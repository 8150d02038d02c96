import CoAPEngine

// GM-0347
/// What those who were evicted are told at their control resources: DELETE, until they answer or the time is over.
struct EvictionNotices {
    struct Notice {
        let recipient: Recipient
        let association: AssociationName
        /// Whether the association is kept for this notice, and is to be released with it.
        let isKept: Bool
        let resource: ControlResource
        let deadline: MonotonicInstant
        /// Whether it may join again at once.
        let mayReturn: Bool
        var attempts = DeliveryAttempts()
    }

    /// Who was evicted from where.
    struct Recipient: Hashable {
        let groupName: String
        let client: ClientIdentity
    }

    private var notices: [UInt64: Notice] = [:]
    private var numbers: [Recipient: UInt64] = [:]
    private var queue = FIFOQueue<UInt64>()
    private var starving = FIFOQueue<UInt64>()
    private var pauses = KeyedTimers<UInt64>()
    private var lastNumber: UInt64 = 0

    var isEmpty: Bool { notices.isEmpty }
    var next: MonotonicInstant? { pauses.next }

    subscript(number: UInt64) -> Notice? { notices[number] }

    mutating func add(_ notice: Notice) {
        lastNumber += 1
        notices[lastNumber] = notice
        numbers[notice.recipient] = lastNumber
        queue.append(lastNumber)
    }

    /// What has been committed may have given numbers to those who had none.
    mutating func resume() {
        queue.prepend(&starving)
    }

    /// Which to send next; `nil` if none now.
    mutating func popDue(_ now: MonotonicInstant) -> UInt64? { queue.popFirst() ?? pauses.popDue(now) }

    mutating func begin(_ number: UInt64, at now: MonotonicInstant) {
        guard let places = notices[number]?.resource.endpoints.count else { return }
        notices[number]?.attempts.begin(at: now, places: places)
    }

    /// What has become of an attempt.
    ///
    /// - Returns: The notice, if there will be no other attempt.
    mutating func end(_ number: UInt64, _ outcome: DeliveryOutcome, timeout: Duration) -> Notice? {
        guard let notice = notices[number] else { return nil }
        switch outcome {
        case .confirmed, .refused: return remove(number)
        case .failed:
            let next = notice.attempts.next(timeout: timeout)
            guard next < notice.deadline else { return remove(number) }
            pauses.set(number, at: next)
        case .starved:
            notices[number]?.attempts.takeBack()
            starving.append(number)
        }
        return nil
    }

    /// Whoever is a member again is not told that it is none.
    ///
    /// - Returns: Which notice that was; `nil` if there was none.
    mutating func withdraw(_ recipient: Recipient) -> (number: UInt64, notice: Notice)? {
        guard let number = numbers[recipient], let notice = remove(number) else { return nil }
        return (number, notice)
    }

    private mutating func remove(_ number: UInt64) -> Notice? {
        guard let notice = notices.removeValue(forKey: number) else { return nil }
        if numbers[notice.recipient] == number { numbers[notice.recipient] = nil }
        pauses.cancel(number)
        return notice
    }
}
