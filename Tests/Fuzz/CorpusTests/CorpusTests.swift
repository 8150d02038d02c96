import Foundation
import Testing

/// Every kept input of every fuzz target, with the properties that `scripts/fuzz` checks: seeds from the vectors, and what
/// fuzzing has found.
struct CorpusTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Corpus")

    @Test(arguments: FuzzTarget.allCases)
    func everyKeptInputKeepsTheProperties(target: FuzzTarget) throws {
        let files = try FileManager.default.contentsOfDirectory(
            at: Self.folder.appending(path: target.rawValue), includingPropertiesForKeys: nil)
        try #require(files.count >= 5)
        let checks = try FuzzChecks()
        for file in files {
            let input = [UInt8](try Data(contentsOf: file))
            let violation = checks.violation(of: target, by: input.span)
            #expect(violation == nil, "\(target.rawValue)/\(file.lastPathComponent)")
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
        ]
        for (pair, name) in genuine {
            let input = [UInt8](try Data(contentsOf: Self.folder.appending(path: name)))
            let body = Array(input.dropFirst())
            let outcome = pair.verifyRequest(body.span)
            guard case .verified = outcome else {
                Issue.record("\(name): \(outcome)")
                continue
            }
        }
    }
}
