import ACEGroupcomm
import CoAPEngine

extension ManagerEngine {
    // GM-0320, GM-0321, GM-0337
    /// Makes new keys for the groups that need them, with whatever this turn changes: a departure and the keys that come of it
    /// are one commit. Departures that follow soon are dealt with together.
    func rekeyDueGroups(
        in turn: inout OpenTurn, writes: inout [ManagerWrite], at now: MonotonicInstant,
        random: inout some RandomNumberGenerator
    ) {
        for (name, due) in dueGroups where isRipe(name, due, at: now) {
            guard let group = endpoint.protection.state.groups[name] else { continue }
            let procedure = RekeyingProcedure(
                state: endpoint.protection.state, settings: settings, group: group,
                now: endpoint.protection.now.seconds)
            rekeyedAt[name] = now
            guard let decided = procedure.decide(evicts: due.evicts, random: &random) else { continue }
            let state = endpoint.protection.state
            let elders = hold(decided.elders.map { EvictedMember($0, in: state, mayReturn: true) })
            guard apply(decided.writes, in: &turn, writes: &writes, random: &random) else { continue }
            turn.evicted += elders
            turn.rekeyings.append(decided)
        }
    }

    /// Notes when groups got new keys, whatever for.
    func noteRekeyings(of turn: OpenTurn, at now: MonotonicInstant) {
        for case .rekeying(let before) in turn.undo { rekeyedAt[before.record.name] = now }
    }

    /// Whether new keys are to be made now.
    func isRekeyingDue(at now: MonotonicInstant) -> Bool {
        dueGroups.contains { isRipe($0.name, $0.due, at: now) }
    }

    /// When new keys are to be made next, or it is to be looked whether they are; `nil` without groups.
    var nextRekeying: MonotonicInstant? {
        guard !endpoint.protection.state.groups.isEmpty else { return nil }
        let wall = endpoint.protection.now.seconds
        let ages = endpoint.protection.state.groups.values.map { group in
            let due = reason(for: group)
            let limit = due == nil ? group.ageLimit : wall
            let age = lastInput.advanced(by: .seconds(Int64(min(limit - min(wall, limit), Self.longestWait))))
            return max(age, ripeness(of: group.record.name, due) ?? age)
        }
        return ages.min()
    }

    private var dueGroups: [(name: String, due: DueRekeying)] {
        endpoint.protection.state.groups.values.compactMap { group in
            reason(for: group).map { (group.record.name, $0) }
        }
    }

    private func reason(for group: GroupState) -> DueRekeying? {
        let wall = endpoint.protection.now.seconds
        if let reason = group.rekeyingReason(at: wall) { return reason }
        return dueSinceStart.contains(group.record.name) ? DueRekeying(since: wall, evicts: false) : nil
    }

    private func isRipe(_ name: String, _ due: DueRekeying, at now: MonotonicInstant) -> Bool {
        ripeness(of: name, due).map { $0 <= now } ?? true
    }

    /// When a group may get new keys again; `nil` if there is nothing to wait for.
    private func ripeness(of name: String, _ due: DueRekeying?) -> MonotonicInstant? {
        guard let record = endpoint.protection.state.groups[name]?.record else { return nil }
        guard let made = rekeyedAt[name] else {
            // Before the start, by the wall clock; if that was set back meanwhile, nobody knows.
            let end = record.latestRekeying.at + record.latestRekeying.overlap
            let rest = end - min(endpoint.protection.now.seconds, end)
            let isOpen = due?.evicts != true && rest > 0 && rest <= record.latestRekeying.overlap
            return isOpen ? lastInput.advanced(by: .seconds(Int64(clamping: rest))) : nil
        }
        // A store that has failed is tried more and more rarely.
        let failures = min(rekeyingFailures[name] ?? 0, Self.doublings)
        var window = settings.departureWindow * (1 << failures)
        // Members keep one former context: while it receives, only an eviction takes it away.
        if due?.evicts != true {
            window = max(window, .seconds(Int64(clamping: record.latestRekeying.overlap)))
        }
        return made.advanced(by: window)
    }

    /// The wall clock may be set: it is looked at once an hour.
    private static let longestWait: UInt64 = 3_600
    /// A minute, with a window of a second.
    private static let doublings = 6
}
