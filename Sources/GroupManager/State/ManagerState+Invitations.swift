extension ManagerState {
    /// The invitations to a group under a name, whatever has become of them.
    func invitations(to groupName: String, for nodeName: String) -> [InvitationRecord] {
        (groups[groupName]?.invitations(for: nodeName) ?? []).compactMap { invitations[$0] }
            .filter { $0.nodeName == nodeName && $0.groupName == groupName }
    }

    /// Invitations that may still make a member: nobody has joined or left with them, and they were neither revoked nor
    /// barred. They may have ended.
    var openInvitations: [InvitationRecord] {
        // Who has joined is found in steps that do not grow with the group.
        let joined = groups.mapValues { Set($0.nodeNames.values) }
        return invitations.values.filter { invitation in
            Self.isOpen(invitation) { joined[invitation.groupName]?.contains($0) ?? true }
        }
    }

    /// Those to one group under one name.
    func openInvitations(to groupName: String, for nodeName: String) -> [InvitationRecord] {
        invitations(to: groupName, for: nodeName).filter { invitation in
            Self.isOpen(invitation) { groups[groupName]?.nodeNames.values.contains($0) ?? true }
        }
    }

    /// Those to one group under one name whose holders are no members and may join, or join again.
    func formerInvitations(to groupName: String, for nodeName: String) -> [InvitationRecord] {
        invitations(to: groupName, for: nodeName).filter { invitation in
            let client = ClientIdentity(invitation: invitation.clientSenderID)
            return !isVoid(invitation, of: client) && groups[groupName]?.member(client) == nil
        }
    }

    private static func isOpen(_ invitation: InvitationRecord, hasJoined: (ClientIdentity) -> Bool) -> Bool {
        guard invitation.revokedAt == nil, invitation.barredAt == nil else { return false }
        return invitation.consumedBy == nil || !hasJoined(ClientIdentity(invitation: invitation.clientSenderID))
    }
}
