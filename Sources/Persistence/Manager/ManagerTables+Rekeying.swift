internal import ACEGroupcomm
internal import Bytes
internal import CryptoPrimitives
internal import GRDB
internal import GroupManager

/// New keys for a group.
extension ManagerTables {
    func add(_ record: GroupIDPrefixRecord) throws {
        try requireGroup(record.groupName)
        try require(!record.prefix.isEmpty, else: .invalidRecord)
        let isNew = try db.insert(
            into: "group_id_prefix",
            [
                "prefix": record.prefix.column, "group_name": record.groupName.databaseValue,
                "since": record.since.column,
            ])
        try require(isNew, else: .groupIDPrefixTaken)
    }

    func demandRekeying(of groupName: String, _ due: DueRekeying) throws {
        try require(
            db.change(
                """
                UPDATE security_group SET rekey_due_since = min(coalesce(rekey_due_since, ?2), ?2),
                    rekey_due_evicts = max(rekey_due_evicts, ?3)
                WHERE name = ?1
                """, [groupName.databaseValue, due.since.column, due.evicts.databaseValue]),
            else: .groupUnknown)
    }

    func rekey(_ rekeying: GroupRekeying) throws {
        let name = rekeying.groupName.databaseValue
        guard let group = try db.rows(of: "security_group", where: "name = ?", [name]).first else {
            throw ManagerWriteError.groupUnknown
        }
        try require(group.number("version") < rekeying.version, else: .versionWentBack)
        try require(isNew(rekeying, after: group), else: .groupIDUsed)
        let isDone = try db.change(
            """
            UPDATE security_group SET version = ?2, group_id = ?3, sealed_master_secret = ?4, master_salt = ?5,
                expiration = ?6, rekeyed_at = ?7, overlap = ?8, elders = ?9, rekey_due_since = NULL,
                rekey_due_evicts = 0
            WHERE name = ?1
            """,
            [
                name, rekeying.version.column, rekeying.groupID.column,
                sealing.seal(rekeying.masterSecret, at: .groupSecret(rekeying.groupName)).column,
                rekeying.masterSalt.column, rekeying.expiration.column, rekeying.latest.at.column,
                rekeying.latest.overlap.column, rekeying.latest.elders.map(\.text).column,
            ])
        try require(isDone, else: .groupUnknown)
        try carrySenderIDs(rekeying)
        let sets = try configuration(of: group).maximumStaleSets
        try db.change(
            "DELETE FROM stale_sender_id WHERE group_name = ?1 AND version < ?2",
            [name, (rekeying.version - min(sets - 1, rekeying.version)).column])
    }

    /// Under the new Gid those Sender IDs are taken that members have, and no others.
    private func carrySenderIDs(_ rekeying: GroupRekeying) throws {
        let name = rekeying.groupName.databaseValue
        let hasTwins = try db.has(
            "member", where: "group_name = ? AND sender_id IS NOT NULL GROUP BY sender_id HAVING count(*) > 1", [name])
        try require(!hasTwins, else: .senderIDTaken)
        try db.change("DELETE FROM assigned_sender_id WHERE group_name = ?", [name])
        try db.change(
            """
            INSERT INTO assigned_sender_id (group_name, group_id, sender_id, client, assigned_at)
                SELECT group_name, ?2, sender_id, client, ?3 FROM member
                WHERE group_name = ?1 AND sender_id IS NOT NULL
            """, [name, rekeying.groupID.column, rekeying.latest.at.column])
    }

    func confirmKeys(_ key: MemberKey, version: UInt64) throws {
        let names = [key.groupName.databaseValue, key.name.databaseValue]
        try require(db.has("member", where: "group_name = ? AND name = ?", names), else: .memberUnknown)
        let isDone = try db.change(
            """
            UPDATE member SET key_version = ?3 WHERE group_name = ?1 AND name = ?2 AND key_version <= ?3
                AND ?3 <= (SELECT version FROM security_group WHERE security_group.name = ?1)
            """, names + [version.column])
        try require(isDone, else: .versionWentBack)
    }

    /// The same question as of `ManagerState`, put to the tables.
    private func isNew(_ rekeying: GroupRekeying, after group: Columns) throws -> Bool {
        guard let groupID = GroupIDLayout(rekeying.groupID),
            let prefix = try db.rows(
                of: "group_id_prefix", where: "prefix = ? AND group_name = ?",
                [groupID.prefix.column, rekeying.groupName.databaseValue]
            ).first, try !db.has("security_group", where: "group_id = ?", [rekeying.groupID.column])
        else { return false }
        guard let former = GroupIDLayout(try group.bytes("group_id")), former.prefix == groupID.prefix else {
            return try prefix.number("since") == rekeying.version && isReborn(rekeying, in: group)
        }
        guard try configuration(of: group).reusesGroupIDs else { return groupID.epoch > former.epoch }
        return try !db.has(
            "member", where: "group_name = ? AND birth_group_id = ?",
            [rekeying.groupName.databaseValue, rekeying.groupID.column])
    }

    /// In a group whose Gids come again, every member has the first Gid of a new prefix as its Birth Gid.
    private func isReborn(_ rekeying: GroupRekeying, in group: Columns) throws -> Bool {
        guard try configuration(of: group).reusesGroupIDs else { return true }
        return try !db.has(
            "member", where: "group_name = ? AND birth_group_id IS NOT ?",
            [rekeying.groupName.databaseValue, rekeying.groupID.column])
    }

    private func configuration(of group: Columns) throws -> GroupConfiguration {
        let bytes = try group.bytes("configuration")
        return try GroupConfiguration(decodingRepresentation: bytes.span)
    }
}
