import Foundation
import Testing

/// Every kept input of every fuzz target, with the properties that `scripts/fuzz` checks: seeds from the vectors, and what
/// fuzzing has found.
struct CorpusTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Corpus")

    /// One kept input, by folder and name.
    static func input(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appending(path: name)))
    }

    /// All kept inputs of one target.
    static func inputs(of target: String) throws -> [(name: String, input: [UInt8])] {
        try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: target).path).sorted().map {
            ($0, try input("\(target)/\($0)"))
        }
    }

    @Test(arguments: FuzzTarget.allCases)
    func everyKeptInputKeepsTheProperties(target: FuzzTarget) throws {
        let inputs = try Self.inputs(of: target.rawValue)
        try #require(inputs.count >= 5)
        let checks = try FuzzChecks()
        for (name, input) in inputs {
            let violation = checks.violation(of: target, by: input.span)
            #expect(violation == nil, "\(target.rawValue)/\(name)")
        }
    }

    /// A corpus without a target, or a file beside the folders, would never be read.
    @Test func everyFolderBelongsToATarget() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(names) == Set(FuzzTarget.allCases.map(\.rawValue)))
    }

    /// Genuine messages among the seeds must get through, or nothing behind the cryptography would be tested.
    @Test func theProtectedSeedsOfTheVectorsAreGenuine() throws {
        let genuine: [(any ProtectedPair, String)] = [
            (try OSCOREPair(), "unprotect/C.4-request"), (try GroupPair(), "unprotect-group/group-request-piv0"),
            (try GroupPair(isPairwise: true), "unprotect-pairwise/pairwise-request"),
        ]
        for (pair, name) in genuine {
            let body = Array(try Self.input(name).dropFirst())
            let outcome = pair.verifyRequest(body.span)
            guard case .verified = outcome else {
                Issue.record("\(name): \(outcome)")
                continue
            }
        }
    }
}
