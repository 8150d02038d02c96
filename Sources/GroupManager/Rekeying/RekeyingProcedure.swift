import ACEGroupcomm
import Bytes
import COSE
import CryptoPrimitives

/// Makes new keys for a group: what has to become durable in one step (draft-ietf-ace-key-groupcomm-oscore §11).
struct RekeyingProcedure: Sendable {
    let state: ManagerState
    let settings: ManagerSettings
    let group: GroupState
    /// Seconds since 1970.
    let now: UInt64

    /// The writes.
    ///
    /// - Parameter evicts: Whether somebody has to be kept out: then nothing under the former Gid counts any more.
    /// - Returns: `nil` if there is no Gid left (GM-0385).
    func decide(evicts: Bool, random: inout some RandomNumberGenerator) -> Rekeying? {
        guard group.record.version < UInt64(Int64.max), let next = nextGroupID(random: &random) else { return nil }
        let groupID = next.groupID.bytes
        // GM-0388: whoever was there when this Gid was in use last might take old messages for new ones.
        let elders = group.elders(under: groupID)
        // Whatever these keys are made for, they are also those that an eviction waits for.
        let evicts = evicts || group.record.dueRekeying?.evicts == true
        let overlap = evicts || !elders.isEmpty ? 0 : group.record.rekeyingPolicy.overlap
        let rekeying = GroupRekeying(
            groupName: group.record.name, version: group.record.version + 1, groupID: groupID,
            // GM-0338
            masterSecret: SecretField(random.secretBytes(group.configuration.masterSecretCount)),
            masterSalt: random.bytes(8), expiration: expiration,
            latest: LatestRekeying(at: now, overlap: overlap, elders: elders.map(\.client)))
        let prefix =
            next.isNewPrefix
            ? [
                ManagerWrite.assignGroupIDPrefix(
                    GroupIDPrefixRecord(
                        prefix: next.groupID.prefix, groupName: group.record.name, since: rekeying.version))
            ] + group.rebirths(under: groupID) : []
        let departures = elders.flatMap { elder in
            [.removeMember(elder.key)] + (elder.senderID.map { [group.staleness(of: $0)] } ?? [])
        }
        return Rekeying(
            writes: prefix + departures + [.rekeyGroup(rekeying)], rekeying: rekeying, elders: elders)
    }

    // GM-0332, GM-0393
    /// The Gid of the next epoch; under a new prefix where the epochs of the present one are used up, unless they come again.
    private func nextGroupID(
        random: inout some RandomNumberGenerator
    ) -> (groupID: GroupIDLayout, isNewPrefix: Bool)? {
        if let present = GroupIDLayout(group.record.groupID),
            state.groupIDPrefixes[present.prefix]?.groupName == group.record.name
        {
            if present.epoch < settings.lastEpoch {
                return (GroupIDLayout(prefix: present.prefix, epoch: present.epoch + 1), false)
            }
            // GM-0386: neither the present Gid nor the one before, which may still receive.
            if group.configuration.reusesGroupIDs, settings.lastEpoch > 1 {
                return (GroupIDLayout(prefix: present.prefix, epoch: 0), false)
            }
        }
        return state.unusedPrefix(random: &random).map { (GroupIDLayout(prefix: $0, epoch: 0), true) }
    }

    /// The new keys live as long as the present ones.
    var expiration: UInt64 {
        now
            + max(
                group.record.expiration - min(group.record.latestRekeying.at, group.record.expiration),
                Self.shortestLifetime)
    }

    /// Keys that expire at once would be renewed at once.
    static let shortestLifetime: UInt64 = 3_600
}

/// New keys for a group, and who does not get them.
struct Rekeying: Sendable {
    let writes: [ManagerWrite]
    let rekeying: GroupRekeying
    /// Whom the recycling of a Gid evicts, in the order of their names.
    let elders: [MemberRecord]

    /// That they are evicted.
    var evictions: [ManagerEvent] {
        elders.map { .evicted(group: $0.groupName, node: $0.name, reason: .elder) }
    }
}

extension GroupState {
    // GM-0388
    /// Members that have joined under a Gid, in the order of their names.
    func elders(under groupID: [UInt8]) -> [MemberRecord] {
        guard configuration.reusesGroupIDs else { return [] }
        return members.values.filter { $0.birthGroupID == groupID }.sorted { $0.name < $1.name }
    }

    // GM-0387, GM-0388
    /// Has every member as if it had joined under the first Gid of a new prefix: none of the Gids from before comes again, and
    /// of those that may this is the first that it is under.
    func rebirths(under groupID: [UInt8]) -> [ManagerWrite] {
        guard configuration.reusesGroupIDs else { return [] }
        return members.values.filter { $0.birthGroupID != groupID }.sorted { $0.name < $1.name }.map { member in
            var reborn = member
            reborn.birthGroupID = groupID
            return .replaceMember(reborn)
        }
    }

    // GM-0389
    /// Whether a client is a member, or was one until the latest keys came, under a Gid that it had joined under.
    func isMemberOrElder(_ client: ClientIdentity) -> Bool {
        member(client) != nil || record.latestRekeying.elders.contains(client)
    }
}

extension ManagerState {
    /// Bytes that no Gid has begun with; `nil` if hardly any are left.
    func unusedPrefix(random: inout some RandomNumberGenerator) -> [UInt8]? {
        for _ in 0..<64 {
            let candidate = random.bytes(GroupIDLayout.prefixCount)
            if groupIDPrefixes[candidate] == nil { return candidate }
        }
        return nil
    }
}

extension GroupConfiguration {
    /// The length of the Master Secret: as long as the longest key that is derived from it, and 16 bytes at least.
    var masterSecretCount: Int {
        max([groupMode?.encryption.keyLength, pairwiseMode?.aead.keyLength].compactMap(\.self).max() ?? 16, 16)
    }
}
