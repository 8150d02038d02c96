internal import ACEGroupcomm
internal import Bytes
internal import COSE
internal import CryptoPrimitives
internal import GRDB
internal import GroupOSCORE
internal import MemberNode
internal import OSCORE

extension NodeTables {
    /// Everything, in a stable order.
    func state() throws -> NodeState {
        NodeState(
            identity: try db.rows(of: "identity").first.map(identity),
            association: try db.rows(of: "association").first.map(association),
            membership: try db.rows(of: "membership").first.map(membership),
            peers: try db.rows(of: "peer", orderedBy: "sender_id").map(peer),
            windows: try db.rows(of: "replay_window", orderedBy: "sender_id").map(window),
            token: try db.rows(of: "token").first.map(token),
            usedSenderIDs: try db.rows(of: "used_sender_id", orderedBy: "group_id, sender_id").map(usedSenderID))
    }

    private func identity(_ row: Columns) throws(InvalidColumn) -> IdentityRecord {
        IdentityRecord(
            keyKind: try row.required(KeyKind(coseCurve: row.narrow("curve")), "curve"),
            privatePart: try sealing.open(row.bytes("sealed_private_key_seed"), at: .nodeSeed),
            credentialFormat: CredentialFormat(rawValue: try row.narrow("credential_format")),
            credential: try row.bytes("credential"))
    }

    private func association(_ row: Columns) throws(InvalidColumn) -> NodeAssociationRecord {
        NodeAssociationRecord(
            managerAddress: try row.text("manager_address"),
            masterSecret: try sealing.open(row.bytes("sealed_master_secret"), at: .associationSecret),
            idContext: try row.bytes("id_context"), clientSenderID: try row.bytes("client_sender_id"),
            managerSenderID: try row.bytes("manager_sender_id"), groupName: try row.text("group_name"),
            nodeName: try row.text("node_name"), roles: Roles(rawValue: try row.number("roles")),
            managerCredentialHash: try row.bytes("manager_credential_hash"),
            clientNonce: try row.bytes("client_nonce"), reservedEnd: try row.number("reserved_end"))
    }

    private func token(_ row: Columns) throws(InvalidColumn) -> NodeTokenRecord {
        NodeTokenRecord(
            token: try sealing.open(row.bytes("sealed_token"), at: .token),
            inputMaterialID: try row.bytes("input_material_id"),
            masterSecret: try sealing.open(row.bytes("sealed_master_secret"), at: .tokenSecret),
            salt: try row.optionalBytes("salt"), idContext: try row.optionalBytes("id_context"),
            algorithm: try row.narrow("algorithm"), hkdf: try row.narrow("hkdf"), scope: try row.bytes("scope"),
            expiry: try row.optionalNumber("expiry"))
    }

    private func membership(_ row: Columns) throws(InvalidColumn) -> MembershipRecord {
        var record = MembershipRecord(
            groupName: try row.text("group_name"), memberName: try row.text("member_name"),
            groupID: try row.bytes("group_id"), version: try row.number("version"),
            masterSecret: try sealing.open(row.bytes("sealed_master_secret"), at: .membershipSecret),
            masterSalt: try row.bytes("master_salt"), algorithms: try algorithms(row),
            credentialFormat: CredentialFormat(rawValue: try row.narrow("credential_format")),
            managerCredential: try row.bytes("manager_credential"), senderID: try row.bytes("sender_id"),
            roles: Roles(rawValue: try row.number("roles")), network: try network(row),
            reservedEnd: try row.number("reserved_end"))
        record.isLeaving = try row.bool("is_leaving")
        return record
    }

    private func usedSenderID(_ row: Columns) throws(InvalidColumn) -> UsedSenderIDRecord {
        UsedSenderIDRecord(groupID: try row.bytes("group_id"), senderID: try row.bytes("sender_id"))
    }

    private func algorithms(_ row: Columns) throws(InvalidColumn) -> GroupAlgorithms {
        func number(_ column: String) throws(InvalidColumn) -> Int? {
            guard try row.optionalInteger(column) != nil else { return nil }
            return try row.narrow(column)
        }
        return GroupAlgorithms(
            aead: try number("aead").map(AEADAlgorithm.init(rawValue:)),
            groupEncryption: try number("group_encryption").map(GroupEncryptionAlgorithm.init(rawValue:)),
            signature: try number("signature").map(SignatureAlgorithm.init(rawValue:)),
            pairwiseKeyAgreement: try number("pairwise_key_agreement")
                .map(PairwiseKeyAgreementAlgorithm.init(rawValue:)),
            hkdf: HKDFAlgorithm(rawValue: try row.narrow("hkdf")))
    }

    private func network(_ row: Columns) throws(InvalidColumn) -> NetworkParameters? {
        guard let address = try row.optionalBytes("network_address") else { return nil }
        return NetworkParameters(
            groupAddress: try row.required(IPv6Address(address.span), "network_address"),
            port: try row.narrow("network_port"), linkRate: try row.number("network_link_rate"),
            maximumGroupSize: try row.number("network_maximum_group_size"),
            applicationGroups: try row.texts("network_application_groups"),
            memberName: try row.text("network_member_name"))
    }

    private func peer(_ row: Columns) throws(InvalidColumn) -> PeerRecord {
        PeerRecord(
            senderID: try row.bytes("sender_id"), credential: try row.bytes("credential"),
            roles: Roles(rawValue: try row.number("roles")), name: try row.optionalText("name"))
    }

    private func window(_ row: Columns) throws(InvalidColumn) -> NodeReplayWindowRecord {
        NodeReplayWindowRecord(
            groupID: try row.bytes("group_id"), senderID: try row.bytes("sender_id"),
            window: ReplayWindow.Snapshot(
                size: try row.narrow("size"), highest: try row.optionalNumber("highest"),
                words: try row.words("words"), isValid: try row.bool("is_valid")))
    }
}
