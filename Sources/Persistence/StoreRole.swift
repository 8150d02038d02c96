/// Whose state a database holds. One is never opened as the other.
public enum StoreRole: String, Hashable, Sendable {
    /// A Group Manager.
    case manager
    /// A member of a group that a manager looks after.
    case node
    /// A member with a fixed context, which no manager knows.
    case unmanagedNode = "unmanaged node"
}

extension StoreRole {
    /// Whose state lies in a directory that this process holds the lock of; looks only, and needs no key.
    ///
    /// - Returns: `nil` if there is none.
    public static func found(in directory: String) throws(StoreError) -> StoreRole? {
        try StoreFile.role(in: directory)
    }
}
