/// What takes one write back.
public enum ManagerUndo: Hashable, Sendable {
    case identity
    case tokenKeys
    case group(String, groupID: [UInt8])
    case groupCredential(String)
    case nodeName(NodeNameRecord)
    case assignedSenderID(AssignedSenderIDRecord)
    case staleSenderID(StaleSenderIDRecord)
    case invitation([UInt8], InvitationRecord?)
    case association(AssociationKey, AssociationRecord?)
    case newClient([UInt8], replaced: ClientRecord?)
    case client(ClientRecord)
    case revocation([UInt8])
    case member(MemberKey, MemberRecord?)
    case groupIDPrefix([UInt8])
    case demand(String, DueRekeying?)
    case rekeying(GroupRekeyingUndo)
    case eviction(String, ClientIdentity, EvictionRecord?)
    case audit(AuditHead)
    indirect case restore(before: ManagerState)
}

/// What a group had before new keys.
public struct GroupRekeyingUndo: Hashable, Sendable {
    let record: GroupRecord
    let assignedSenderIDs: [[UInt8]: AssignedSenderIDs]
    let staleSenderIDs: [UInt64: Set<[UInt8]>]
}

extension ManagerState {
    mutating func undo(_ step: ManagerUndo) {
        switch step {
        case .identity: identity = nil
        case .tokenKeys: tokenKeys = nil
        case .group(let name, let groupID):
            groups[name] = nil
            groupNames[groupID] = nil
        case .groupCredential(let name): groups[name]?.credential = nil
        case .nodeName(let record): forget(record)
        case .assignedSenderID(let record): groups[record.groupName]?.forget(record)
        case .staleSenderID(let record): groups[record.groupName]?.forget(record)
        case .invitation(let clientSenderID, let before):
            if before == nil, let record = invitations[clientSenderID] {
                groups[record.groupName]?.removeInvitation(clientSenderID, for: record.nodeName)
            }
            invitations[clientSenderID] = before
        case .association(let key, let before):
            associations[key] = before
            guard before == nil, let count = associationCounts[key.clientSenderID] else { return }
            associationCounts[key.clientSenderID] = count > 1 ? count - 1 : nil
        case .newClient(let recipientID, replaced: let earlier):
            if let record = clients[recipientID] { forget(record) }
            if let earlier { keep(earlier) }
        case .client(let before): keep(before)
        case .revocation(let tokenID): revocations[tokenID] = nil
        case .member(let key, let before):
            if let present = groups[key.groupName]?.members[key.name] {
                groups[key.groupName]?.removeMember(present)
            }
            if let before { keep(before) }
        case .groupIDPrefix(let prefix): groupIDPrefixes[prefix] = nil
        case .demand(let name, let before): groups[name]?.record.dueRekeying = before
        case .rekeying(let before): undo(before)
        case .eviction(let name, let client, let before): groups[name]?.evictions[client] = before
        case .audit(let before): audit = before
        case .restore(let before): self = before
        }
    }

    private mutating func forget(_ name: NodeNameRecord) {
        groups[name.groupName]?.unassign(nodeName: name.nodeName)
        if let clientSenderID = name.client.invitation, let invitation = invitations[clientSenderID],
            invitation.groupName == name.groupName, invitation.nodeName == name.nodeName
        {
            groups[name.groupName]?.addInvitation(clientSenderID, for: name.nodeName)
        }
    }
}

extension GroupState {
    // A set that has become empty goes: states with the same records are equal.
    fileprivate mutating func forget(_ record: AssignedSenderIDRecord) {
        assignedSenderIDs[record.groupID]?.remove(record)
        if assignedSenderIDs[record.groupID]?.count == 0 { assignedSenderIDs[record.groupID] = nil }
    }

    fileprivate mutating func forget(_ record: StaleSenderIDRecord) {
        staleSenderIDs[record.version]?.remove(record.senderID)
        if staleSenderIDs[record.version]?.isEmpty == true { staleSenderIDs[record.version] = nil }
    }
}
