import Foundation
import Glibc

/// The one directory of a demo without namespaces.
enum TemporaryDirectory {
    /// Makes a directory for this user only, below `$TMPDIR`.
    static func make() throws(DemoError) -> String {
        let parent = ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        let template = "\(parent)/gosc-demo-XXXXXX"
        guard let path = mkdtemp(strdup(template)) else {
            throw DemoError("cannot make a directory in \(parent): \(systemText(errno))")
        }
        defer { free(path) }
        return String(cString: path)
    }

    /// Removes it with everything in it.
    static func remove(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }
}
