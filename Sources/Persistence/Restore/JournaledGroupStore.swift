public import GroupManager

// GM-0396
/// A store beside which departures are written down, before it has them: nobody is out whom a restore would let in again.
///
/// When the journal fails, the change set fails.
public struct JournaledGroupStore: GroupStore {
    private let store: any GroupStore
    private let append: @Sendable ([DepartureEntry]) throws(StoreError) -> Void

    /// - Parameters:
    ///   - store: What does the work.
    ///   - append: Writes departures down durably.
    public init(
        _ store: any GroupStore, append: @escaping @Sendable ([DepartureEntry]) throws(StoreError) -> Void
    ) {
        self.store = store
        self.append = append
    }

    public func load() throws(StoreError) -> ManagerSnapshot { try store.load() }

    public func apply(_ changes: ManagerChangeSet) throws(GroupStoreFailure) {
        do throws(StoreError) {
            try append(changes.departures)
        } catch {
            throw .storage(error)
        }
        try store.apply(changes)
    }
}
