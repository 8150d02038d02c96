import CoAPEngine

/// What the manager has to say to members by itself: new keys, one distribution a group at most, and evictions.
struct Distributions {
    /// What a request of the manager is for.
    enum Purpose {
        case keys(MemberKey)
        case eviction(UInt64)
    }

    struct Operation {
        let purpose: Purpose
        /// What the answer of the member means; `nil` before it has come.
        var outcome: DeliveryOutcome?
    }

    // GM-0337
    var groups: [String: Distribution] = [:]
    /// Whose turn it is: the groups take turns, so that one that does not answer delays no other.
    private var turns: [String] = []
    var evictions = EvictionNotices()
    var operations: [OperationID: Operation] = [:]
    /// Groups that are behind since before the start.
    var unbegun: [String] = []
    /// Members that have confirmed, until that is durable.
    var confirmations: [Confirmation] = []
    /// After a failure of the store nothing is tried before this.
    var resumesAt: MonotonicInstant?

    /// A member that has the keys of a version.
    struct Confirmation: Hashable {
        let member: MemberKey
        let version: UInt64
    }

    /// Begins one, in the place of an earlier one of its group.
    ///
    /// - Returns: What of the earlier one is under way.
    mutating func begin(_ distribution: Distribution) -> [OperationID] {
        let former = groups.updateValue(distribution, forKey: distribution.groupName)
        if former == nil { turns.append(distribution.groupName) }
        return former?.operations ?? []
    }

    mutating func remove(_ groupName: String) {
        groups[groupName] = nil
        turns.removeAll { $0 == groupName }
    }

    /// Whether it may go on; not for a while when the store has failed.
    mutating func goesOn(at now: MonotonicInstant) -> Bool {
        guard let resumesAt else { return true }
        guard resumesAt <= now else { return false }
        resume()
        return true
    }

    /// The store works: what waits for numbers has them now, or asks for them again.
    mutating func resume() {
        resumesAt = nil
        evictions.resume()
        for name in turns { groups[name]?.resume() }
    }

    /// Lets all see the time.
    mutating func advance(to now: MonotonicInstant) {
        for name in turns { groups[name]?.advance(to: now) }
    }

    /// Whom to tell next, of which group.
    mutating func nextMember(at now: MonotonicInstant) -> MemberKey? {
        for _ in turns.indices {
            let name = turns.removeFirst()
            turns.append(name)
            if let member = groups[name]?.next(at: now) { return MemberKey(groupName: name, name: member) }
        }
        return nil
    }

    /// Those that are over.
    var finished: [Distribution] { groups.values.filter(\.isOver) }

    /// When to look again, unless something comes before; `nil` if there is nothing to do.
    ///
    /// - Parameter limit: How many messages may be under way.
    func nextTimer(limit: Int) -> MonotonicInstant? {
        guard unbegun.isEmpty else { return MonotonicInstant(nanoseconds: 0) }
        guard !groups.isEmpty || !evictions.isEmpty || !confirmations.isEmpty else { return nil }
        if let resumesAt { return resumesAt }
        let hasRoom = operations.count < limit
        var next = hasRoom ? evictions.next : nil
        for distribution in groups.values {
            guard let timer = distribution.nextTimer(hasRoom: hasRoom) else { continue }
            next = min(next ?? timer, timer)
        }
        return next
    }
}
