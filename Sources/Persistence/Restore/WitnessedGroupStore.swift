public import GroupManager
internal import Synchronization

// GM-0396
/// A store beside which it is written down how far it has come, each time when going back would be dangerous: with new keys,
/// and when somebody is thrown out. Not for every request: that would cost each of them a second sync.
///
/// Written behind the commit, so that a crash in between leaves a store that is ahead of its witness, which is no fault.
public final class WitnessedGroupStore: GroupStore {
    private let store: any GroupStore
    private let keep: @Sendable (AuditPosition) -> Void
    private let latest = Mutex<AuditPosition?>(nil)

    /// - Parameters:
    ///   - store: What does the work.
    ///   - keep: Writes a position down. If it cannot, the change set is durable all the same.
    public init(_ store: any GroupStore, keep: @escaping @Sendable (AuditPosition) -> Void) {
        self.store = store
        self.keep = keep
    }

    public func load() throws(StoreError) -> ManagerSnapshot { try store.load() }

    public func apply(_ changes: ManagerChangeSet) throws(GroupStoreFailure) {
        try store.apply(changes)
        guard let position = changes.auditPosition else { return }
        latest.withLock { $0 = position }
        if changes.writes.contains(where: \.isWitnessed) { keep(position) }
    }

    /// Writes down how far the store has come: at the end, for what came behind the latest keys.
    public func keepLatest() {
        if let position = latest.withLock(\.self) { keep(position) }
    }
}

extension ManagerChangeSet {
    /// Where the audit record ends with it; `nil` if it says nothing there.
    fileprivate var auditPosition: AuditPosition? {
        for case .appendAudit(let record) in writes.reversed() {
            return AuditPosition(sequence: record.sequence, hash: record.hash)
        }
        return nil
    }
}

extension ManagerWrite {
    fileprivate var isWitnessed: Bool {
        switch self {
        case .rekeyGroup, .evict, .revokeInvitation, .revokeToken: true
        default: false
        }
    }
}
