import Testing

@testable import GroupManager

/// A write that a store with the samples in it must refuse, and how.
struct RefusedManagerWrite: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let write: ManagerWrite
    let error: ManagerWriteError

    static let all = first + ofClients + ofMembers + ofKeys + ofAudit

    private static let first = [
        Self("second identity", .insertIdentity(ManagerSamples.identity), .identityExists),
        Self("second token keys", .insertTokenKeys(ManagerSamples.tokenKeys), .tokenKeysExist),
        Self("group name taken", .insertGroup(ManagerSamples.group(groupID: [7, 7, 7])), .groupExists),
        Self("Gid taken", .insertGroup(ManagerSamples.group("new")), .groupExists),
        Self("group of another name", .insertGroup(RandomManagerWrite.misnamedGroup), .invalidRecord),
        Self("second credential", .insertGroupCredential(ManagerSamples.groupCredential()), .groupCredentialExists),
        Self(
            "credential without group", .insertGroupCredential(ManagerSamples.groupCredential("nowhere")),
            .groupUnknown),
        Self("client Sender ID taken", .insertInvitation(ManagerSamples.invitation()), .invitationExists),
        Self(
            "invitation without group", .insertInvitation(ManagerSamples.invitation(1, group: "nowhere")),
            .groupUnknown),
        Self("invitation unknown", .consumeInvitation(ManagerSamples.key(200)), .invitationUnknown),
        Self("invitation used", .consumeInvitation(ManagerSamples.key(1, context: 99)), .invitationUsed),
        Self("invitation used by the same", .consumeInvitation(ManagerSamples.key()), .invitationUsed),
        Self(
            "unknown invitation revoked",
            .revokeInvitation(clientSenderID: ManagerSamples.key(200).clientSenderID, at: 1), .invitationUnknown),
        Self(
            "invitation revoked again", .revokeInvitation(clientSenderID: ManagerSamples.key(2).clientSenderID, at: 1),
            .invitationRevoked),
        Self(
            "association without invitation", .putAssociation(ManagerSamples.association(200)), .invitationUnknown),
        Self(
            "window goes back", .putAssociation(ManagerSamples.association(highest: 40)), .associationWentBack),
        Self("window forgets", .putAssociation(ManagerSamples.association(highest: nil)), .associationWentBack),
        Self("reservation goes back", .putAssociation(ManagerSamples.association(end: 255)), .associationWentBack),
    ]

    private static let ofClients = [
        Self("Recipient ID taken", .insertClient(ManagerSamples.clientRecord(1, client: 9)), .clientExists),
        Self("Recipient ID taken by itself", .insertClient(ManagerSamples.clientRecord()), .clientExists),
        Self("input material of another", .insertClient(ManagerSamples.clientRecord(9)), .clientExists),
        Self("client unknown", .advanceClient(recipientID: [9], ManagerSamples.progress()), .clientUnknown),
        Self(
            "window of a client goes back", .advanceClient(recipientID: [1], ManagerSamples.progress(highest: 40)),
            .associationWentBack),
        Self(
            "window of a client forgets", .advanceClient(recipientID: [1], ManagerSamples.progress(highest: nil)),
            .associationWentBack),
        Self(
            "reservation for a client goes back", .advanceClient(recipientID: [1], ManagerSamples.progress(end: 255)),
            .associationWentBack),
        Self(
            "token of an unknown client", .reauthorizeClient(recipientID: [9], tokenID: [], scope: [], expiry: 0),
            .clientUnknown),
        Self(
            "address of an unknown client", .locateClient(recipientID: [9], ManagerSamples.address), .clientUnknown),
        Self("challenge of an unknown client", .challengeClient(recipientID: [9], kdcChallenge: []), .clientUnknown),
        Self("unknown client removed", .removeClient(recipientID: [9]), .clientUnknown),
        Self("token revoked again", .revokeToken(ManagerSamples.revocation()), .tokenRevoked),
    ]

    private static let ofMembers = [
        Self("member name taken", .insertMember(RandomManagerWrite.member(1, node: 9, client: 9)), .memberExists),
        Self("NODENAME of a member", .insertMember(RandomManagerWrite.member(9, node: 1, client: 9)), .memberExists),
        Self("client is a member", .insertMember(RandomManagerWrite.member(9, node: 9, client: 1)), .memberExists),
        Self("member without group", .insertMember(ManagerSamples.member(group: "nowhere")), .groupUnknown),
        Self("member unknown", .replaceMember(ManagerSamples.member(9)), .memberUnknown),
        Self("member of another group", .replaceMember(ManagerSamples.member(group: "blinds")), .memberUnknown),
        Self(
            "other NODENAME", .replaceMember(RandomManagerWrite.member(1, node: 9, client: 1)), .memberUnknown),
        Self("other client", .replaceMember(RandomManagerWrite.member(1, node: 1, client: 9)), .memberUnknown),
        Self("unknown member removed", .removeMember(ManagerSamples.member(9).key), .memberUnknown),
        Self("NODENAME given away", .assignNodeName(ManagerSamples.nodeName(1, client: 9)), .nodeNameTaken),
        Self("NODENAME given again", .assignNodeName(ManagerSamples.nodeName()), .nodeNameTaken),
        Self("NODENAME without group", .assignNodeName(ManagerSamples.nodeName(group: "nowhere")), .groupUnknown),
        Self("Sender ID handed out before", .assignSenderID(ManagerSamples.assigned()), .senderIDTaken),
        Self("Sender ID without group", .assignSenderID(ManagerSamples.assigned(group: "nowhere")), .groupUnknown),
        Self("Sender ID stale already", .addStaleSenderID(ManagerSamples.stale()), .senderIDStale),
        Self("stale without group", .addStaleSenderID(ManagerSamples.stale(group: "nowhere")), .groupUnknown),
    ]

    private static let ofKeys = [
        Self("prefix taken", .assignGroupIDPrefix(ManagerSamples.prefix(group: "lights")), .groupIDPrefixTaken),
        Self("prefix again", .assignGroupIDPrefix(ManagerSamples.prefix()), .groupIDPrefixTaken),
        Self("empty prefix", .assignGroupIDPrefix(ManagerSamples.prefix([])), .invalidRecord),
        Self("prefix without group", .assignGroupIDPrefix(ManagerSamples.prefix([1], group: "nowhere")), .groupUnknown),
        Self(
            "reason without group", .demandRekeying(groupName: "nowhere", DueRekeying(since: 1, evicts: false)),
            .groupUnknown),
        Self("keys without group", .rekeyGroup(ManagerSamples.rekeying(of: "nowhere")), .groupUnknown),
        Self("same version", .rekeyGroup(ManagerSamples.rekeying(version: 7)), .versionWentBack),
        Self("same Gid", .rekeyGroup(ManagerSamples.rekeying(to: [9, 8, 7, 0, 3])), .groupIDUsed),
        Self("earlier epoch", .rekeyGroup(ManagerSamples.rekeying(to: [9, 8, 7, 0, 2])), .groupIDUsed),
        Self("prefix of nobody", .rekeyGroup(ManagerSamples.rekeying(to: [9, 8, 6, 0, 4])), .groupIDUsed),
        Self("prefix of another group", .rekeyGroup(ManagerSamples.rekeying(of: "lights")), .groupIDUsed),
        Self("no prefix", .rekeyGroup(ManagerSamples.rekeying(to: [9, 8])), .groupIDUsed),
        Self("keys of nobody", .confirmKeys(ManagerSamples.member(99).key, version: 7), .memberUnknown),
        Self("keys that are older", .confirmKeys(ManagerSamples.member().key, version: 6), .versionWentBack),
        Self("keys that are not there", .confirmKeys(ManagerSamples.member().key, version: 8), .versionWentBack),
        Self("evicted again", .evict(ManagerSamples.eviction()), .evicted),
        Self("evicted from nowhere", .evict(ManagerSamples.eviction(group: "nowhere")), .groupUnknown),
        Self(
            "association of a barred invitation", .putAssociation(ManagerSamples.association(5)), .invitationBarred),
        Self("restore that is not pending", .completeRestore, .noRestorePending),
        Self("readmitted without reason", .readmit(groupName: "lights", ManagerSamples.client(6)), .notEvicted),
    ]

    private static let ofAudit: [Self] = {
        let records = ManagerSamples.auditRecords
        let next = AuditHead(sequence: 2, hash: records[1].hash, checkpoint: 0)
        func following(_ head: AuditHead) -> ManagerWrite {
            .appendAudit(AuditRecord(following: head, at: 1, AuditEntry(.tokenKeysCreated), salt: []))
        }
        return [
            Self("audit record again", .appendAudit(records[1]), .auditMismatch),
            Self(
                "audit record left out", following(AuditHead(sequence: 3, hash: next.hash, checkpoint: 0)),
                .auditMismatch),
            Self(
                "audit record of another chain",
                following(AuditHead(sequence: 2, hash: records[0].hash, checkpoint: 0)),
                .auditMismatch),
            Self("first audit record again", following(AuditHead()), .auditMismatch),
            Self("checkpoint again", .appendCheckpoint(ManagerSamples.checkpoint()), .auditMismatch),
            Self("checkpoint of what is to come", .appendCheckpoint(ManagerSamples.checkpoint(3)), .auditMismatch),
            Self("checkpoint of an earlier record", .appendCheckpoint(ManagerSamples.checkpoint(1)), .auditMismatch),
        ]
    }()

    private init(_ testDescription: String, _ write: ManagerWrite, _ error: ManagerWriteError) {
        self.testDescription = testDescription
        self.write = write
        self.error = error
    }
}
