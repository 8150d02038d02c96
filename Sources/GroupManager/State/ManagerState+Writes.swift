import ACEGroupcomm

extension ManagerState {
    /// Applies one write, or nothing if its guard fails.
    mutating func apply(_ write: ManagerWrite) throws(ManagerWriteError) -> ManagerUndo {
        switch write {
        case .insertIdentity(let record):
            guard identity == nil else { throw .identityExists }
            identity = record
            return .identity
        case .insertTokenKeys(let record):
            guard tokenKeys == nil else { throw .tokenKeysExist }
            tokenKeys = record
            return .tokenKeys
        case .insertGroup, .insertGroupCredential, .assignNodeName, .assignSenderID, .addStaleSenderID:
            return try applyToGroup(write)
        case .insertInvitation, .consumeInvitation, .revokeInvitation, .putAssociation:
            return try applyToInvitation(write)
        case .insertClient, .advanceClient, .reauthorizeClient, .locateClient, .challengeClient, .removeClient,
            .revokeToken:
            return try applyToClient(write)
        case .insertMember, .replaceMember, .removeMember:
            return try applyToMember(write)
        case .assignGroupIDPrefix, .demandRekeying, .rekeyGroup, .confirmKeys, .evict, .readmit:
            return try applyToKeys(write)
        case .appendAudit, .appendCheckpoint:
            return try applyToAudit(write)
        case .restore, .completeRestore:
            return try applyToRestore(write)
        }
    }

    private mutating func applyToGroup(_ write: ManagerWrite) throws(ManagerWriteError) -> ManagerUndo {
        switch write {
        case .insertGroup(let record):
            guard groups[record.name] == nil, !uses(groupID: record.groupID) else { throw .groupExists }
            guard let configuration = try? GroupConfiguration(decodingRepresentation: record.configuration.span),
                configuration.groupName == record.name
            else { throw .invalidRecord }
            groups[record.name] = GroupState(record: record, configuration: configuration)
            groupNames[record.groupID] = record.name
            return .group(record.name, groupID: record.groupID)
        case .insertGroupCredential(let record):
            guard groups[record.groupName] != nil else { throw .groupUnknown }
            guard groups[record.groupName]?.credential == nil else { throw .groupCredentialExists }
            groups[record.groupName]?.credential = record
            return .groupCredential(record.groupName)
        case .assignNodeName(let record):
            guard groups[record.groupName] != nil else { throw .groupUnknown }
            guard groups[record.groupName]?.nodeNames[record.nodeName] == nil else { throw .nodeNameTaken }
            groups[record.groupName]?.assign(nodeName: record.nodeName, to: record.client)
            return .nodeName(record)
        case .assignSenderID(let record):
            guard groups[record.groupName] != nil else { throw .groupUnknown }
            guard
                groups[record.groupName]?.assignedSenderIDs[
                    record.groupID, default: AssignedSenderIDs(groupName: record.groupName, groupID: record.groupID)
                ].insert(record) == true
            else { throw .senderIDTaken }
            return .assignedSenderID(record)
        case .addStaleSenderID(let record):
            guard groups[record.groupName] != nil else { throw .groupUnknown }
            guard
                groups[record.groupName]?.staleSenderIDs[record.version, default: []].insert(record.senderID).inserted
                    == true
            else { throw .senderIDStale }
            return .staleSenderID(record)
        default: throw .invalidRecord
        }
    }

    private mutating func applyToInvitation(_ write: ManagerWrite) throws(ManagerWriteError) -> ManagerUndo {
        switch write {
        case .insertInvitation(let record):
            guard groups[record.groupName] != nil else { throw .groupUnknown }
            guard invitations[record.clientSenderID] == nil else { throw .invitationExists }
            invitations[record.clientSenderID] = record
            groups[record.groupName]?.addInvitation(record.clientSenderID, for: record.nodeName)
            invitations[record.clientSenderID]?.managerSenderID = common.shared(record.managerSenderID)
            return .invitation(record.clientSenderID, nil)
        case .consumeInvitation(let key):
            guard let before = invitations[key.clientSenderID] else { throw .invitationUnknown }
            guard before.consumedBy == nil else { throw .invitationUsed }
            invitations[key.clientSenderID]?.consumedBy = key.idContext
            return .invitation(key.clientSenderID, before)
        case .revokeInvitation(let clientSenderID, at: let time):
            guard let before = invitations[clientSenderID] else { throw .invitationUnknown }
            guard before.revokedAt == nil else { throw .invitationRevoked }
            invitations[clientSenderID]?.revokedAt = time
            return .invitation(clientSenderID, before)
        case .putAssociation(var record):
            guard let invitation = invitations[record.key.clientSenderID] else { throw .invitationUnknown }
            guard invitation.barredAt == nil else { throw .invitationBarred }
            let before = associations[record.key]
            // The same bytes, in memory that is there already.
            record.key = before?.key ?? record.key
            record.key.clientSenderID = invitation.clientSenderID
            if let before {
                guard record.replayWindow.isAtLeast(before.replayWindow),
                    before.reservedSequenceEnd <= record.reservedSequenceEnd
                else { throw .associationWentBack }
            } else {
                let others = associationCounts[record.key.clientSenderID, default: 0]
                associationCounts[record.key.clientSenderID] = others == .max ? others : others + 1
            }
            associations[record.key] = record
            return .association(record.key, before)
        default: throw .invalidRecord
        }
    }

    private mutating func applyToClient(_ write: ManagerWrite) throws(ManagerWriteError) -> ManagerUndo {
        switch write {
        case .insertClient(let record):
            guard clients[record.recipientID] == nil else { throw .clientExists }
            if let owner = owner(ofInputMaterial: record.inputMaterialID), owner != record.client {
                throw .clientExists
            }
            let earlier = recipientIDs[record.client].flatMap { clients[$0] }
            if let earlier { forget(earlier) }
            keep(record)
            return .newClient(record.recipientID, replaced: earlier)
        case .advanceClient(let recipientID, let progress):
            guard let before = clients[recipientID] else { throw .clientUnknown }
            guard progress.isAtLeast(before.progress) else { throw .associationWentBack }
            clients[recipientID]?.progress = progress
            return .client(before)
        case .reauthorizeClient(let recipientID, let tokenID, let scope, let expiry):
            guard let before = clients[recipientID] else { throw .clientUnknown }
            clients[recipientID]?.tokenID = tokenID
            clients[recipientID]?.scope = common.shared(scope)
            clients[recipientID]?.expiry = expiry
            return .client(before)
        case .locateClient(let recipientID, let address):
            guard let before = clients[recipientID] else { throw .clientUnknown }
            clients[recipientID]?.address = address
            return .client(before)
        case .challengeClient(let recipientID, let challenge):
            guard let before = clients[recipientID] else { throw .clientUnknown }
            clients[recipientID]?.kdcChallenge = challenge
            return .client(before)
        case .removeClient(let recipientID):
            guard let before = clients[recipientID] else { throw .clientUnknown }
            forget(before)
            return .client(before)
        case .revokeToken(let record):
            guard revocations[record.tokenID] == nil else { throw .tokenRevoked }
            revocations[record.tokenID] = record
            return .revocation(record.tokenID)
        default: throw .invalidRecord
        }
    }

    private mutating func applyToMember(_ write: ManagerWrite) throws(ManagerWriteError) -> ManagerUndo {
        switch write {
        case .insertMember(let record):
            // No name for the group: a second reference to it while it changes would copy all of its members.
            guard groups[record.groupName] != nil else { throw .groupUnknown }
            guard groups[record.groupName]?.members[record.name] == nil,
                groups[record.groupName]?.names[record.client] == nil,
                groups[record.groupName]?.hasMember(nodeName: record.nodeName) == false
            else { throw .memberExists }
            keep(record)
            return .member(record.key, nil)
        case .replaceMember(let record):
            guard let before = groups[record.groupName]?.members[record.name], before.client == record.client,
                before.nodeName == record.nodeName
            else { throw .memberUnknown }
            keep(record)
            return .member(record.key, before)
        case .removeMember(let key):
            guard let before = groups[key.groupName]?.members[key.name] else { throw .memberUnknown }
            groups[key.groupName]?.removeMember(before)
            return .member(key, before)
        default: throw .invalidRecord
        }
    }
}
