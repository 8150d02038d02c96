internal import Bytes
internal import GRDB
internal import GroupManager

extension ManagerTables {
    /// Everything, in a stable order.
    func snapshot() throws -> ManagerSnapshot {
        ManagerSnapshot(
            identity: try db.rows(of: "identity").first.map(identity),
            groups: try db.rows(of: "security_group", orderedBy: "name").map(group),
            members: try db.rows(of: "member", orderedBy: "group_name, name").map(member),
            invitations: try db.rows(of: "invitation", orderedBy: "client_sender_id").map(invitation),
            associations: try db.rows(of: "association", orderedBy: "client_sender_id, id_context").map(association),
            assignedSenderIDs: try db.rows(of: "assigned_sender_id", orderedBy: "group_name, group_id, sender_id")
                .map(assignedSenderID))
    }

    private func identity(_ row: Columns) throws(InvalidColumn) -> ManagerIdentityRecord {
        ManagerIdentityRecord(
            name: try row.text("name"),
            signingSeed: try sealing.open(row.bytes("sealed_signing_seed"), at: .managerSeed),
            credential: try row.bytes("credential"), globalID: try row.bytes("global_id"))
    }

    private func group(_ row: Columns) throws(InvalidColumn) -> GroupRecord {
        let name = try row.text("name")
        let address = try row.bytes("address")
        return GroupRecord(
            name: name, configuration: try row.bytes("configuration"), groupID: try row.bytes("group_id"),
            version: try row.number("version"),
            masterSecret: try sealing.open(row.bytes("sealed_master_secret"), at: .groupSecret(name)),
            masterSalt: try row.bytes("master_salt"), expiration: try row.number("expiration"),
            address: try row.required(IPv6Address(address.span), "address"), port: try row.narrow("port"),
            linkRate: try row.number("link_rate"), maximumGroupSize: try row.number("maximum_group_size"),
            resources: try row.texts("resources"), createdAt: try row.number("created_at"))
    }

    private func invitation(_ row: Columns) throws(InvalidColumn) -> InvitationRecord {
        let clientSenderID = try row.bytes("client_sender_id")
        return InvitationRecord(
            clientSenderID: clientSenderID, managerSenderID: try row.bytes("manager_sender_id"),
            masterSecret: try sealing.open(
                row.bytes("sealed_master_secret"), at: .invitationSecret(clientSenderID)),
            groupName: try row.text("group_name"), nodeName: try row.text("node_name"),
            roles: try row.number("roles"), createdAt: try row.number("created_at"), expiry: try row.number("expiry"),
            consumedBy: try row.optionalBytes("consumed_by"))
    }

    private func member(_ row: Columns) throws(InvalidColumn) -> MemberRecord {
        let groupName = try row.text("group_name")
        let name = try row.text("name")
        return MemberRecord(
            groupName: groupName, name: name, roles: try row.number("roles"),
            senderID: try row.optionalBytes("sender_id"), credential: try row.optionalBytes("credential"),
            scope: try row.bytes("scope"), clientNonce: try row.bytes("client_nonce"),
            controlURI: try row.optionalText("control_uri"), association: try associationKey(row),
            joinedAt: try row.number("joined_at"), joinRequestHash: try row.bytes("join_request_hash"),
            joinAnswer: try sealing.open(row.bytes("sealed_join_answer"), at: .joinAnswer(groupName, name)))
    }

    private func association(_ row: Columns) throws(InvalidColumn) -> AssociationRecord {
        AssociationRecord(
            key: try associationKey(row),
            replayWindow: ReplayWindowRecord(
                size: try row.narrow("window_size"), highest: try row.optionalNumber("window_highest"),
                words: try row.words("window_words"), isValid: try row.bool("window_is_valid")),
            reservedSequenceEnd: try row.number("reserved_end"))
    }

    private func assignedSenderID(_ row: Columns) throws(InvalidColumn) -> AssignedSenderIDRecord {
        AssignedSenderIDRecord(
            groupName: try row.text("group_name"), groupID: try row.bytes("group_id"),
            senderID: try row.bytes("sender_id"))
    }

    private func associationKey(_ row: Columns) throws(InvalidColumn) -> AssociationKey {
        AssociationKey(clientSenderID: try row.bytes("client_sender_id"), idContext: try row.bytes("id_context"))
    }
}
