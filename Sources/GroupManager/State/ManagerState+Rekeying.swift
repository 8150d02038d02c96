import ACEGroupcomm

/// What a rekeying changes.
extension ManagerState {
    mutating func applyToKeys(_ write: ManagerWrite) throws(ManagerWriteError) -> ManagerUndo {
        switch write {
        case .assignGroupIDPrefix(let record):
            guard groups[record.groupName] != nil else { throw .groupUnknown }
            guard !record.prefix.isEmpty else { throw .invalidRecord }
            guard groupIDPrefixes[record.prefix] == nil else { throw .groupIDPrefixTaken }
            groupIDPrefixes[record.prefix] = record
            return .groupIDPrefix(record.prefix)
        case .demandRekeying(let name, let due):
            guard let before = groups[name]?.record.dueRekeying else {
                guard groups[name] != nil else { throw .groupUnknown }
                groups[name]?.record.dueRekeying = due
                return .demand(name, nil)
            }
            groups[name]?.record.dueRekeying = due.merged(with: before)
            return .demand(name, before)
        case .rekeyGroup(let rekeying): return try rekey(rekeying)
        case .evict(let record):
            guard groups[record.groupName] != nil else { throw .groupUnknown }
            guard groups[record.groupName]?.evictions[record.client] == nil else { throw .evicted }
            groups[record.groupName]?.evictions[record.client] = record
            return .eviction(record.groupName, record.client, nil)
        case .readmit(let name, let client):
            guard let before = groups[name]?.evictions[client] else { throw .notEvicted }
            groups[name]?.evictions[client] = nil
            return .eviction(name, client, before)
        case .confirmKeys(let key, let version):
            guard let before = groups[key.groupName]?.members[key.name] else { throw .memberUnknown }
            guard before.keyVersion <= version, groups[key.groupName].map({ version <= $0.record.version }) == true
            else { throw .versionWentBack }
            var member = before
            member.keyVersion = version
            keep(member)
            return .member(key, before)
        default: throw .invalidRecord
        }
    }

    private mutating func rekey(_ rekeying: GroupRekeying) throws(ManagerWriteError) -> ManagerUndo {
        let name = rekeying.groupName
        guard let before = groups[name]?.record else { throw .groupUnknown }
        guard rekeying.version > before.version else { throw .versionWentBack }
        guard isNew(rekeying, after: before.groupID) else { throw .groupIDUsed }
        guard let carried = groups[name]?.carriedSenderIDs(by: rekeying) else { throw .senderIDTaken }
        groupNames[before.groupID] = nil
        groupNames[rekeying.groupID] = name
        let undo = GroupRekeyingUndo(
            record: before, assignedSenderIDs: groups[name]?.assignedSenderIDs ?? [:],
            staleSenderIDs: groups[name]?.staleSenderIDs ?? [:])
        groups[name]?.rekey(rekeying, carrying: carried)
        return .rekeying(undo)
    }

    // GM-0332, GM-0385, GM-0395
    /// Whether a Gid was never in use, or may come again: the epoch goes up under one prefix, and no version comes back to
    /// the prefix of an earlier one.
    private func isNew(_ rekeying: GroupRekeying, after former: [UInt8]) -> Bool {
        guard let groupID = GroupIDLayout(rekeying.groupID), let prefix = groupIDPrefixes[groupID.prefix],
            prefix.groupName == rekeying.groupName, !uses(groupID: rekeying.groupID)
        else { return false }
        guard let former = GroupIDLayout(former), former.prefix == groupID.prefix else {
            return prefix.since == rekeying.version
                && groups[rekeying.groupName]?.isReborn(under: rekeying.groupID) == true
        }
        guard let group = groups[rekeying.groupName], group.configuration.reusesGroupIDs else {
            return groupID.epoch > former.epoch
        }
        // GM-0388: not while anybody is a member who has joined under it.
        return group.elders(under: rekeying.groupID).isEmpty
    }

    mutating func undo(_ before: GroupRekeyingUndo) {
        let name = before.record.name
        if let present = groups[name]?.record.groupID { groupNames[present] = nil }
        groupNames[before.record.groupID] = name
        groups[name]?.record = before.record
        groups[name]?.assignedSenderIDs = before.assignedSenderIDs
        groups[name]?.staleSenderIDs = before.staleSenderIDs
    }
}

extension GroupState {
    // GM-0388
    /// Whether every member is found when a Gid of a new prefix comes again, in a group where that happens.
    fileprivate func isReborn(under groupID: [UInt8]) -> Bool {
        !configuration.reusesGroupIDs || members.values.allSatisfy { $0.birthGroupID == groupID }
    }

    /// Takes new keys.
    fileprivate mutating func rekey(_ rekeying: GroupRekeying, carrying carried: AssignedSenderIDs) {
        record.version = rekeying.version
        record.groupID = rekeying.groupID
        record.masterSecret = rekeying.masterSecret
        record.masterSalt = rekeying.masterSalt
        record.expiration = rekeying.expiration
        record.latestRekeying = rekeying.latest
        record.dueRekeying = nil
        assignedSenderIDs = carried.count == 0 ? [:] : [record.groupID: carried]
        // GM-0257, GM-0318: the newest sets stay, with the empty one of this version.
        let oldest = oldestStaleVersion
        staleSenderIDs = staleSenderIDs.filter { $0.key >= oldest }
    }

    /// The lowest version whose stale Sender IDs are kept.
    var oldestStaleVersion: UInt64 {
        record.version - min(configuration.maximumStaleSets - 1, record.version)
    }

    // GM-0312, GM-0394
    /// Those Sender IDs that members have, which alone are taken under a new Gid; `nil` if two have the same.
    fileprivate func carriedSenderIDs(by rekeying: GroupRekeying) -> AssignedSenderIDs? {
        var carried = AssignedSenderIDs(groupName: record.name, groupID: rekeying.groupID)
        for member in members.values {
            guard let senderID = member.senderID else { continue }
            let assigned = AssignedSenderIDRecord(
                groupName: record.name, groupID: rekeying.groupID, senderID: senderID, client: member.client,
                assignedAt: rekeying.latest.at)
            guard carried.insert(assigned) else { return nil }
        }
        return carried
    }
}
