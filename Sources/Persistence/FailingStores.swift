#if GOSC_TEST_GUARDS
    internal import Glibc
    package import GroupManager
    package import MemberNode
    internal import Synchronization

    /// A store of a manager that fails at chosen commits, for tests. Does not exist in a release build.
    package final class FailingGroupStore: GroupStore {
        private let store: any GroupStore
        private let plan: FaultPlan

        /// - Parameters:
        ///   - store: What does the work of all other commits.
        ///   - commits: Which calls of ``apply(_:)`` fail, from 1.
        package init(_ store: any GroupStore, failingAt commits: Set<Int>) {
            self.store = store
            self.plan = FaultPlan(commits: commits)
        }

        package func load() throws(StoreError) -> ManagerSnapshot { try store.load() }

        package func apply(_ changes: ManagerChangeSet) throws(GroupStoreFailure) {
            if plan.failsNext() { throw .storage(.unusable(path: "the failing store", code: EIO)) }
            try store.apply(changes)
        }
    }

    /// A store of a node that fails at chosen commits, for tests. Does not exist in a release build.
    package final class FailingNodeStore: NodeStore {
        private let store: any NodeStore
        private let plan: FaultPlan

        /// - Parameters:
        ///   - store: What does the work of all other commits.
        ///   - commits: Which calls of ``apply(_:)`` fail, from 1.
        package init(_ store: any NodeStore, failingAt commits: Set<Int>) {
            self.store = store
            self.plan = FaultPlan(commits: commits)
        }

        package func load() throws(StoreError) -> NodeState { try store.load() }

        package func apply(_ changes: NodeChangeSet) throws(NodeCommitFailure) {
            if plan.failsNext() { throw .storage }
            try store.apply(changes)
        }
    }

    /// Counts commits.
    private final class FaultPlan: Sendable {
        private let commits: Set<Int>
        private let count = Atomic<Int>(0)

        init(commits: Set<Int>) {
            self.commits = commits
        }

        func failsNext() -> Bool {
            commits.contains(count.wrappingAdd(1, ordering: .relaxed).newValue)
        }
    }
#endif
