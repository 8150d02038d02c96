public import ACEGroupcomm
import Bytes
import COSE
import CoAP
public import CoAPEngine
public import CoAPSecurity
import CryptoPrimitives
public import GroupOSCORE
import OSCORE

/// One member of a group, without sockets, clock, randomness or disk.
///
/// Bytes, time and random numbers come in as arguments; what to do comes out as ordered effects. Everything that must
/// survive a crash is a commit, and what depends on it happens in ``committed(_:at:random:effects:)``. Belongs to one
/// thread at a time.
public final class NodeEngine {
    /// What this node serves. Handlers take verified requests and nothing else.
    public let resources: ResourceTree<GroupOSCORE.VerifiedRequest>
    /// What was chosen for this node.
    public let configuration: NodeConfiguration
    /// Which credentials this node can have and read.
    public let credentials: NodeCredentials
    /// What was counted since the start.
    public internal(set) var counters = NodeCounters()
    /// Where this node will hear its manager: the port of its own socket, or the one that it will have when it runs. The
    /// Join Request names it, so that new keys can be brought; without a port they have to be fetched.
    public var controlPort: UInt16?

    var messageLayer: MessageLayer
    var identity: IdentityRecord?
    var associationRecord: NodeAssociationRecord?
    /// Towards the manager; `nil` without an association, and once this node has fallen silent.
    var link: ManagerLink?
    var membership: MembershipRecord?
    /// The keys of the group; `nil` without a membership, and once this node has fallen silent.
    var generations: GroupGenerations?
    var peers: [SenderID: Peer] = [:]

    // Commits that the shell has not answered yet.
    var draft = ChangeDraft()
    var waiting: [NodeCommitID: [Continuation]] = [:]
    private var lastCommit: UInt64 = 0
    var isReservingGroup = false
    var isReservingAssociation = false
    var senderIDRenewal = SenderIDRenewal.none
    /// Before that none is asked for by itself again, because the manager has refused.
    var renewsAgainAt: MonotonicInstant?
    /// The manager has given this one, and it could not be made durable: that is tried again.
    var unsavedSenderID: SenderID?

    // Requests of this node that are open.
    var groupRequests: [ExchangeID: OpenGroupRequest] = [:]
    var leisurePeriods = LeisurePeriods()
    /// Commands that wait for their turn.
    var queuedCommands: [GroupCommand] = []
    /// What is to be sent once more, before any of those.
    var repetitions: [OpenGroupRequest] = []
    /// The request of this node that has left last and changes something.
    var latestChange: ExchangeID?
    /// When the next may leave, if it waits for nothing else.
    var turnAt: MonotonicInstant?
    var isJoining = false
    /// Whether to leave as soon as the join that is under way has come to its end.
    var leavesWhenJoined = false
    /// Why a membership has ended, while that is being made durable.
    var endReason: LeaveReason?
    /// When to ask the manager again to let this node go, which it was told to do before it started.
    var leavesAgainAt: MonotonicInstant?
    /// When to ask for the token that comes behind the present one.
    var newTokenAt: MonotonicInstant?
    /// Whether this join was tried once more already, for whatever reason.
    var hasRetriedJoin = false
    /// The manager wants another one than this.
    var refusedCredential: [UInt8]?
    /// Whether a membership that the manager did not know was replaced, and the new one has not worked yet.
    var hasRejoined = false

    /// What is under way about new keys.
    var renewal = KeyRenewal()
    /// Whoever waits to hear that the membership is forgotten.
    var departureCalls: [EndpointCall] = []

    // What the manager has said of the group.
    /// While it is `false`, group messages are neither processed nor sent.
    var isGroupActive = true
    var policies = GroupPolicies()
    /// When to ask for number and status of the group next.
    var checksAt: MonotonicInstant?
    var keysExpireAt: UnixTime?
    var clock: ClockReading?
    /// Whom this node was under which Gid: the numbers of these are used.
    var formerIdentities: Set<MemberIdentity> = []
    // GOSC-0088
    /// What was heard of whom in memberships that have ended: under the same Gid, nothing of it is done again.
    var formerWindows: [MemberIdentity: ReplayWindow] = [:]

    // Messages whose sender is not known yet.
    var held: [HeldMessage] = []
    var strangers = Strangers()
    var isReadingRoster = false
    /// When the roster was asked for last.
    var rosterAskedAt: MonotonicInstant?
    var rosterReadAt: MonotonicInstant?

    /// Wakes a node with what it knew when it stopped.
    ///
    /// - Parameters:
    ///   - state: What the store has.
    ///   - configuration: What was chosen.
    ///   - credentials: Which credentials this node can have and read.
    ///   - resources: What the node serves.
    /// - Throws: ``NodeStateError`` if the stored state cannot be what this node stored.
    public init(
        state: NodeState, configuration: NodeConfiguration = NodeConfiguration(),
        credentials: NodeCredentials = NodeCredentials(),
        resources: ResourceTree<GroupOSCORE.VerifiedRequest> = ResourceTree()
    ) throws(NodeStateError) {
        self.resources = resources
        self.configuration = configuration
        self.credentials = credentials
        var limits = MessageLayerLimits()
        limits.answerRate = configuration.answerRate
        self.messageLayer = MessageLayer(parameters: configuration.transmission, limits: limits)
        self.identity = state.identity
        self.associationRecord = state.association
        for record in state.usedSenderIDs where record.senderID != state.membership?.senderID {
            formerIdentities.insert(MemberIdentity(groupID: record.groupID, senderID: record.senderID))
        }
        if let record = state.association {
            self.link = try Self.link(record, token: state.token, configuration: configuration)
        }
        if let record = state.membership {
            self.membership = record
            self.generations = try generations(of: record)
            try learn(state.peers)
            try restore(state.windows, groupID: record.groupID)
            probeNetwork()
        } else {
            for record in state.windows {
                do {
                    formerWindows[MemberIdentity(groupID: record.groupID, senderID: record.senderID)] =
                        try ReplayWindow(restoring: record.window)
                } catch {
                    throw .window
                }
            }
        }
    }

    // COAP-0258, COAP-0263
    /// Sets PROBING_RATE, towards the group and its manager, to what suits the network of the group, unless somebody has chosen
    /// another than the standard's.
    func probeNetwork() {
        guard configuration.transmission.probingRate == TransmissionParameters.standard.probingRate,
            let network = membership?.network
        else { return }
        let rate = Int(clamping: network.linkRate / 10)
        messageLayer.probe(at: rate)
        link?.endpoint.probe(at: rate)
    }

    /// When ``handleTimers(at:random:effects:)`` wants to be called next; `nil` if nothing is due.
    public var nextDeadline: MonotonicInstant? {
        var deadlines = groupRequests.values.map(\.nextDeadline)
        if let turnAt { deadlines.append(turnAt) }
        if let deadline = link?.nextDeadline { deadlines.append(deadline) }
        if let checksAt { deadlines.append(checksAt) }
        if let leavesAgainAt { deadlines.append(leavesAgainAt) }
        if let moment = renewal.fetchesAt, membership != nil { deadlines.append(moment) }
        if let moment = renewal.asksVersionAt { deadlines.append(moment) }
        if let newTokenAt { deadlines.append(newTokenAt) }
        if let moment = formerKeysEnd { deadlines.append(moment) }
        if unsavedSenderID != nil, senderIDRenewal == .none, let renewsAgainAt { deadlines.append(renewsAgainAt) }
        if let deadline = messageLayer.nextDeadline { deadlines.append(deadline) }
        if !isReadingRoster, let deadline = strangers.askAt { deadlines.append(deadline) }
        return deadlines.min()
    }

    /// Does what is due at `now`.
    public func handleTimers(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        var layerEffects: [MessageLayerEffect] = []
        messageLayer.handleTimers(at: now, random: &random, effects: &layerEffects)
        process(layerEffects, at: now, random: &random, effects: &effects)
        collectRepetitions(at: now)
        endGroupRequests(at: now, effects: &effects)
        sendQueuedRequests(at: now, random: &random, effects: &effects)
        drive(at: now, random: &random, effects: &effects) { link, random, wanted in
            link.handleTimers(at: now, random: &random, effects: &wanted)
        }
        leaveAgain(at: now, random: &random, effects: &effects)
        saveSenderIDAgain(at: now)
        forgetFormerKeys(at: now)
        fetchKeysIfDue(at: now, random: &random, effects: &effects)
        askForVersion(at: now, random: &random, effects: &effects)
        checkGroup(at: now, random: &random, effects: &effects)
        askForNewToken(at: now, random: &random, effects: &effects)
        askAboutStrangers(at: now, random: &random, effects: &effects)
        flush(into: &effects)
    }

    /// Begins to act as a member: reserves sequence numbers, and asks the manager who else is in the group and whether it
    /// is active. A node that was told to leave asks for that first, and for nothing else until it has an answer.
    ///
    /// - Parameter wallClock: The time of day, if it is known.
    public func start(
        wallClock: UnixTime? = nil, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        reserve()
        noteTime(wallClock, at: now)
        scheduleNewToken(isNew: false, at: now, random: &random)
        if membership?.isLeaving == true, link != nil {
            leavesAgainAt = now
            leaveAgain(at: now, random: &random, effects: &effects)
        } else {
            beginMembership(at: now, random: &random, effects: &effects)
        }
        flush(into: &effects)
    }

    /// Asks the manager for whatever a member wants to know.
    func beginMembership(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        readRoster(at: now, random: &random, effects: &effects)
        beginChecks(at: now, random: &random, effects: &effects)
    }

    /// The shell has made a change durable.
    public func committed(
        _ id: NodeCommitID, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        for continuation in waiting.removeValue(forKey: id) ?? [] {
            proceed(with: continuation, at: now, random: &random, effects: &effects)
        }
        flush(into: &effects)
    }

    /// The shell could not make a change durable: nothing that depended on it happens.
    public func commitFailed(
        _ id: NodeCommitID, because failure: NodeCommitFailure, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        counters.commitFailures += 1
        effects.append(.event(.commitFailed(failure)))
        for continuation in waiting.removeValue(forKey: id) ?? [] {
            abandon(continuation, at: now, random: &random, effects: &effects)
        }
        // Somebody else writes this state. Whoever it is may use the same keys, so this node stops using them.
        if failure == .guardFailed {
            generations = nil
            renewal = KeyRenewal()
            failQueuedRequests(.storage, effects: &effects)
            if isJoining { joinFailed(.storage, effects: &effects) }
            link = nil
            checksAt = nil
            leavesAgainAt = nil
            newTokenAt = nil
            unsavedSenderID = nil
            isReadingRoster = false
            refuseHeld(at: now, effects: &effects)
        }
    }

    /// Sends what was drafted during this input as one commit.
    func flush(into effects: inout [NodeEffect]) {
        // A repeated join has nothing left to write, and still waits for what is being written.
        guard !draft.writes.isEmpty || !draft.continuations.isEmpty else { return }
        lastCommit += 1
        let id = NodeCommitID(rawValue: lastCommit)
        waiting[id] = draft.continuations
        effects.append(.commit(NodeChangeSet(id: id, writes: draft.writes)))
        draft = ChangeDraft()
    }
}

@available(*, unavailable)
extension NodeEngine: Sendable {}

/// Why stored state cannot be used.
public enum NodeStateError: Error, Hashable, Sendable {
    /// The association with the manager does not fit together.
    case association
    /// The group context does not fit together.
    case membership
    /// Another member's record does not fit the group.
    case peer
    /// A replay window does not fit the group.
    case window
}

/// Another member, as this node knows it.
struct Peer {
    let roles: Roles
    let name: String?
}

/// What one input wants to be durable, and what happens then.
struct ChangeDraft {
    var writes: [NodeWrite] = []
    var continuations: [Continuation] = []
}

/// What waits for a commit.
enum Continuation {
    case groupReserved(MemberIdentity, end: UInt64)
    case associationReserved(end: UInt64)
    case deliver(GroupOSCORE.VerifiedRequest, RequestHandle, DatagramPath)
    case overheard(GroupOSCORE.VerifiedRequest, RequestHandle)
    case sendJoin
    case identitySaved(IdentityRecord)
    case tokenSaved(NodeTokenRecord)
    case joined(MembershipRecord, [PeerRecord])
    case senderIDSaved(SenderID)
    case managerCredentialSaved([UInt8])
    case leaveNoted
    case leaveWithdrawn(JoinFailure)
    case left(Departure)
    case learned([PeerRecord])
    case keysSaved
}
