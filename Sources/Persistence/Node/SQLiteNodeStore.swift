public import CryptoPrimitives
internal import GRDB
public import MemberNode
internal import OSCORE

/// A node's state in SQLite: one file `gosc.sqlite` in its state directory, secrets sealed.
///
/// May be used from any thread; change sets are applied one at a time.
public final class SQLiteNodeStore: NodeStore {
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
        file = try StoreFile(directory: directory, schema: .node, key: key, mayCreate: mayCreate)
    }

    public func load() throws(StoreError) -> NodeState {
        // Copied state is used neither for sending nor for accepting: the original may have gone on since.
        guard !file.isCopy else { throw .copied(path: file.path, role: .node) }
        return try loadAnyway()
    }

    /// What is stored, be it a copy or not: for whoever only looks.
    package func loadAnyway() throws(StoreError) -> NodeState {
        try file.read { db in try NodeTables(db: db, sealing: file.sealing).state() }
    }

    public func apply(_ changes: NodeChangeSet) throws(NodeCommitFailure) {
        #if GOSC_TEST_GUARDS
            var writes = changes.writes
            // The demo shows that its act fails when numbers and windows are not durable.
            if TestGuards.isOff(.durability) { writes.removeAll(where: \.isReservationOrMark) }
        #else
            let writes = changes.writes
        #endif
        let durable = writes
        do {
            try file.write { db in
                let tables = NodeTables(db: db, sealing: file.sealing)
                for write in durable { try tables.apply(write) }
            }
        } catch let error as NodeCommitFailure {
            throw error
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            throw .guardFailed
        } catch {
            throw .storage
        }
    }
}

#if GOSC_TEST_GUARDS
    extension NodeWrite {
        fileprivate var isReservationOrMark: Bool {
            switch self {
            case .reserveAssociation, .reserveGroup, .saveWindow: true
            case .saveIdentity, .saveAssociation, .saveMembership, .renewKeys, .savePeers, .saveToken, .dropToken,
                .saveSenderID,
                .saveManagerCredential, .saveLeaving, .forgetMembership:
                false
            }
        }
    }
#endif
