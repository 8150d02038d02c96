public import COSE
public import CoAPEngine

/// What an operator decides about a manager, and the limits that keep strangers from exhausting it.
public struct ManagerSettings: Sendable {
    /// `[address]:port` as members reach the manager, for URIs in answers; `nil` if not known.
    public var authority: String?
    /// What tokens for this manager name as audience.
    public var audience = "gosc"
    /// Other authorization servers whose tokens count.
    public var authorizationServers: [AuthorizationServer] = []
    /// How long tokens of the authorization server inside the manager live, in seconds; 30 days. Nodes get a new one by
    /// themselves.
    public var tokenLifetime: UInt64 = 30 * 86_400
    /// Whether tokens must carry a nonce that the manager gave out lately (RFC 9200 §5.3.1). For authorization servers
    /// without a clock in common with the manager.
    public var demandsClientNonce = false
    /// Whether everybody may read the names of all groups in `/.well-known/core`; else only those that a token grants.
    public var advertisesGroups = false
    /// How long the keys of a group live if the administrator does not say, in seconds; 365 days.
    public var keyLifetime: UInt64 = 365 * 86_400
    /// Whether a node may join with a credential whose time is over, or has not come; false. Members stay in any case: a
    /// building does not go dark because a date has passed.
    public var acceptsExpiredCredentials = false

    // GM-0328
    /// Whether all groups get new keys when the manager starts; false. For whoever fears that a machine that was off was read.
    public var rekeysAtStart = false
    /// How long after new keys a group gets others at the soonest: who leaves meanwhile is dealt with together; 1 second.
    public var departureWindow = Duration.seconds(1)
    /// The last epoch of a Gid, before its prefix is another one; 65,535.
    public var lastEpoch = UInt16.max
    /// For how long the same join gets the same Sender ID again, in seconds; 10 minutes.
    public var repeatedJoinPeriod: UInt64 = 600
    /// How many Sender IDs one client gets in a group in any ``senderIDPeriod``, under one Gid; 16, which is one a day. Each is
    /// gone until the Gid changes: there are 65,792, or 256, and one client must not use them up.
    public var senderIDsPerClient = 16
    /// In seconds; 16 days.
    public var senderIDPeriod: UInt64 = 16 * 86_400
    /// How many requests are decided on in one commit; 64. More make the first of them wait longer.
    public var decisionsPerCommit = 64
    /// How many requests of the administrator wait; 256.
    public var queueLimit = 256
    /// How many state directories may try one invitation; 4, and 255 at most. Each costs a record, and only who holds the
    /// secret can make one.
    public var contextsPerInvitation = 4
    /// How many uploads may wait for their first request; 2,048, of about 1 KiB each.
    public var candidateLimit = 2_048
    /// How many of them of one token; 8.
    public var candidatesPerToken = 8
    /// How many OSCORE contexts are kept ready; 512, of about 13 KiB each, which is what libcrypto takes for their ciphers.
    public var liveAssociations = 512
    /// How often one address may upload a token; 10 a second, 50 at once. As often again once it has shown that it is not
    /// forged (Echo).
    public var uploadRate = AnswerRate(perSecond: 10, burst: 50)
    /// How often one client may ask for what costs an identifier, or tells it names of groups; 1 a second, 10 at once.
    public var clientRate = AnswerRate(perSecond: 1, burst: 10)
    /// How often one client may read who is in a group; 2 a second, 30 at once. The answers are the longest that there are.
    public var rosterRate = AnswerRate(perSecond: 2, burst: 30)
    /// How many uploads of tokens that somebody has just uploaded are taken from addresses that may be forged, of all clients
    /// together; 100 a second, 200 at once. Beyond that an address has to show that it is not (Echo).
    public var repeatedUploadRate = AnswerRate(perSecond: 100, burst: 200)
    // GM-0330
    /// To how many members a message of the manager may be under way at the same time, of all groups together; 64. Fewer
    /// where a group's link carries less within the time after which a message is repeated.
    public var deliveriesAtOnce = 64
    // GM-0317
    /// How long one attempt to tell a member of new keys lasts, with the retransmissions in it; 8 s. There is a pause between
    /// attempts that grows by as much each time.
    public var deliveryTimeout = Duration.seconds(8)
    /// After how long a member that has not confirmed new keys is left to itself; 60 s. It gets them when it asks.
    public var rekeyingDeadline = Duration.seconds(60)
    /// How long requesters wait for new keys until all responders have them, if somebody is kept out; 2 s. Otherwise it is half
    /// of the time for which responders still accept requests under the former ones.
    public var switchLimit = Duration.seconds(2)
    /// For how long whoever was evicted is told; 30 s.
    public var evictionDeadline = Duration.seconds(30)
    /// How much is kept for requests.
    public var serverLimits = Self.limits

    /// Reads the credentials of nodes; groups may have the formats that it reads.
    public var credentialReader = CredentialReader.standard
    /// Makes the manager's own credentials.
    public var credentialMakers = CredentialMakers.standard

    /// The settings above.
    public init() {}

    func joiningURI(of groupName: String) -> String? {
        authority.map { "coap://\($0)/ace-group/\(groupName)" }
    }

    /// When the power returns, a whole building joins at once.
    private static var limits: RequestServerLimits {
        var limits = RequestServerLimits()
        limits.calls = ShareLimits(entries: 2_048, entriesPerPeer: 16, bytes: 1 << 22, bytesPerPeer: 1 << 16)
        // Rosters and the Join Responses of requesters are many blocks, and each answer that is not kept is a question more;
        // 10,000 responders are a megabyte, which is as much as nodes take.
        limits.snapshots = ShareLimits(entries: 2_048, entriesPerPeer: 8, bytes: 1 << 24, bytesPerPeer: 1 << 20)
        limits.observations = ShareLimits(entries: 65_536, entriesPerPeer: 16, bytes: 1 << 24, bytesPerPeer: 1 << 14)
        return limits
    }
}
