import ACEGroupcomm
import CoAP
import CoAPEngine

/// A request that was not decided on yet.
enum WaitingRequest {
    case network(AskedRequest<ManagedRequest>)
    case admin(AdminRequest, AdminRequestID)
}

/// What was decided on in one turn and is to be told when it is durable.
struct OpenTurn {
    let id: CommitID
    /// What takes it all back.
    var undo: [ManagerUndo] = []
    var replies: [Reply] = []
    /// Those of them that may tell keys.
    var keyAnswers: [KeyAnswer] = []
    /// Whose requests are in it, once for each.
    var askers: [[UInt8]] = []
    /// How far each association has come that is written.
    var progress: [AssociationName: WrittenProgress] = [:]
    /// Which groups get new keys because these are due.
    var rekeyings: [Rekeying] = []
    /// What the manager has done by itself.
    var events: [ManagerEvent] = []
    /// The groups that have got new keys in it, which nobody has yet.
    var rekeyedGroups: Set<String> = []
    /// Who has confirmed new keys.
    var confirmations: [Distributions.Confirmation] = []
    /// Whose authorization has ended, which has ended memberships.
    var lapsed: Set<ClientIdentity> = []
    /// Whom it evicts, each with the association that what it is told goes over.
    var evicted: [(member: EvictedMember, association: LiveAssociation)] = []
}

/// How far an association had come when that was given to the store.
struct WrittenProgress {
    let progress: AssociationProgress
    let verified: UInt64
    /// Which counted so: it may have been put aside meanwhile, and derived anew.
    private let association: LiveAssociation

    init(_ progress: AssociationProgress, of association: LiveAssociation) {
        self.progress = progress
        verified = association.verified
        self.association = association
    }

    /// The store has it.
    ///
    /// - Parameter present: What is at work under the name now.
    func stored(in present: LiveAssociation) {
        present.stored(progress, verified: present === association ? verified : 0)
    }
}

/// What one request gets.
enum Reply {
    case network(EndpointCall, Decision)
    case admin(AdminRequestID, AdminDecision)
}

/// What a manager has counted since its start. Only ever grows, but for the flag.
public struct ManagerCounters: Hashable, Sendable {
    public internal(set) var commits: UInt64 = 0
    public internal(set) var commitFailures: UInt64 = 0
    /// Whether the latest commit has failed.
    public internal(set) var lastCommitFailed = false
    /// Requests that were decided on, of members and others.
    public internal(set) var decisions: UInt64 = 0
    /// Those answered with an error.
    public internal(set) var refusals: UInt64 = 0
    public internal(set) var uploads: UInt64 = 0
    public internal(set) var uploadsRefused: UInt64 = 0
    public internal(set) var joins: UInt64 = 0
    /// Messages with new keys that were sent to single members, without retransmissions.
    public internal(set) var deliveries: UInt64 = 0
    /// Those that were confirmed.
    public internal(set) var confirmations: UInt64 = 0
    /// Members that had not confirmed when a distribution was over.
    public internal(set) var stragglers: UInt64 = 0
    /// Requests that were not verified, by reason.
    public internal(set) var rejections: [RequestRejection: UInt64] = [:]

    public init() {}
}
