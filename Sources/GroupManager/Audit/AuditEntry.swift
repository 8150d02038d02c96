/// What has changed: the content of one ``AuditRecord``.
///
/// Never a secret, nor the hash of one: of keys it has the Gid and the version.
public struct AuditEntry: Hashable, Sendable {
    public var kind: AuditKind
    /// The group that it concerns; `nil` if it concerns the manager.
    public var group: String?
    /// Whom it concerns: the name of a member, or of a node that is invited; `nil` if nobody in particular.
    public var subject: String?
    /// What everybody may know who may know of the change. Names are in snake_case.
    public var details: [String: AuditValue]
    // GM-0489
    /// What only those may know who are entitled: hashes of credentials, clients, descriptions, application groups. A redacted
    /// export leaves it out and can still be verified.
    public var confidential: [String: AuditValue]

    public init(
        _ kind: AuditKind, group: String? = nil, subject: String? = nil, details: [String: AuditValue] = [:],
        confidential: [String: AuditValue] = [:]
    ) {
        self.kind = kind
        self.group = group
        self.subject = subject
        self.details = details
        self.confidential = confidential
    }
}

/// A value of a detail.
public enum AuditValue: Hashable, Sendable {
    case text(String)
    case number(UInt64)
}

/// What kind of change it was. Later versions have further kinds, which earlier ones verify and show all the same.
public struct AuditKind: RawRepresentable, Hashable, Sendable {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The record begins here, in a manager that is older than it: what came before is not recorded.
    public static let recordBegan = Self(rawValue: "record-began")
    public static let managerCreated = Self(rawValue: "manager-created")
    /// The keys of the manager for tokens.
    public static let tokenKeysCreated = Self(rawValue: "token-keys-created")
    public static let groupCreated = Self(rawValue: "group-created")
    /// The manager's own key pair in one group.
    public static let groupCredentialCreated = Self(rawValue: "group-credential-created")
    public static let invitationMade = Self(rawValue: "invitation-made")
    /// Somebody got a token with it.
    public static let invitationUsed = Self(rawValue: "invitation-used")
    public static let invitationRevoked = Self(rawValue: "invitation-revoked")
    public static let memberJoined = Self(rawValue: "member-joined")
    /// A member has joined again, and has another role, Sender ID or credential since.
    public static let memberRejoined = Self(rawValue: "member-rejoined")
    public static let senderIDRenewed = Self(rawValue: "sender-id-renewed")
    public static let credentialChanged = Self(rawValue: "credential-changed")
    public static let memberLeft = Self(rawValue: "member-left")
    public static let memberEvicted = Self(rawValue: "member-evicted")
    public static let memberReadmitted = Self(rawValue: "member-readmitted")
    /// The store is an earlier one: what had come behind the record before this one is lost.
    public static let restored = Self(rawValue: "restored")
    /// An operator has said who stays.
    public static let restoreCompleted = Self(rawValue: "restore-completed")
    public static let rekeyed = Self(rawValue: "rekeyed")
    public static let tokenRevoked = Self(rawValue: "token-revoked")
}
