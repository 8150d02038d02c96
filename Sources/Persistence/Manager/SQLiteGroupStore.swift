public import CryptoPrimitives
internal import GRDB
public import GroupManager

/// A Group Manager's state in SQLite: one file `gosc.sqlite` in its state directory, secrets sealed.
///
/// May be used from any thread; change sets are applied one at a time.
public final class SQLiteGroupStore: GroupStore {
    let file: StoreFile

    /// Opens the database of a state directory that this process holds the lock of.
    ///
    /// - Parameters:
    ///   - directory: The state directory; must exist.
    ///   - key: What secrets are sealed under.
    ///   - mayCreate: Whether a database that is not there is made.
    /// - Throws: ``StoreError``. With ``StoreError/wrongSealingKey(path:)``, ``StoreError/wrongRole(path:found:expected:)``,
    ///   ``StoreError/newerVersion(path:)`` and ``StoreError/foreign(path:)`` no byte of the database has changed.
    public init(directory: String, key: consuming SealingKey, mayCreate: Bool) throws(StoreError) {
        file = try StoreFile(directory: directory, schema: .manager, key: key, mayCreate: mayCreate)
    }

    init(_ file: StoreFile) {
        self.file = file
    }

    public func load() throws(StoreError) -> ManagerSnapshot {
        // A copy would give out what the original has given out since: the same Sender ID under the same Gid, twice.
        guard !file.isCopy else { throw .copied(path: file.path, role: .manager) }
        let snapshot = try loadAnyway()
        // GM-0396
        guard snapshot.pendingRestore == nil else { throw .restorePending(path: file.path) }
        return snapshot
    }

    /// What is stored, be it fit for use or not.
    func loadAnyway() throws(StoreError) -> ManagerSnapshot {
        try file.read { db in try ManagerTables(db: db, sealing: file.sealing).snapshot() }
    }

    public func apply(_ changes: ManagerChangeSet) throws(GroupStoreFailure) {
        do {
            try file.write { db in
                let tables = ManagerTables(db: db, sealing: file.sealing)
                for write in changes.writes { try tables.apply(write) }
            }
        } catch let error as ManagerWriteError {
            throw .guardFailed(error)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            // What the schema refuses is no record that this manager could have meant.
            throw .guardFailed(.invalidRecord)
        } catch {
            throw .storage(StoreFile.failure(error, of: file.path))
        }
    }
}
