import Foundation
import Testing

/// The files of this checkout and what `scripts/test` recorded about it.
enum Checkout {
    static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Where the targets are that do not stand in `Sources`.
    private static let folders = [
        "TestSupport": "Tests/TestSupport", "gosc-plugtest": "Tests/Plugtest",
        "gosc-power-cut": "Tests/PowerCut/Writer", "gosc-join-benchmark": "Tests/Benchmarks/JoinBenchmark",
    ]

    /// The Swift sources of a target, in a stable order.
    static func swiftFiles(of target: String) throws -> [URL] {
        try swiftFiles(below: folders[target] ?? "Sources/\(target)")
    }

    /// The Swift sources below a folder of the checkout, in a stable order.
    static func swiftFiles(below folder: String) throws -> [URL] {
        let folder = root.appending(path: folder)
        guard let walk = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) else {
            throw CocoaError(.fileNoSuchFile)
        }
        return walk.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.sorted { $0.path < $1.path }
    }

    /// A path as seen from the root of the checkout.
    static func relativePath(of file: URL) -> String {
        String(file.path.dropFirst(root.path.count + 1))
    }

    /// The text of a file of the checkout.
    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    static let recordingReason: Comment = "made by scripts/test, which records the package beforehand"

    static func isRecorded(_ variable: String) -> Bool {
        ProcessInfo.processInfo.environment[variable] != nil
    }

    /// Decodes the file whose path is in an environment variable.
    static func recorded<Value: Decodable>(_ variable: String, as type: Value.Type = Value.self) throws -> Value {
        guard let path = ProcessInfo.processInfo.environment[variable] else { throw CocoaError(.fileNoSuchFile) }
        return try JSONDecoder().decode(type, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }
}
