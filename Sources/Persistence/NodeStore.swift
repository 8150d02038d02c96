public import MemberNode

/// Where a node's state is durable. Belongs to the shell; the engine never sees it.
///
/// Every implementation passes `NodeStoreCompatibility` of the tests.
public protocol NodeStore: Sendable {
    /// Everything that the store holds.
    ///
    /// - Throws: ``StoreError``, among it ``StoreError/copied(path:role:)``; the node neither sends nor accepts then.
    func load() throws(StoreError) -> NodeState

    /// Applies all writes of a change set in order, or none of them. When it returns, they survive a power failure.
    ///
    /// - Throws: `NodeCommitFailure`; nothing has changed then.
    func apply(_ changes: NodeChangeSet) throws(NodeCommitFailure)
}
