import Glibc

/// What a state directory remembers of the eviction log of its manager.
///
/// A file of two lines: the path, and how many bytes there were. It is written behind the log, so it never says too much.
struct EvictionLogNote: Hashable, Sendable {
    /// Where the latest run has kept the log: from the root, without symbolic links.
    let path: String
    /// How long the log was at least, in bytes; 0 if that was not written down.
    let size: Int

    init(path: String, size: Int) {
        self.path = path
        self.size = size
    }

    /// - Returns: `nil` if no run has kept a log.
    init?(in directory: StateDirectory) {
        let descriptor = openat(directory.descriptor, Self.name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX) + 32)
        let count = read(descriptor, &bytes, bytes.count)
        let lines = bytes[..<max(count, 0)].split(separator: UInt8(ascii: "\n"))
        guard let first = lines.first else { return nil }
        path = String(decoding: first, as: UTF8.self)
        size = lines.dropFirst().first.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
    }

    /// Takes the place of the former note. Where that cannot be written, nobody is reminded: no reason not to run.
    func keep(in directory: StateDirectory) {
        let draft = "\(Self.name).new"
        let descriptor = openat(
            directory.descriptor, draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let lines = Array("\(path)\n\(size)\n".utf8)
        if write(descriptor, lines, lines.count) == lines.count,
            renameat(directory.descriptor, draft, directory.descriptor, Self.name) == 0
        {
            return
        }
        unlinkat(directory.descriptor, draft, 0)
    }

    /// Refuses a log that has become shorter, or is not there any more: whoever went on with it would let in again whom it named.
    ///
    /// - Parameter log: The log that is wanted now. Another one than this is none of its business.
    func check(_ log: String, in directory: StateDirectory) throws(ServiceError) {
        var status = stat()
        guard stat(log, &status) == 0 else {
            // A link to nothing was one to something: an empty file would be made there.
            guard errno == ENOENT, Self.place(of: log) == path || isLink(log) else { return }
            throw lost("the eviction log \(log), which earlier runs have kept, is not there any more", directory)
        }
        guard status.st_size < size, Self.place(of: log) == path else { return }
        throw lost(
            "the eviction log \(log) had \(size) bytes and has \(status.st_size) now: lines are missing", directory)
    }

    private func lost(_ what: String, _ directory: StateDirectory) -> ServiceError {
        ServiceError(
            .configuration,
            "\(what), and a restore without them would let in again whoever was evicted since the backup",
            hint:
                "put it back (is its disk mounted?); if it is lost, remove \(directory.path)/\(Self.name), which remembers it"
        )
    }

    private func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    /// A path from the root and without symbolic links, also of a file that is not there but could be.
    static func place(of path: String) -> String {
        if let place = resolved(path) { return place }
        guard let slash = path.lastIndex(of: "/") else { return resolved(".").map { "\($0)/\(path)" } ?? path }
        let folder = slash == path.startIndex ? "/" : String(path[..<slash])
        return resolved(folder).map { "\($0 == "/" ? "" : $0)\(path[slash...])" } ?? path
    }

    /// `nil` if nothing is there.
    static func resolved(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }

    private static let name = "eviction-log"
}
