internal import ACEGroupcomm
internal import Bytes
internal import GRDB
internal import GroupManager

#if GOSC_TEST_GUARDS
    internal import OSCORE
#endif

extension ManagerTables {
    /// Everything, in a stable order.
    func snapshot() throws -> ManagerSnapshot {
        var snapshot = ManagerSnapshot(
            identity: try db.rows(of: "identity").first.map(identity),
            groups: try db.rows(of: "security_group", orderedBy: "name").map(group))
        snapshot.tokenKeys = try db.rows(of: "token_keys").first.map(tokenKeys)
        snapshot.groupCredentials = try db.rows(of: "group_credential", orderedBy: "group_name").map(groupCredential)
        snapshot.members = try db.rows(of: "member", orderedBy: "group_name, name").map(member)
        #if GOSC_TEST_GUARDS
            if TestGuards.isOff(.membership) { snapshot.members = [] }
        #endif
        snapshot.nodeNames = try db.rows(of: "node_name", orderedBy: "group_name, node_name").map(nodeName)
        snapshot.invitations = try db.rows(of: "invitation", orderedBy: "client_sender_id").map(invitation)
        snapshot.associations = try db.rows(of: "association", orderedBy: "client_sender_id, id_context")
            .map(association)
        snapshot.clients = try db.rows(of: "client", orderedBy: "recipient_id").map(client)
        snapshot.revocations = try db.rows(of: "revocation", orderedBy: "token_id").map(revocation)
        snapshot.assignedSenderIDs =
            try db.rows(of: "assigned_sender_id", orderedBy: "group_name, group_id, sender_id").map(assignedSenderID)
        snapshot.staleSenderIDs =
            try db.rows(of: "stale_sender_id", orderedBy: "group_name, version, sender_id").map(staleSenderID)
        snapshot.evictions = try db.rows(of: "eviction", orderedBy: "group_name, client").map(eviction)
        snapshot.pendingRestore = try db.rows(of: "pending_restore").first.map(pendingRestore)
        snapshot.groupIDPrefixes = try db.rows(of: "group_id_prefix", orderedBy: "prefix").map(groupIDPrefix)
        snapshot.audit = try auditHead()
        return snapshot
    }

    private func identity(_ row: Columns) throws(InvalidColumn) -> ManagerIdentityRecord {
        ManagerIdentityRecord(
            name: try row.text("name"),
            signingSeed: try sealing.open(row.bytes("sealed_signing_seed"), at: .managerSeed),
            credential: try row.bytes("credential"), globalID: try row.bytes("global_id"))
    }

    private func tokenKeys(_ row: Columns) throws(InvalidColumn) -> TokenKeysRecord {
        TokenKeysRecord(
            sharedKey: try sealing.open(row.bytes("sealed_shared_key"), at: .tokenSharedKey),
            agreementKey: try sealing.open(row.bytes("sealed_agreement_key"), at: .tokenAgreementKey))
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
            resources: try row.texts("resources"), createdAt: try row.number("created_at"),
            rekeyingPolicy: GroupRekeyingRules(
                overlap: try row.number("rekey_overlap"), onJoin: try row.bool("rekeys_on_join"),
                interval: try row.optionalNumber("rekey_interval")),
            latestRekeying: LatestRekeying(
                at: try row.number("rekeyed_at"), overlap: try row.number("overlap"),
                elders: try row.texts("elders").map(ClientIdentity.init(stored:))),
            dueRekeying: try dueRekeying(row))
    }

    private func invitation(_ row: Columns) throws(InvalidColumn) -> InvitationRecord {
        let clientSenderID = try row.bytes("client_sender_id")
        return InvitationRecord(
            clientSenderID: clientSenderID, managerSenderID: try row.bytes("manager_sender_id"),
            masterSecret: try sealing.open(
                row.bytes("sealed_master_secret"), at: .invitationSecret(clientSenderID)),
            groupName: try row.text("group_name"), nodeName: try row.text("node_name"),
            roles: try row.number("roles"), createdAt: try row.number("created_at"), expiry: try row.number("expiry"),
            consumedBy: try row.optionalBytes("consumed_by"), revokedAt: try row.optionalNumber("revoked_at"),
            barredAt: try row.optionalNumber("barred_at"))
    }

    private func groupCredential(_ row: Columns) throws(InvalidColumn) -> GroupCredentialRecord {
        let groupName = try row.text("group_name")
        return GroupCredentialRecord(
            groupName: groupName, curve: try row.narrow("curve"),
            privateKey: try sealing.open(row.bytes("sealed_private_key"), at: .groupPrivateKey(groupName)),
            credential: try row.bytes("credential"))
    }

    private func member(_ row: Columns) throws(InvalidColumn) -> MemberRecord {
        MemberRecord(
            groupName: try row.text("group_name"), name: try row.text("name"), nodeName: try row.text("node_name"),
            client: ClientIdentity(stored: try row.text("client")), roles: try row.number("roles"),
            senderID: try row.optionalBytes("sender_id"), credential: try row.optionalBytes("credential"),
            scope: try row.bytes("scope"), clientNonce: try row.bytes("client_nonce"),
            controlURI: try row.optionalText("control_uri"), joinedAt: try row.number("joined_at"),
            keyVersion: try row.number("key_version"), birthGroupID: try row.optionalBytes("birth_group_id"))
    }

    private func dueRekeying(_ row: Columns) throws(InvalidColumn) -> DueRekeying? {
        let evicts = try row.bool("rekey_due_evicts")
        return try row.optionalNumber("rekey_due_since").map { DueRekeying(since: $0, evicts: evicts) }
    }

    private func eviction(_ row: Columns) throws(InvalidColumn) -> EvictionRecord {
        EvictionRecord(
            groupName: try row.text("group_name"), client: ClientIdentity(stored: try row.text("client")),
            name: try row.text("name"), at: try row.number("at"))
    }

    private func groupIDPrefix(_ row: Columns) throws(InvalidColumn) -> GroupIDPrefixRecord {
        GroupIDPrefixRecord(
            prefix: try row.bytes("prefix"), groupName: try row.text("group_name"), since: try row.number("since"))
    }

    private func nodeName(_ row: Columns) throws(InvalidColumn) -> NodeNameRecord {
        NodeNameRecord(
            groupName: try row.text("group_name"), nodeName: try row.text("node_name"),
            client: ClientIdentity(stored: try row.text("client")))
    }

    private func client(_ row: Columns) throws(InvalidColumn) -> ClientRecord {
        let recipientID = try row.bytes("recipient_id")
        return ClientRecord(
            recipientID: recipientID, senderID: try row.bytes("sender_id"),
            client: ClientIdentity(stored: try row.text("client")),
            inputMaterialID: try row.bytes("input_material_id"),
            masterSecret: try sealing.open(row.bytes("sealed_master_secret"), at: .clientSecret(recipientID)),
            masterSalt: try row.bytes("master_salt"), idContext: try row.optionalBytes("id_context"),
            algorithm: try row.narrow("algorithm"), hkdf: try row.narrow("hkdf"), tokenID: try row.bytes("token_id"),
            scope: try row.bytes("scope"), expiry: try row.number("expiry"),
            kdcChallenge: try row.bytes("kdc_challenge"), replayWindow: try replayWindow(row),
            reservedSequenceEnd: try row.number("reserved_end"), address: try socketAddress(row))
    }

    private func socketAddress(_ row: Columns) throws(InvalidColumn) -> SocketAddress? {
        guard let bytes = try row.optionalBytes("address") else { return nil }
        return SocketAddress(
            try row.required(IPv6Address(bytes.span), "address"), port: try row.narrow("port"),
            interface: InterfaceIndex(try row.narrow("interface")))
    }

    private func revocation(_ row: Columns) throws(InvalidColumn) -> RevocationRecord {
        RevocationRecord(tokenID: try row.bytes("token_id"), revokedAt: try row.number("revoked_at"))
    }

    private func association(_ row: Columns) throws(InvalidColumn) -> AssociationRecord {
        AssociationRecord(
            key: AssociationKey(
                clientSenderID: try row.bytes("client_sender_id"), idContext: try row.bytes("id_context")),
            replayWindow: try replayWindow(row), reservedSequenceEnd: try row.number("reserved_end"))
    }

    private func replayWindow(_ row: Columns) throws(InvalidColumn) -> ReplayWindowRecord {
        ReplayWindowRecord(
            size: try row.narrow("window_size"), highest: try row.optionalNumber("window_highest"),
            words: try row.words("window_words"), isValid: try row.bool("window_is_valid"))
    }

    private func assignedSenderID(_ row: Columns) throws(InvalidColumn) -> AssignedSenderIDRecord {
        AssignedSenderIDRecord(
            groupName: try row.text("group_name"), groupID: try row.bytes("group_id"),
            senderID: try row.bytes("sender_id"),
            client: try row.optionalText("client").map(ClientIdentity.init(stored:)),
            assignedAt: try row.optionalNumber("assigned_at"))
    }

    private func staleSenderID(_ row: Columns) throws(InvalidColumn) -> StaleSenderIDRecord {
        StaleSenderIDRecord(
            groupName: try row.text("group_name"), version: try row.number("version"),
            senderID: try row.bytes("sender_id"))
    }
}
