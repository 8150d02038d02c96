/// Who stays behind a restore, as the operator says.
public struct RestoreDecision: Hashable, Sendable {
    /// Members that are evicted: a name that only one group has, or the name of a group, `/`, and that of a member.
    public var evicted: [String]
    /// Everybody in these is out, too.
    public var journal: [DepartureEntry]

    /// Keeps everybody who is not named.
    public init(evicted: [String] = [], journal: [DepartureEntry] = []) {
        self.evicted = evicted
        self.journal = journal
    }
}

/// Why a store was not restored. Nothing has changed.
public enum RestoreFailure: Error, Hashable, Sendable {
    /// No group has a member of this name.
    case unknownMember(String)
    /// Several groups have a member of this name.
    case ambiguousMember(String, groups: [String])
    /// There are no further keys for a group.
    case exhausted(group: String)
    /// The store is damaged.
    case damaged(ManagerWriteError)
}

/// A member of a restored group.
public struct RestoredMember: Hashable, Sendable {
    /// How a member stands.
    public enum Standing: String, Hashable, Sendable {
        /// The operator has not decided yet: it gets nothing.
        case pending
        /// It gets the new keys.
        case kept
        case evicted
        /// It had left, or its authorization had ended.
        case departed
    }

    public var groupName: String
    public var name: String
    /// The `Tperm` bits.
    public var roles: UInt64
    /// In seconds since 1970.
    public var joinedAt: UInt64
    public var standing: Standing
}
