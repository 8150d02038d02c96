/// Whose state a database holds. One is never opened as the other.
public enum StoreRole: String, Hashable, Sendable {
    /// A Group Manager.
    case manager
    /// A member of a group.
    case node
}
