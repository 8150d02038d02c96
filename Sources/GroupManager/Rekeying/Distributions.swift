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
    /// Whose turn it is.
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

    /// Whom to tell next, of which group; the groups take turns.
    ///
    /// - Parameter limit: How many messages may be under way.
    mutating func nextMember(at now: MonotonicInstant, limit: Int) -> MemberKey? {
        for _ in turns.indices {
            let name = turns.removeFirst()
            turns.append(name)
            guard let group = groups[name], hasRoom(for: group, limit: limit) else { continue }
            if let member = groups[name]?.next(at: now) { return MemberKey(groupName: name, name: member) }
        }
        return nil
    }

    /// Which notice to send next.
    mutating func nextNotice(at now: MonotonicInstant, limit: Int) -> UInt64? {
        hasRoomForNotices(limit: limit) ? evictions.popDue(now) : nil
    }

    // GM-0330: a message to somebody who does not answer takes its place for seconds.
    /// Whether a group may have another message under way: as long as it has less than three times as many as there are places
    /// left. So one group alone takes three quarters, and whoever comes next finds room at once, however few answer.
    private func hasRoom(for group: Distribution, limit: Int) -> Bool {
        group.underWay < Self.share * (limit - operations.count)
    }

    /// Notices of evictions take what keys leave, and a quarter at most: whoever is out finds that out when it asks, too.
    private func hasRoomForNotices(limit: Int) -> Bool {
        let underWay = operations.values.count { if case .eviction = $0.purpose { true } else { false } }
        return underWay * Self.share < limit - operations.count
    }

    private static let share = 3

    /// What of a notice is under way.
    func operations(ofNotice number: UInt64) -> [OperationID] {
        operations.filter { if case .eviction(number) = $0.value.purpose { true } else { false } }.map(\.key)
    }

    /// Those that are over.
    var finished: [Distribution] { groups.values.filter(\.isOver) }

    /// When to look again, unless something comes before; `nil` if there is nothing to do.
    ///
    /// - Parameter limit: How many messages may be under way.
    func nextTimer(limit: Int) -> MonotonicInstant? {
        guard !unbegun.isEmpty || !groups.isEmpty || !evictions.isEmpty || !confirmations.isEmpty else { return nil }
        if let resumesAt { return resumesAt }
        guard unbegun.isEmpty else { return MonotonicInstant(nanoseconds: 0) }
        var next = hasRoomForNotices(limit: limit) ? evictions.next : nil
        for distribution in groups.values {
            guard let timer = distribution.nextTimer(hasRoom: hasRoom(for: distribution, limit: limit)) else {
                continue
            }
            next = min(next ?? timer, timer)
        }
        return next
    }
}
