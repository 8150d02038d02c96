/// What an operator decides about a manager, and the limits that keep strangers from exhausting it.
public struct ManagerSettings: Hashable, Sendable {
    /// `[address]:port` as members reach the manager, for URIs in answers; `nil` if not known.
    public var authority: String?
    /// How long the keys of a group live if the administrator does not say, in seconds; 365 days.
    public var keyLifetime: UInt64
    /// How many requests wait while a commit is open, before newcomers get 5.03; 256. Against memory exhaustion.
    public var queueLimit: Int
    /// How many state directories may try one invitation; 4. Each costs a record, and only who holds the secret can
    /// make one.
    public var contextsPerInvitation: Int
    /// Whether a node may join with a credential whose time is over, or has not come; false. Members stay in any case: a
    /// building does not go dark because a date has passed.
    public var acceptsExpiredCredentials: Bool

    public init(
        authority: String? = nil, keyLifetime: UInt64 = 365 * 86_400, queueLimit: Int = 256,
        contextsPerInvitation: Int = 4, acceptsExpiredCredentials: Bool = false
    ) {
        self.authority = authority
        self.keyLifetime = keyLifetime
        self.queueLimit = queueLimit
        self.contextsPerInvitation = contextsPerInvitation
        self.acceptsExpiredCredentials = acceptsExpiredCredentials
    }

    func joiningURI(of groupName: String) -> String? {
        authority.map { "coap://\($0)/ace-group/\(groupName)" }
    }
}
