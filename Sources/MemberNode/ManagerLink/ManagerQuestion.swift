/// What a member asks of its Group Manager. Each is open at most once.
enum ManagerQuestion: Hashable {
    case join
    /// Who is in the group: asked because of a stranger, or to refresh what is known.
    case roster(aboutStrangers: Bool)
    case leave
    case renewSenderID
    case managerCredential
    case version
    case status
    case policies
    /// The current keys, and which Sender ID the manager knows this member by.
    case keys
    /// Which Sender IDs nobody has any more.
    case staleSenderIDs
    /// Another token, over the association that came of the present one.
    case token

    /// As operators see it; `nil` for what is told apart.
    var operation: ManagerOperation? {
        switch self {
        case .join, .roster, .leave: nil
        case .renewSenderID: .renewSenderID
        case .managerCredential: .managerCredential
        case .version: .keyVersion
        case .status: .status
        case .policies: .policies
        case .keys: .keys
        case .staleSenderIDs: .staleSenderIDs
        case .token: .token
        }
    }
}

/// Something that a member asks of its Group Manager.
public enum ManagerOperation: Hashable, Sendable {
    /// A new Sender ID.
    case renewSenderID
    /// The manager's own credential.
    case managerCredential
    /// The Key Generation Number.
    case keyVersion
    /// Whether the group is active.
    case status
    /// The policies of the group.
    case policies
    /// The current keys.
    case keys
    /// Which Sender IDs have gone stale.
    case staleSenderIDs
    /// Another token, before the present one ends.
    case token
}
