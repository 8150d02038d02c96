import Foundation
import Testing

/// The files of this checkout and what `scripts/test` recorded about it.
enum Checkout {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The Swift sources of a target, in a stable order.
    static func swiftFiles(of target: String) throws -> [URL] {
        let folder = root.appending(path: target == "TestSupport" ? "Tests/TestSupport" : "Sources/\(target)")
        guard let walk = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) else {
            throw CocoaError(.fileNoSuchFile)
        }
        return walk.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.sorted { $0.path < $1.path }
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
