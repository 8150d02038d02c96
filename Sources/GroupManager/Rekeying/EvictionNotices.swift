import CoAPEngine

// GM-0347
/// What those who were evicted are told at their control resources: DELETE, until they answer or the time is over.
struct EvictionNotices {
    struct Notice {
        let association: AssociationName
        let resource: ControlResource
        let deadline: MonotonicInstant
        /// Whether it may join again at once.
        let mayReturn: Bool
        var attempts = DeliveryAttempts()
    }

    private var notices: [UInt64: Notice] = [:]
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
        queue.append(lastNumber)
    }

    /// What has been committed may have given numbers to those who had none.
    mutating func resume() {
        queue.prepend(&starving)
    }

    /// Which to send next; `nil` if none now.
    mutating func popDue(_ now: MonotonicInstant) -> UInt64? { queue.popFirst() ?? pauses.popDue(now) }

    mutating func begin(_ number: UInt64, at now: MonotonicInstant) {
        notices[number]?.attempts.begin(at: now)
    }

    /// What has become of an attempt.
    ///
    /// - Returns: The association, if there will be no other.
    mutating func end(_ number: UInt64, _ outcome: DeliveryOutcome, timeout: Duration) -> AssociationName? {
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

    private mutating func remove(_ number: UInt64) -> AssociationName? {
        notices.removeValue(forKey: number)?.association
    }
}
