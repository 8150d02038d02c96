import Foundation

/// A power failure for the databases of a program: `Tests/PowerCut/power_cut.c` keeps beside each file of SQLite what was
/// not synchronized yet, and ``cut(_:)`` takes that back.
///
///     process.environment = try PowerCut.environment()
///     // … SIGKILL, waitUntilExit …
///     try PowerCut.cut(stateDirectory)
///
/// The program must use the system's libsqlite3. What it writes without SQLite is not looked at.
public enum PowerCut: Sendable {
    /// What a power failure has taken.
    public struct Loss: Hashable, Sendable {
        /// Writes and truncations that were not synchronized.
        public var writes = 0
        /// Files that were made, and whose folder was not synchronized since.
        public var files = 0
        /// Deletions after which the folder was not synchronized.
        public var deletions = 0
        /// Files that were written below the layer: none if it was not loaded.
        public var watchedFiles = 0

        /// Nothing.
        public init() {}

        public static func += (sum: inout Loss, other: Loss) {
            sum.writes += other.writes
            sum.files += other.files
            sum.deletions += other.deletions
            sum.watchedFiles += other.watchedFiles
        }
    }

    /// This process's environment, with the layer loaded into a program that is started with it.
    public static func environment() throws -> [String: String] {
        var result = ProcessInfo.processInfo.environment
        let others = result["LD_PRELOAD"].map { ":" + $0 } ?? ""
        result["LD_PRELOAD"] = try library.get() + others
        return result
    }

    /// Cuts the power of the databases in a folder and all folders in it. All processes that used them must be dead.
    @discardableResult
    public static func cut(_ folder: String) throws -> Loss {
        var loss = Loss()
        for path in try files(below: folder, ending: deleted) {
            let original = String(path.dropLast(deleted.count))
            for suffix in ["", undo, created] { try removeIfPresent(original + suffix) }
            try FileManager.default.moveItem(atPath: path, toPath: original)
            if FileManager.default.fileExists(atPath: path + undo) {
                try FileManager.default.moveItem(atPath: path + undo, toPath: original + undo)
            }
            loss.deletions += 1
        }
        for path in try files(below: folder, ending: created) {
            let original = String(path.dropLast(created.count))
            if FileManager.default.fileExists(atPath: original) { loss.files += 1 }
            for suffix in ["", undo, created] { try removeIfPresent(original + suffix) }
        }
        for path in try files(below: folder, ending: undo) {
            let original = String(path.dropLast(undo.count))
            loss.watchedFiles += 1
            if FileManager.default.fileExists(atPath: original) {
                loss.writes += try UndoRecord.takeBack(UndoRecord.all(in: path), from: original)
            }
            try removeIfPresent(path)
        }
        for path in try files(below: folder, ending: "-shm") { try removeIfPresent(path) }
        return loss
    }

    private static let undo = ".power-undo"
    private static let created = ".power-created"
    private static let deleted = ".power-deleted"

    private static func files(below folder: String, ending suffix: String) throws -> [String] {
        guard let walk = FileManager.default.enumerator(atPath: folder) else { throw CocoaError(.fileNoSuchFile) }
        return walk.compactMap { $0 as? String }.filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0)" }.sorted()
    }

    private static func removeIfPresent(_ path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        try FileManager.default.removeItem(atPath: path)
    }

    /// The layer, compiled once a process, beside the test program.
    private static let library = Result { try compile() }

    private static func compile() throws -> String {
        let source = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "PowerCut/power_cut.c")
        let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        let library = program.deletingLastPathComponent().appending(path: "power_cut.so")
        // Another run may be using that, or making it.
        let fresh = library.path + ".\(getpid())"
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        // The compiler that Swift brings.
        process.arguments = [
            "clang", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", "-o", fresh, source.path, "-lsqlite3",
        ]
        let pipe = Pipe()
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw NoPowerCut(reason: output) }
        guard rename(fresh, library.path) == 0 else { throw NoPowerCut(reason: "\(library.path): \(errno)") }
        return try loadable(library.path)
    }

    /// The same under a name that can stand in LD_PRELOAD, which ends at blanks and colons.
    private static func loadable(_ path: String) throws -> String {
        guard path.contains(where: { $0 == ":" || $0.isWhitespace }) else { return path }
        unlink(link)
        guard symlink(path, link) == 0 else { throw NoPowerCut(reason: "\(link): \(errno)") }
        atexit { unlink(PowerCut.link) }
        return link
    }

    private static let link = "/tmp/gosc-power-cut-\(getpid()).so"
}

/// The layer under SQLite could not be made, or what it left is not what it writes.
public struct NoPowerCut: Error {
    public let reason: String
}
