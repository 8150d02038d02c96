import Foundation
import TestSupport
import Testing

/// Where the tests note what came of their cells. Each runs in a process of its own, in its namespace, so it is a file.
enum CellRecord {
    private static let variable = "GOSC_INTEROP_CELLS"

    private struct Line: Codable {
        let cell: GroupCells.Cell
        let outcome: GroupCells.Outcome
    }

    /// Notes an outcome, and fails the test if another one is expected.
    static func note(
        _ cell: GroupCells.Cell, isVerified: Bool, isTwinRefused: Bool, _ evidence: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let expected = GroupCells.expected(cell)
        let outcome = isVerified && isTwinRefused ? expected : .failed
        let name = "\(cell.direction.rawValue) \(cell.exchange.rawValue) \(cell.pair.rawValue)"
        #expect(isVerified, "\(name): no verified response: \(evidence)", sourceLocation: sourceLocation)
        #expect(isTwinRefused, "\(name): wrong credential not noticed: \(evidence)", sourceLocation: sourceLocation)
        guard let path = ProcessInfo.processInfo.environment[variable],
            let file = FileHandle(forWritingAtPath: path)
        else { return }
        defer { try? file.close() }
        try file.seekToEnd()
        try file.write(contentsOf: JSONEncoder().encode(Line(cell: cell, outcome: outcome)) + Data("\n".utf8))
    }

    /// Prints the table of what the tests of a suite have noted, after the last of them.
    struct Printed: SuiteTrait, TestScoping {
        func provideScope(
            for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
        ) async throws {
            guard !NetworkNamespace.isInside else { return try await function() }
            let file = FileManager.default.temporaryDirectory.appending(path: "gosc-cells-\(UUID().uuidString)")
            try Data().write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            setenv(CellRecord.variable, file.path, 1)
            defer { unsetenv(CellRecord.variable) }
            try await function()
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
                .map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
            let outcomes = Dictionary(lines.map { ($0.cell, $0.outcome) }) { $1 }
            print("Group OSCORE with aiocoap:\n\(GroupCells.table(outcomes))")
        }
    }
}

extension Trait where Self == CellRecord.Printed {
    /// Prints the table of cells after the suite.
    static var printingCells: Self { Self() }
}
