import ACEGroupcomm

extension GroupState {
    // GM-0323, GM-0324
    /// Why the group needs new keys at a moment; `nil` if it does not.
    ///
    /// - Parameter now: In seconds since 1970.
    func rekeyingReason(at now: UInt64) -> DueRekeying? {
        if let due = record.dueRekeying { return due }
        return ageLimit <= now ? DueRekeying(since: ageLimit, evicts: false) : nil
    }

    /// When the keys are old: after the interval that the administrator wants, and well before they expire. In seconds since
    /// 1970.
    var ageLimit: UInt64 {
        let made = record.latestRekeying.at
        let lifetime = record.expiration - min(made, record.expiration)
        let margin = min(lifetime / Self.marginPart, Self.longestMargin)
        let (next, isNever) = made.addingReportingOverflow(max(record.rekeyingPolicy.interval ?? .max, 1))
        return isNever ? record.expiration - margin : min(record.expiration - margin, next)
    }

    /// A tenth of their lifetime before they expire, and a day at most: everybody has to hear of the new ones.
    private static let marginPart: UInt64 = 10
    private static let longestMargin: UInt64 = 86_400
}
