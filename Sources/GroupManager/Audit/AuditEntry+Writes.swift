import ACEGroupcomm
import Bytes
import COSE
import CryptoPrimitives

// GM-0486
extension AuditEntry {
    /// What the audit record says of a write; `nil` if it changes no membership, key or configuration.
    ///
    /// Every write has its line here, so that none is forgotten that comes later.
    ///
    /// - Parameters:
    ///   - write: A write that was applied.
    ///   - undo: What takes it back: it knows what was there before.
    init?(_ write: ManagerWrite, undo: ManagerUndo) {
        switch write {
        case .insertIdentity(let record):
            self.init(.managerCreated, subject: record.name, details: record.auditDetails)
        case .insertTokenKeys: self.init(.tokenKeysCreated)
        case .insertGroup(let record): self.init(created: record)
        case .insertGroupCredential(let record):
            self.init(
                .groupCredentialCreated, group: record.groupName,
                confidential: ["credential_hash": .hash(of: record.credential)])
        case .insertInvitation(let record):
            self.init(
                .invitationMade, invitation: record,
                details: ["roles": .roles(record.roles), "expiry": .number(record.expiry)])
        case .consumeInvitation, .revokeInvitation:
            guard case .invitation(_, let before?) = undo else { return nil }
            if case .consumeInvitation = write {
                self.init(.invitationUsed, invitation: before)
            } else {
                self.init(.invitationRevoked, invitation: before)
            }
        case .insertMember(let record): self.init(.memberJoined, member: record)
        case .replaceMember(let record):
            guard case .member(_, let before?) = undo else { return nil }
            self.init(replaced: before, by: record)
        case .removeMember:
            guard case .member(_, let before?) = undo else { return nil }
            self.init(.memberLeft, member: before)
        case .revokeToken(let record):
            self.init(.tokenRevoked, details: ["token_id": .hex(record.tokenID)])
        case .rekeyGroup(let rekeying):
            self.init(
                .rekeyed, group: rekeying.groupName,
                details: [
                    "gid": .hex(rekeying.groupID), "key_version": .number(rekeying.version),
                    "keys_expire": .number(rekeying.expiration), "overlap": .number(rekeying.latest.overlap),
                ])
        case .evict(let record):
            self.init(
                .memberEvicted, group: record.groupName, subject: record.name,
                confidential: ["client": .client(record.client)])
        case .readmit(let groupName, let client):
            guard case .eviction(_, _, let before?) = undo else { return nil }
            self.init(
                .memberReadmitted, group: groupName, subject: before.name, confidential: ["client": .client(client)])
        // Said with the keys that come of it, and how far members are.
        case .assignGroupIDPrefix, .demandRekeying, .confirmKeys: return nil
        // Said with the change of the member that it comes with.
        case .assignNodeName, .assignSenderID, .addStaleSenderID: return nil
        // What clients may ask for, and how far talks with them have come.
        case .putAssociation, .insertClient, .advanceClient, .reauthorizeClient, .locateClient, .challengeClient,
            .removeClient:
            return nil
        case .restore: self.init(.restored)
        case .completeRestore: self.init(.restoreCompleted)
        case .appendAudit, .appendCheckpoint: return nil
        }
    }

    /// The first record of a manager that is older than its audit record.
    init(beginningIn state: ManagerState) {
        self.init(
            .recordBegan, subject: state.identity?.name,
            details: [
                "groups": .number(UInt64(state.groups.count)),
                "members": .number(state.groups.values.reduce(0) { $0 + UInt64($1.members.count) }),
            ].merging(state.identity?.auditDetails ?? [:]) { $1 })
    }

    private init(created record: GroupRecord) {
        var details: [String: AuditValue] = [
            "gid": .hex(record.groupID), "key_version": .number(record.version),
            "keys_expire": .number(record.expiration), "address": .text(record.address.description),
            "port": .number(UInt64(record.port)), "link_rate": .number(record.linkRate),
            "maximum_group_size": .number(record.maximumGroupSize),
            "rekey_overlap": .number(record.rekeyingPolicy.overlap),
            "rekey_on_join": .text(record.rekeyingPolicy.onJoin ? "yes" : "no"),
        ]
        details["rekey_interval"] = record.rekeyingPolicy.interval.map { .number($0) }
        var confidential: [String: AuditValue] = [:]
        if !record.resources.isEmpty { details["resources"] = .list(record.resources) }
        // A group whose configuration cannot be read is not stored.
        if let configuration = try? GroupConfiguration(decodingRepresentation: record.configuration.span) {
            details.merge(configuration.auditDetails) { $1 }
            confidential = configuration.confidentialAuditDetails
        }
        self.init(.groupCreated, group: record.name, details: details, confidential: confidential)
    }

    private init(_ kind: AuditKind, invitation: InvitationRecord, details: [String: AuditValue] = [:]) {
        self.init(
            kind, group: invitation.groupName, subject: invitation.nodeName, details: details,
            confidential: ["invitation": .hex(invitation.clientSenderID)])
    }

    private init(_ kind: AuditKind, member: MemberRecord) {
        var details: [String: AuditValue] = ["roles": .roles(member.roles)]
        details["sender_id"] = member.senderID.map { .hex($0) }
        // The NODENAME in its URIs, where it has another than its name.
        if member.nodeName != member.name { details["node_name"] = .text(member.nodeName) }
        var confidential: [String: AuditValue] = ["client": .client(member.client)]
        confidential["credential_hash"] = member.credential.map { .hash(of: $0) }
        self.init(
            kind, group: member.groupName, subject: member.name, details: details, confidential: confidential)
    }

    /// `nil` where nothing has changed that a member is to others: the same join came again, or it is told of keys elsewhere.
    private init?(replaced before: MemberRecord, by member: MemberRecord) {
        let hasOtherID = before.senderID != member.senderID
        let hasOtherCredential = before.credential != member.credential
        guard hasOtherID || hasOtherCredential || before.roles != member.roles else { return nil }
        let hasJoined = before.clientNonce != member.clientNonce || before.joinedAt != member.joinedAt
        if hasJoined || before.roles != member.roles {
            self.init(.memberRejoined, member: member)
        } else {
            self.init(hasOtherID ? .senderIDRenewed : .credentialChanged, member: member)
        }
        if hasOtherID { details["former_sender_id"] = before.senderID.map { .hex($0) } }
    }
}

extension ManagerIdentityRecord {
    /// By which whoever verifies the record knows whose it is.
    fileprivate var auditDetails: [String: AuditValue] { ["manager_credential": .hash(of: credential)] }
}

extension GroupConfiguration {
    fileprivate var auditDetails: [String: AuditValue] {
        var details: [String: AuditValue] = [
            "active": .text(active ? "yes" : "no"), "hkdf": .text(hkdf.name),
            "credential_format": .text(credentialFormat.name),
        ]
        if let groupMode {
            details["encryption"] = .text(groupMode.encryption.name)
            details["signature"] = .text(groupMode.signature.name)
        }
        if let pairwiseMode {
            details["pairwise_encryption"] = .text(pairwiseMode.aead.name)
            details["key_agreement"] = .text(pairwiseMode.keyAgreement.name)
        }
        details["keys"] = keyKind.map { .text($0.name) }
        if reusesGroupIDs { details["gid_reuse"] = .text("yes") }
        return details
    }

    fileprivate var confidentialAuditDetails: [String: AuditValue] {
        var details: [String: AuditValue] = [:]
        details["description"] = groupDescription.map { .text($0) }
        if !applicationGroups.isEmpty { details["application_groups"] = .list(applicationGroups) }
        return details
    }
}

extension AuditValue {
    fileprivate static func hex(_ bytes: [UInt8]) -> Self { .text(Hex.encode(bytes)) }
    fileprivate static func hash(of bytes: [UInt8]) -> Self { .hex(SHA256.hash(bytes.span)) }
    fileprivate static func roles(_ bits: UInt64) -> Self { .text(Roles(rawValue: bits).description) }
    fileprivate static func list(_ names: [String]) -> Self { .text(names.joined(separator: ", ")) }

    /// In one line: who issued its tokens, and what it is called there.
    fileprivate static func client(_ client: ClientIdentity) -> Self {
        .text(client.text.split(separator: "\n", maxSplits: 1).joined(separator: " "))
    }
}
