import Foundation
import TestSupport
import Testing

/// Random histories in which every commit fails before it succeeds.
struct FailureHistoryTests {
    /// Of one history, not counting what was not possible.
    private static let operations = 1_000
    /// Three unless `GOSC_HISTORIES` says how many, or `GOSC_SEED` which one; `scripts/soak histories` makes a hundred, which are
    /// 100,000 operations.
    private static let seeds: ClosedRange<UInt64> = {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["GOSC_SEED"].flatMap({ UInt64($0) }) { return seed...seed }
        return 1...max(environment["GOSC_HISTORIES"].flatMap { UInt64($0) } ?? 3, 1)
    }()

    /// No Gid has two keys, and no Sender ID of a Gid two owners; versions grow; stale sets are whole and no more than there may
    /// be; whoever is out is told no keys and knows none that are in use; no number of the manager is used twice; and the
    /// engine's memory is what the store holds.
    @Test(
        .requirement("GM-0346", "GM-0369", "GM-0394", "GM-0395", "GM-0396", "GM-0493", "GM-0495"), arguments: seeds)
    func nothingComesTwiceAndNobodyComesBackHoweverCommitsFail(seed: UInt64) throws {
        var history = try FailureHistory(seed: seed)
        while history.operations < Self.operations, history.ledger.violations.isEmpty { try history.step() }
        let operations = history.operations
        try history.close()
        #expect(history.ledger.violations == [], "seed \(seed)")
        // A history in which nothing happens proves nothing.
        for what in FailureHistory.Happening.allCases {
            #expect(history.happened[what] ?? 0 > 0, "seed \(seed): \(what)")
        }
        #expect(history.ledger.messages > 500 && history.ledger.groupIDCount > 100, "seed \(seed)")
        print("history \(seed): \(operations) operations, \(history.summary)")
    }
}
