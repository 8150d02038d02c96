import ACEGroupcomm
import CoAPEngine

// GM-0349
/// A member whose authorization has ended is none any more (RFC 9200 §5.10.3).
///
/// For a node with an invitation that is its revocation: the authorization server inside the manager gives it a new token
/// whenever it asks, and a lamp that was dark for a month is a lamp of the building still. So only what other authorization
/// servers granted ends by itself.
extension ManagerEngine {
    func isLapseCheckDue(at now: MonotonicInstant) -> Bool {
        nextLapseCheck.map { $0 <= now } ?? false
    }

    var nextLapseCheck: MonotonicInstant? {
        // Also members of a server that the operator has removed since.
        guard hasForeignMembers || !settings.authorizationServers.isEmpty else { return nil }
        let interval = hasForeignMembers ? Self.lapseInterval : Self.longestInterval
        return lapsesCheckedAt?.advanced(by: interval) ?? lastInput
    }

    func endLapsedMemberships(
        in turn: inout OpenTurn, writes: inout [ManagerWrite], at now: MonotonicInstant,
        random: inout some RandomNumberGenerator
    ) {
        guard isLapseCheckDue(at: now) else { return }
        lapsesCheckedAt = now
        hasForeignMembers = false
        let state = endpoint.protection.state
        let wall = endpoint.protection.now.seconds
        for group in state.groups.values {
            for member in group.members.values where member.client.issuer != ClientIdentity.embeddedIssuer {
                // Also those that have lapsed: that may not become durable.
                hasForeignMembers = true
                guard state.hasLapsed(member, at: wall) else { continue }
                let held = hold([EvictedMember(member, in: state)])
                guard
                    apply(
                        group.departure(of: member, at: wall, evicts: true), in: &turn, writes: &writes, random: &random
                    )
                else { continue }
                turn.evicted += held
                turn.lapsed.insert(member.client)
                turn.events.append(.evicted(group: group.record.name, node: member.name, reason: .tokenExpired))
            }
        }
    }

    /// Notes that somebody has become a member whose authorization may end by itself.
    func noteForeignMembers(_ changes: [ManagerUndo]) {
        for case .member(let key, nil) in changes {
            let member = endpoint.protection.state.groups[key.groupName]?.members[key.name]
            guard let member, member.client.issuer != ClientIdentity.embeddedIssuer else { continue }
            hasForeignMembers = true
        }
    }

    private static let lapseInterval = Duration.seconds(60)
    private static let longestInterval = Duration.seconds(3_600)
}

extension ManagerState {
    /// Whether the token of a member has ended, for which another authorization server would have to give a new one.
    fileprivate func hasLapsed(_ member: MemberRecord, at now: UInt64) -> Bool {
        guard let client = recipientIDs[member.client].flatMap({ clients[$0] })
        else { return false }
        return client.expiry <= now
    }

    /// What ends with the authorization of a client, in every group.
    func departures(of client: ClientIdentity, at now: UInt64, reason: EvictionReason) -> Departures {
        var result = Departures()
        for group in groups.values.sorted(by: { $0.record.name < $1.record.name }) {
            guard let member = group.member(client) else { continue }
            result.writes += group.departure(of: member, at: now, evicts: true)
            result.events.append(.evicted(group: group.record.name, node: member.name, reason: reason))
            result.evicted.append(EvictedMember(member, in: self))
        }
        return result
    }
}

/// Memberships that end together.
struct Departures {
    var writes: [ManagerWrite] = []
    var events: [ManagerEvent] = []
    var evicted: [EvictedMember] = []
}
