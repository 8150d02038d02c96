import Foundation
import TestSupport
import Testing

/// Random histories in which every commit fails before it succeeds.
struct FailureHistoryTests {
    /// Of one history.
    private static let operations = 1_000
    /// Eight unless `GOSC_HISTORIES` says how many; `scripts/histories` makes a hundred, which are 100,000 operations.
    private static let seeds: ClosedRange<UInt64> =
        1...max(ProcessInfo.processInfo.environment["GOSC_HISTORIES"].flatMap { UInt64($0) } ?? 8, 1)

    /// No Gid has two keys, and no Sender ID of a Gid two owners; versions grow; stale sets are whole and no more than there may
    /// be; whoever is out is told no keys and knows none that are in use; no number of the manager is used twice; and the
    /// engine's memory is what the store holds.
    @Test(
        .requirement("GM-0346", "GM-0369", "GM-0394", "GM-0395", "GM-0396", "GM-0493", "GM-0495"), arguments: seeds)
    func nothingComesTwiceAndNobodyComesBackHoweverCommitsFail(seed: UInt64) throws {
        var history = try FailureHistory(seed: seed)
        for _ in 0..<Self.operations {
            try history.step()
            guard history.ledger.violations.isEmpty else { break }
        }
        try history.close()
        #expect(history.ledger.violations == [], "seed \(seed)")
        // A history in which nothing happens proves nothing.
        for what in FailureHistory.Happening.allCases {
            #expect(history.happened[what] ?? 0 > 2, "seed \(seed): \(what)")
        }
        #expect(history.ledger.messages > 2_000 && history.ledger.groupIDCount > 100, "seed \(seed)")
    }
}
