internal import ACEGroupcomm
internal import Bytes
internal import CryptoPrimitives
internal import GRDB
internal import GroupManager

/// Groups, and what is only ever added to them.
extension ManagerTables {
    func requireGroup(_ name: String) throws {
        try require(db.has("security_group", where: "name = ?", [name.databaseValue]), else: .groupUnknown)
    }

    func add(_ record: GroupRecord) throws {
        let isNew = try db.insert(
            into: "security_group",
            [
                "name": record.name.databaseValue,
                "configuration": record.configuration.column,
                "group_id": record.groupID.column,
                "version": record.version.column,
                "sealed_master_secret": sealing.seal(record.masterSecret, at: .groupSecret(record.name)).column,
                "master_salt": record.masterSalt.column,
                "expiration": record.expiration.column,
                "address": record.address.bytes.column,
                "port": record.port.narrowColumn,
                "link_rate": record.linkRate.column,
                "maximum_group_size": record.maximumGroupSize.column,
                "resources": record.resources.column,
                "created_at": record.createdAt.column,
                "rekey_overlap": record.rekeyingPolicy.overlap.column,
                "rekeys_on_join": record.rekeyingPolicy.onJoin.databaseValue,
                "rekey_interval": record.rekeyingPolicy.interval.column,
                "rekeyed_at": record.latestRekeying.at.column,
                "overlap": record.latestRekeying.overlap.column,
                "elders": record.latestRekeying.elders.map(\.text).column,
                "rekey_due_since": record.dueRekeying?.since.column ?? .null,
                "rekey_due_evicts": (record.dueRekeying?.evicts ?? false).databaseValue,
            ])
        try require(isNew, else: .groupExists)
        // What would not load again is not stored.
        let configuration = try? GroupConfiguration(decodingRepresentation: record.configuration.span)
        try require(configuration?.groupName == record.name, else: .invalidRecord)
    }

    func add(_ record: GroupCredentialRecord) throws {
        try requireGroup(record.groupName)
        let key = ColumnAddress.groupPrivateKey(record.groupName)
        let isNew = try db.insert(
            into: "group_credential",
            [
                "group_name": record.groupName.databaseValue,
                "curve": record.curve.narrowColumn,
                "sealed_private_key": sealing.seal(record.privateKey, at: key).column,
                "credential": record.credential.column,
            ])
        try require(isNew, else: .groupCredentialExists)
    }

    func add(_ record: NodeNameRecord) throws {
        try requireGroup(record.groupName)
        let isNew = try db.insert(
            into: "node_name",
            [
                "group_name": record.groupName.databaseValue,
                "node_name": record.nodeName.databaseValue,
                "client": record.client.text.databaseValue,
            ])
        try require(isNew, else: .nodeNameTaken)
    }

    func add(_ record: AssignedSenderIDRecord) throws {
        try requireGroup(record.groupName)
        let isNew = try db.insert(
            into: "assigned_sender_id",
            [
                "group_name": record.groupName.databaseValue,
                "group_id": record.groupID.column,
                "sender_id": record.senderID.column,
                "client": record.client?.text.databaseValue ?? .null,
                "assigned_at": record.assignedAt.column,
            ])
        try require(isNew, else: .senderIDTaken)
    }

    func add(_ record: StaleSenderIDRecord) throws {
        try requireGroup(record.groupName)
        let isNew = try db.insert(
            into: "stale_sender_id",
            [
                "group_name": record.groupName.databaseValue,
                "version": record.version.column,
                "sender_id": record.senderID.column,
            ])
        try require(isNew, else: .senderIDStale)
    }
}

extension ColumnAddress {
    static func groupSecret(_ name: String) -> ColumnAddress {
        ColumnAddress(table: "security_group", row: [Array(name.utf8)], column: "sealed_master_secret")
    }

    static func groupPrivateKey(_ groupName: String) -> ColumnAddress {
        ColumnAddress(table: "group_credential", row: [Array(groupName.utf8)], column: "sealed_private_key")
    }
}
