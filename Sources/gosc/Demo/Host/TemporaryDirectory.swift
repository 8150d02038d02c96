import Foundation
import Glibc

/// The one directory of a demo without namespaces.
enum TemporaryDirectory {
    /// Makes a directory for this user only, below `$TMPDIR`.
    static func make() throws(DemoError) -> String {
        let parent = ProcessInfo.processInfo.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        let template = "\(parent)/gosc-demo-XXXXXX"
        var path = Array(template.utf8CString)
        guard mkdtemp(&path) != nil else {
            throw DemoError("cannot make a directory in \(parent): \(systemText(errno))")
        }
        return template.prefix(template.count - 6)
            + String(decoding: path.suffix(7).prefix(6).map(UInt8.init), as: UTF8.self)
    }

    /// Removes it with everything in it, also if something is still written into it.
    static func remove(_ path: String) {
        for _ in 0..<20 where access(path, F_OK) == 0 {
            if (try? FileManager.default.removeItem(atPath: path)) == nil { usleep(10_000) }
        }
    }
}
