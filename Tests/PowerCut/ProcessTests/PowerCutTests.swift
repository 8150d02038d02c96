import Foundation
import GroupManager
import TestSupport
import Testing

@testable import Persistence
@testable import gosc_power_cut

/// Commits that were acknowledged, and the power that fails.
@Suite(.serialized)
final class PowerCutTests {
    private let folder = URL.temporaryDirectory.appending(path: "gosc-power-\(UUID().uuidString)").path
    private var model = ManagerState()
    private var modelCount = 0

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    @Test(.requirement("GM-0495", "GM-0395", "OSC-0108"))
    func acknowledgedCommitsSurviveAHundredPowerFailures() throws {
        var random = SeededGenerator(seed: 1)
        var loss = PowerCut.Loss()
        var round = 0
        // The log comes round at least once: what is in it is moved to the database and overwritten.
        while try round < 100 || round < 400 && databaseSize() < 100_000 {
            // Half of them while it starts or soon after, half while it commits.
            let isCommitting = !round.isMultiple(of: 2)
            let acknowledged = try run(
                for: .random(in: 0..<80_000, using: &random), afterFirstCommit: isCommitting)
            loss += try PowerCut.cut(folder)
            // The one that was under way may have made it; it is there whole or not at all.
            let present = try countOfWholeCommits("round \(round)")
            let expected = acknowledged.map { $0 + 1 } ?? modelCount
            #expect(present == expected || present == expected + 1, "round \(round)")
            try advanceModel(to: present)
            round += 1
        }
        // Otherwise no power was cut.
        #expect(loss.watchedFiles > 50 && loss.writes > 100)
        #expect(try databaseSize() >= 100_000)
    }

    @Test(.requirement("GM-0495"))
    func deletionOfTheLogMayBeForgotten() throws {
        for round in 1...3 {
            let acknowledged = try #require(try run(commits: 20))
            let loss = try PowerCut.cut(folder)
            #expect(loss.deletions == 1)
            #expect(try countOfWholeCommits("round \(round)") == acknowledged + 1)
            #expect(acknowledged + 1 == 20 * round)
        }
    }

    #if GOSC_TEST_GUARDS
        @Test func commitsThatDoNotWaitForTheDiskAreLost() throws {
            var random = SeededGenerator(seed: 2)
            _ = try run(for: 0, afterFirstCommit: true)
            try PowerCut.cut(folder)
            try advanceModel(to: countOfWholeCommits("start"))
            for round in 0..<10 {
                let acknowledged = try run(
                    for: .random(in: 0..<50_000, using: &random), afterFirstCommit: true,
                    ["GOSC_GUARDS_OFF": "durability"])
                try PowerCut.cut(folder)
                let present = try countOfWholeCommits("round \(round)")
                #expect(try #require(acknowledged) + 1 > present, "round \(round)")
                try advanceModel(to: present)
            }
        }

        @Test func processThatOnlyDiesLosesNothing() throws {
            let acknowledged = try run(
                for: 20_000, afterFirstCommit: true, ["GOSC_GUARDS_OFF": "durability"])
            #expect(try countOfWholeCommits("killed") > #require(acknowledged))
        }
    #endif

    @Test func layerLeavesNothingWhereItIsToldTo() throws {
        _ = try run(for: 20_000, afterFirstCommit: true, ["GOSC_POWER_CUT": "off"])
        #expect(try PowerCut.cut(folder) == PowerCut.Loss())
        #expect(try countOfWholeCommits("off") > 0)
    }

    /// Starts the writer and kills it after so many microseconds, counted from its start or from its first commit.
    ///
    /// - Returns: The last number that it has printed.
    private func run(
        for microseconds: UInt32, afterFirstCommit: Bool, _ extra: [String: String] = [:]
    ) throws -> Int? {
        let (process, output) = try start([folder], extra)
        var text = afterFirstCommit ? output.availableData : Data()
        usleep(microseconds)
        kill(process.processIdentifier, SIGKILL)
        text += output.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationReason == .uncaughtSignal, "the writer has ended by itself")
        return Self.lastNumber(text)
    }

    /// Has the writer make so many commits and close its store.
    private func run(commits: Int) throws -> Int? {
        let (process, output) = try start([folder, "\(commits)"], [:])
        let text = output.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return Self.lastNumber(text)
    }

    private func start(_ arguments: [String], _ extra: [String: String]) throws -> (Process, FileHandle) {
        let process = Process()
        let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.executableURL = program.deletingLastPathComponent().appending(path: "gosc-power-cut")
        process.arguments = arguments
        process.environment = try PowerCut.environment().merging(extra) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        return (process, pipe.fileHandleForReading)
    }

    /// In bytes, without the log.
    private func databaseSize() throws -> Int {
        let database = try FileManager.default.attributesOfItem(atPath: "\(folder)/gosc.sqlite")
        return (database[.size] as? NSNumber)?.intValue ?? 0
    }

    private static func lastNumber(_ output: Data) -> Int? {
        String(decoding: output, as: UTF8.self).split(separator: "\n").last.flatMap { Int($0) }
    }

    /// How many commits the store holds: just these and nothing of another.
    ///
    /// Looks at a copy, so that the writer goes on with what the failure has left, log and all.
    private func countOfWholeCommits(_ comment: String) throws -> Int {
        let copy = "\(folder)-copy"
        try FileManager.default.copyItem(atPath: folder, toPath: copy)
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let store = try SQLiteGroupStore(directory: copy, key: Workload.key(), mayCreate: true)
        let state = try ManagerState(loading: store.loadAnyway())
        let count = Workload.count(in: state.snapshot)
        var expected = model
        guard count >= modelCount else { return count }
        for number in modelCount..<count { try expected.apply(Workload.changes(number)) }
        #expect(state == expected, "\(comment)")
        return count
    }

    private func advanceModel(to count: Int) throws {
        if count < modelCount { (model, modelCount) = (ManagerState(), 0) }
        for number in modelCount..<count { try model.apply(Workload.changes(number)) }
        modelCount = count
    }
}
