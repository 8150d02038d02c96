public import CryptoPrimitives
internal import GRDB
internal import Glibc
public import GroupManager

// GM-0396
/// A manager's database on its way to be used again.
///
/// A backup becomes a database of its own first, under another name and with everything that a restore changes; only then
/// does it take its place. So whatever happens meanwhile, what lies there is what was there before, nothing, or restored.
public final class ManagerRestoration {
    /// How far the database has come; each step is durable.
    package enum Step: CaseIterable, Sendable {
        case copied, changed, formerSetAside, formerLogSetAside, inPlace
    }

    /// What it holds.
    public let snapshot: ManagerSnapshot
    /// Whether this very file was restored, and only the decision is missing.
    public let isBegun: Bool
    /// Whether one sees that it went back: it is a backup or a copy, or its restore has begun. Of any other database only the operator
    /// can know.
    public let showsIt: Bool
    private let store: SQLiteGroupStore
    private let directory: String
    private let isBackup: Bool
    private let observe: (Step) -> Void

    /// Opens what is to be restored; nothing that is there is changed, but for steps of the schema.
    ///
    /// - Parameters:
    ///   - directory: The state directory, which this process holds the lock of.
    ///   - backup: The file to put there; `nil` for the database that is there.
    ///   - replaces: Whether a database that is there may be set aside.
    ///   - key: What secrets are sealed under.
    public convenience init(
        directory: String, backup: String?, replaces: Bool, key: consuming SealingKey
    ) throws(StoreError) {
        try self.init(directory: directory, backup: backup, replaces: replaces, key: key) { _ in }
    }

    /// - Parameter observe: Is told of each step, for tests.
    package init(
        directory: String, backup: String?, replaces: Bool, key: consuming SealingKey,
        observe: @escaping (Step) -> Void
    ) throws(StoreError) {
        self.directory = directory
        self.observe = observe
        isBackup = backup != nil
        if let backup { try Self.copy(backup, into: directory, replaces: replaces) }
        observe(.copied)
        do throws(StoreError) {
            let file = try StoreFile(
                directory: directory, name: backup == nil ? StoreFile.name : Self.draft, schema: .manager, key: key,
                mayCreate: false)
            try file.requireIntegrity()
            store = SQLiteGroupStore(file)
            snapshot = try store.loadAnyway()
            isBegun = !isBackup && !file.isCopy && snapshot.pendingRestore != nil
            showsIt = isBackup || file.isCopy || snapshot.pendingRestore != nil
        } catch {
            guard let backup else { throw error }
            DatabaseCopy.remove("\(directory)/\(Self.draft)")
            if case .unusable = error { throw error }
            // What is wrong is wrong with the backup; the draft is a copy of it.
            throw error.at(backup)
        }
    }

    /// Makes the restore durable in one step, and puts the database into its place.
    ///
    /// - Parameters:
    ///   - writes: What the restore changes.
    ///   - time: Part of the name that a former database gets.
    /// - Throws: ``StoreError``; then nothing may be served, or what was there before.
    /// - Returns: Where the former database is now; `nil` if there was none.
    public func finish(_ writes: [ManagerWrite], at time: String) throws(StoreError) -> String? {
        try store.restore(writes)
        try store.file.close()
        observe(.changed)
        guard isBackup else { return nil }
        let path = "\(directory)/\(StoreFile.name)"
        let aside = try setAside(path, at: time)
        try Self.rename("\(directory)/\(Self.draft)", to: path)
        try StoreFile.syncFolder(of: path)
        observe(.inPlace)
        return aside
    }

    /// Leaves everything as it was.
    public func abandon() {
        try? store.file.close()
        if isBackup { DatabaseCopy.remove("\(directory)/\(Self.draft)") }
    }

    private static func copy(_ backup: String, into directory: String, replaces: Bool) throws(StoreError) {
        let path = "\(directory)/\(StoreFile.name)"
        guard try StoreFile.size(of: backup) ?? 0 > 0 else { throw .missing(path: backup) }
        if try StoreFile.size(of: path) ?? 0 > 0 {
            guard replaces else { throw .exists(path: path) }
            // What is damaged may be replaced, what belongs to somebody else may not.
            if let role = try? StoreFile.role(in: directory), role != .manager {
                throw .wrongRole(path: path, found: role.rawValue, expected: .manager)
            }
        }
        let draft = "\(directory)/\(Self.draft)"
        DatabaseCopy.remove(draft)
        do throws(StoreError) {
            try StoreFile.translating(backup) {
                let queue = try StoreProbe.open(backup)
                defer { try? queue.close() }
                try DatabaseCopy.write(queue, to: draft)
            }
        } catch {
            DatabaseCopy.remove(draft)
            throw error
        }
    }

    /// Moves a database with its log. The database goes first: without its log it would be an earlier one that looks sound,
    /// and the log without its database is refused.
    private func setAside(_ path: String, at time: String) throws(StoreError) -> String? {
        var aside = "\(path).replaced-\(time)"
        var number = 2
        while access(aside, F_OK) == 0 || access("\(aside)-wal", F_OK) == 0 {
            aside = "\(path).replaced-\(time)-\(number)"
            number += 1
        }
        let isThere = access(path, F_OK) == 0
        if isThere { try Self.rename(path, to: aside) }
        observe(.formerSetAside)
        // Also what an attempt before this one has left behind.
        if access("\(path)-wal", F_OK) == 0 { try Self.rename("\(path)-wal", to: "\(aside)-wal") }
        unlink("\(path)-shm")
        try StoreFile.syncFolder(of: path)
        observe(.formerLogSetAside)
        return isThere ? aside : nil
    }

    private static func rename(_ path: String, to other: String) throws(StoreError) {
        guard Glibc.rename(path, other) == 0 else { throw .unusable(path: path, code: errno) }
    }

    private static let draft = "\(StoreFile.name).restoring"
}

extension SQLiteGroupStore {
    /// Applies the writes of a restore in one step; a copy is the original from then on.
    fileprivate func restore(_ writes: [ManagerWrite]) throws(StoreError) {
        try file.change { db in
            let tables = ManagerTables(db: db, sealing: file.sealing)
            for write in writes {
                do {
                    try tables.apply(write)
                } catch is ManagerWriteError {
                    throw StoreError.damaged(path: file.path, part: "records")
                }
                // Behind the mark: before it, nothing makes an original of a copy.
                if case .restore = write, file.isCopy {
                    let canary = try file.sealing.seal(
                        file.identity.encoded.span, at: StoreProbe.canaryAddress(of: .manager))
                    try db.change("UPDATE store SET canary = ?", [canary.column])
                }
            }
        }
    }
}

@available(*, unavailable)
extension ManagerRestoration: Sendable {}
