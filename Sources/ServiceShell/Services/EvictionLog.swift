import Glibc
import GroupManager
import Persistence

/// The eviction log of a manager that runs: a file that the operator names, and a note of it in the state directory.
struct EvictionLog: Sendable {
    private let journal: DepartureJournal
    private let place: String
    private let directory: StateDirectory

    /// As the operator names it.
    var path: String { journal.path }

    /// Writes departures down; when it throws, nothing of them counts.
    func append(_ entries: [DepartureEntry]) throws(StoreError) {
        try journal.append(entries)
        remember()
    }

    private func remember() { EvictionLogNote(path: place, size: journal.size).keep(in: directory) }

    /// Opens the log that the operator wants; says what is amiss.
    ///
    /// - Returns: `nil` if none is wanted.
    /// - Throws: ``ServiceError``, among others for a log that is not what it was in earlier runs.
    static func open(
        _ path: String?, in directory: StateDirectory, notice: (String) -> Void
    ) throws(ServiceError) -> EvictionLog? {
        let former = EvictionLogNote(in: directory)
        guard let path else {
            if let former {
                notice(
                    "earlier runs have kept an eviction log, \(former.path), and this one does not (--eviction-log): whoever is evicted or leaves "
                        + "now would be let in again by a restore")
            }
            return nil
        }
        // Before it is opened, which would begin a new one.
        try former?.check(path, in: directory)
        let journal: DepartureJournal
        do throws(StoreError) {
            journal = try DepartureJournal(path: path)
        } catch {
            throw ServiceError(evictionLog: path, error)
        }
        let log = EvictionLog(journal: journal, place: EvictionLogNote.place(of: path), directory: directory)
        if let folder = EvictionLogNote.resolved(directory.path), log.place.hasPrefix(folder + "/") {
            notice(
                "the eviction log \(path) is in the state directory and would be lost with it; name a file on another disk"
            )
        }
        if let former, former.path != log.place {
            notice(
                "the eviction log is \(log.place) now and was \(former.path) before: for 'gosc manager restore' put both into one file"
            )
        }
        log.remember()
        return log
    }
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
