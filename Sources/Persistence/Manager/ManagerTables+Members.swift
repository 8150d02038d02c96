internal import GRDB
internal import GroupManager

/// Who is a member. What a member leaves behind for ever lies in tables of its own.
extension ManagerTables {
    func add(_ record: MemberRecord) throws {
        try requireGroup(record.groupName)
        // Whichever of name, NODENAME and client is there already.
        let isNew = try db.insert(
            into: "member",
            [
                "group_name": record.groupName.databaseValue,
                "name": record.name.databaseValue,
                "node_name": record.nodeName.databaseValue,
                "client": record.client.text.databaseValue,
                "roles": record.roles.column,
                "sender_id": record.senderID.column,
                "credential": record.credential.column,
                "scope": record.scope.column,
                "client_nonce": record.clientNonce.column,
                "control_uri": record.controlURI?.databaseValue ?? .null,
                "joined_at": record.joinedAt.column,
                "key_version": record.keyVersion.column,
                "birth_group_id": record.birthGroupID.column,
            ])
        try require(isNew, else: .memberExists)
    }

    func replace(_ record: MemberRecord) throws {
        let isKnown = try db.change(
            """
            UPDATE member SET roles = ?5, sender_id = ?6, credential = ?7, scope = ?8, client_nonce = ?9,
                control_uri = ?10, joined_at = ?11, key_version = ?12, birth_group_id = ?13
            WHERE group_name = ?1 AND name = ?2 AND node_name = ?3 AND client = ?4
            """,
            [
                record.groupName.databaseValue, record.name.databaseValue, record.nodeName.databaseValue,
                record.client.text.databaseValue, record.roles.column, record.senderID.column,
                record.credential.column, record.scope.column, record.clientNonce.column,
                record.controlURI?.databaseValue ?? .null, record.joinedAt.column, record.keyVersion.column,
                record.birthGroupID.column,
            ])
        try require(isKnown, else: .memberUnknown)
    }

    func add(_ record: EvictionRecord) throws {
        try requireGroup(record.groupName)
        let isNew = try db.insert(
            into: "eviction",
            [
                "group_name": record.groupName.databaseValue, "client": record.client.text.databaseValue,
                "name": record.name.databaseValue, "at": record.at.column,
            ])
        try require(isNew, else: .evicted)
    }

    func readmit(_ client: ClientIdentity, to groupName: String) throws {
        try require(
            db.change(
                "DELETE FROM eviction WHERE group_name = ? AND client = ?",
                [groupName.databaseValue, client.text.databaseValue]),
            else: .notEvicted)
    }

    func removeMember(_ key: MemberKey) throws {
        try require(
            db.change(
                "DELETE FROM member WHERE group_name = ? AND name = ?",
                [key.groupName.databaseValue, key.name.databaseValue]),
            else: .memberUnknown)
    }
}
