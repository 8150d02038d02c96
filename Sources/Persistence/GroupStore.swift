public import GroupManager

/// Where a Group Manager's state is durable. Belongs to the shell; the engine never sees it.
///
/// Every implementation passes `GroupStoreCompatibility` of the tests.
public protocol GroupStore: Sendable {
    /// Everything that the store holds.
    ///
    /// - Throws: ``StoreError``; nothing may be served then.
    func load() throws(StoreError) -> ManagerSnapshot

    /// Applies all writes of a change set in order, or none of them. When it returns, they survive a power failure.
    ///
    /// - Throws: ``GroupStoreFailure``; nothing has changed then.
    func apply(_ changes: ManagerChangeSet) throws(GroupStoreFailure)
}

/// Why a change set of a manager did not become durable. Nothing of it took effect.
public enum GroupStoreFailure: Error, Hashable, Sendable {
    /// A guard did not hold: the stored state is not what the engine believes.
    case guardFailed(ManagerWriteError)
    /// The disk is full or failing, or another process holds the database: which file, and why.
    case storage(StoreError)
}
