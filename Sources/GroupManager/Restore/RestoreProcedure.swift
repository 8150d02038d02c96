import ACEGroupcomm

// GM-0395, GM-0396
/// Makes a manager of a store that went back: what has to become durable before anything is served from it.
///
/// The store may have handed out more than it knows: numbers of associations, Gids, Sender IDs. So all of these begin anew, and
/// since it cannot know who was thrown out either, nobody gets the new keys before the operator has decided.
public struct RestoreProcedure: Sendable {
    /// The store with all of ``writes``.
    public private(set) var state: ManagerState
    /// What to make durable, in one step.
    public private(set) var writes: [ManagerWrite] = []
    /// Whom the operator has thrown out: for the journal, so that another restore does not let them in again.
    public private(set) var departures: [DepartureEntry] = []
    private var standings: [MemberKey: RestoredMember] = [:]
    /// Seconds since 1970.
    private let now: UInt64

    /// Looks at a store.
    ///
    /// - Parameters:
    ///   - snapshot: What it holds.
    ///   - wallClock: In seconds since 1970.
    public init(_ snapshot: ManagerSnapshot, at wallClock: UInt64) throws(RestoreFailure) {
        do {
            state = try ManagerState(loading: snapshot)
        } catch {
            throw .damaged(error)
        }
        // A clock that was set back does not make an earlier restore of it.
        now = max(wallClock, snapshot.pendingRestore?.since ?? 0)
        setStandings(.pending)
    }

    /// Everybody who was a member, by group and name.
    public var members: [RestoredMember] {
        standings.values.sorted { ($0.groupName, $0.name) < ($1.groupName, $1.name) }
    }

    /// Drops what may have been used since, and gives every group new keys.
    public mutating func begin(random: inout some RandomNumberGenerator) throws(RestoreFailure) {
        try apply([.restore(RestoreRecord(since: now))], random: &random)
        for name in state.groups.keys.sorted() {
            guard let group = state.groups[name] else { continue }
            let keys = RekeyingProcedure(state: state, settings: ManagerSettings(), group: group, now: now)
                .decideRestored(random: &random)
            guard let keys else { throw .exhausted(group: name) }
            try apply(keys, random: &random)
        }
        // As behind each commit of the engine: no store is without a signature for long.
        if state.isCheckpointDue, let signature = state.checkpoint(at: now) { try apply([signature], random: &random) }
    }

    /// Ends the restore as the operator wants it. Nobody has the new keys yet, so whoever goes needs no others.
    public mutating func complete(
        _ decision: RestoreDecision, random: inout some RandomNumberGenerator
    ) throws(RestoreFailure) {
        var named: [MemberRecord] = []
        for name in decision.evicted { named.append(try member(named: name)) }
        setStandings(.kept)
        for member in named {
            let record = EvictionRecord(
                groupName: member.groupName, client: member.client, name: member.name, at: now)
            try evict(record, random: &random)
            if !departures.contains(.evicted(record)) { departures.append(.evicted(record)) }
        }
        for entry in decision.journal { try take(entry, random: &random) }
        try apply([.completeRestore], random: &random)
        if let signature = state.checkpoint(at: now) { try apply([signature], random: &random) }
    }

    private func member(named text: String) throws(RestoreFailure) -> MemberRecord {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2 {
            guard let member = state.groups[parts[0]]?.members[parts[1]] else { throw .unknownMember(text) }
            return member
        }
        let found = state.groups.values.compactMap { $0.members[text] }
        guard let member = found.first else { throw .unknownMember(text) }
        guard found.count == 1 else { throw .ambiguousMember(text, groups: found.map(\.groupName).sorted()) }
        return member
    }

    private mutating func take(
        _ entry: DepartureEntry, random: inout some RandomNumberGenerator
    ) throws(RestoreFailure) {
        switch entry {
        case .evicted(let record): try evict(record, random: &random)
        case .departed(let groupName, _, let client, let time):
            // Whoever has joined again since is a member; whoever was thrown out is named as such.
            guard let member = state.groups[groupName]?.member(client), member.joinedAt <= time else { return }
            try remove(member, .departed, random: &random)
        case .invitationRevoked(let groupName, let name, let clientSenderID, let time):
            let client = ClientIdentity(invitation: clientSenderID)
            guard state.groups[groupName]?.member(client) == nil else {
                let record = EvictionRecord(groupName: groupName, client: client, name: name, at: time)
                return try evict(record, random: &random)
            }
            try revoke(clientSenderID, at: time, random: &random)
        case .tokenRevoked(let record):
            guard state.revocations[record.tokenID] == nil else { return }
            try apply([.revokeToken(record)], random: &random)
        }
    }

    /// A group that the store does not know has nobody to be kept out of it.
    private mutating func evict(
        _ record: EvictionRecord, random: inout some RandomNumberGenerator
    ) throws(RestoreFailure) {
        guard let group = state.groups[record.groupName] else { return }
        if let member = group.member(record.client) { try remove(member, .evicted, random: &random) }
        if group.evictions[record.client] == nil {
            var writes = [ManagerWrite.evict(record)]
            // GM-0214: it may have joined behind the backup. Nobody else gets what it was called, and it can be named alone.
            let nodeName = group.nodeName(for: record.client, named: record.name)
            if group.nodeNames[nodeName] == nil {
                writes.append(
                    .assignNodeName(
                        NodeNameRecord(groupName: record.groupName, nodeName: nodeName, client: record.client)))
            }
            try apply(writes, random: &random)
        }
        if let invitation = record.client.invitation { try revoke(invitation, at: record.at, random: &random) }
    }

    private mutating func remove(
        _ member: MemberRecord, _ standing: RestoredMember.Standing, random: inout some RandomNumberGenerator
    ) throws(RestoreFailure) {
        try apply([.removeMember(member.key)], random: &random)
        standings[member.key]?.standing = standing
    }

    private mutating func revoke(
        _ clientSenderID: [UInt8], at time: UInt64, random: inout some RandomNumberGenerator
    ) throws(RestoreFailure) {
        guard let invitation = state.invitations[clientSenderID], invitation.revokedAt == nil else { return }
        try apply([.revokeInvitation(clientSenderID: clientSenderID, at: time)], random: &random)
    }

    private mutating func setStandings(_ standing: RestoredMember.Standing) {
        for member in state.groups.values.flatMap(\.members.values) {
            standings[member.key] = RestoredMember(
                groupName: member.groupName, name: member.name, roles: member.roles, joinedAt: member.joinedAt,
                standing: standing)
        }
    }

    private mutating func apply(
        _ wanted: [ManagerWrite], random: inout some RandomNumberGenerator
    ) throws(RestoreFailure) {
        do {
            writes += try state.applyAudited(wanted, at: now, random: &random).writes
        } catch {
            throw .damaged(error)
        }
    }
}
