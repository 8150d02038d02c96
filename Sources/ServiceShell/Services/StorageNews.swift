import GroupManager
import Persistence
import Synchronization

/// What an operator should know of the disk. Said once when it begins and once when it is over, not for each request that is
/// refused meanwhile.
public enum StorageNews: Hashable, Sendable {
    /// Nothing can be written any more: which file, and why.
    case fails(String)
    /// The first change since then is on the disk.
    case worksAgain(file: String)
}

/// Makes news of how one file does.
final class StorageWatch: Sendable {
    private let file: String
    private let report: @Sendable (StorageNews) -> Void
    private let latest = Mutex<String?>(nil)

    /// - Parameter file: Its name for the operator.
    init(of file: String, report: @escaping @Sendable (StorageNews) -> Void) {
        self.file = file
        self.report = report
    }

    /// Something could not be written.
    func failed(_ cause: String) {
        let isKnown = latest.withLock { latest in
            defer { latest = cause }
            return latest == cause
        }
        if !isKnown { report(.fails(cause)) }
    }

    /// Something was written.
    func succeeded() {
        let hadFailed = latest.withLock { latest in
            defer { latest = nil }
            return latest != nil
        }
        if hadFailed { report(.worksAgain(file: file)) }
    }
}

/// A store that is watched.
struct WatchedGroupStore: GroupStore {
    let store: any GroupStore
    let watch: StorageWatch

    func load() throws(StoreError) -> ManagerSnapshot { try store.load() }

    func apply(_ changes: ManagerChangeSet) throws(GroupStoreFailure) {
        do throws(GroupStoreFailure) {
            try store.apply(changes)
            watch.succeeded()
        } catch {
            watch.failed(error.cause)
            throw error
        }
    }
}

extension GroupStoreFailure {
    /// In words, for the operator.
    var cause: String {
        switch self {
        case .storage(let error): error.description
        case .guardFailed(let error): "the database holds something else than the manager believes (\(error))"
        }
    }
}
