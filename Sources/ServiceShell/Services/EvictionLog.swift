import Glibc
import Persistence

/// The eviction log of a manager that runs: a file that the operator names, and a line in the state directory that says so.
enum EvictionLog {
    /// Opens the log that the operator wants; says what is amiss.
    ///
    /// - Returns: `nil` if none is wanted.
    static func open(
        _ path: String?, in directory: StateDirectory, notice: (String) -> Void
    ) throws(ServiceError) -> DepartureJournal? {
        let former = former(in: directory)
        guard let path else {
            if let former {
                notice(
                    "earlier runs have kept an eviction log, \(former), and this one does not (--eviction-log): whoever is evicted or leaves "
                        + "now would be let in again by a restore")
            }
            return nil
        }
        let journal: DepartureJournal
        do throws(StoreError) {
            journal = try DepartureJournal(path: path)
        } catch {
            throw ServiceError(evictionLog: path, error)
        }
        let place = resolved(path)
        if let folder = resolvedIfThere(directory.path), place.hasPrefix(folder + "/") {
            notice(
                "the eviction log \(path) is in the state directory and would be lost with it; name a file on another disk"
            )
        }
        if let former, former != place {
            notice(
                "the eviction log is \(place) now and was \(former) before: for 'gosc manager restore' put both into one file"
            )
        }
        if former != place { keep(place, in: directory) }
        return journal
    }

    /// Which log the latest run has kept; `nil` if none.
    private static func former(in directory: StateDirectory) -> String? {
        let descriptor = openat(directory.descriptor, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = read(descriptor, &bytes, bytes.count)
        let line = bytes[..<max(count, 0)].prefix { $0 != UInt8(ascii: "\n") }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }

    /// Where it cannot be written, nobody is reminded: no reason not to run.
    private static func keep(_ path: String, in directory: StateDirectory) {
        let descriptor = openat(
            directory.descriptor, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let line = Array("\(path)\n".utf8)
        _ = write(descriptor, line, line.count)
    }

    private static func resolved(_ path: String) -> String { resolvedIfThere(path) ?? path }

    /// Without symbolic links, and from the root.
    private static func resolvedIfThere(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }

    private static let name = "eviction-log"
}

extension ServiceError {
    /// A log that cannot be kept: each cause has its own words.
    fileprivate init(evictionLog path: String, _ error: StoreError) {
        switch error {
        case .damaged(_, let part):
            self.init(
                .configuration, "\(path) is no eviction log, or a damaged one (\(part)); nothing of it was changed",
                hint: "name another file, or put a sound copy there")
        case .exposed:
            self.init(
                .configuration, "the eviction log \(path) is open to other users", hint: "run: chmod 600 \(path)")
        case .unusable(_, let code):
            self.init(
                code == EACCES || code == EPERM ? .notAuthorised : .storage,
                "the eviction log \(path) cannot be written: \(error.reason ?? "")", hint: "name another file")
        default:
            self.init(error)
        }
    }
}
