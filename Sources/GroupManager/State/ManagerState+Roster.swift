import ACEGroupcomm

extension ManagerState {
    /// The members of a group, by name.
    func members(of groupName: String) -> [MemberRecord] {
        members.values.filter { $0.groupName == groupName }.sorted { $0.name < $1.name }
    }

    /// The member that an association belongs to; `nil` if it has not joined.
    func member(of association: AssociationKey) -> MemberRecord? {
        guard let invitation = invitations[association.clientSenderID],
            invitation.consumedBy == association.idContext
        else { return nil }
        return members[MemberKey(groupName: invitation.groupName, name: invitation.nodeName)]
    }

    /// Every member that has a credential, as others see it.
    func peers(of groupName: String) -> [Peer] {
        members(of: groupName).compactMap { member in
            guard let credential = member.credential, let senderID = member.senderID else { return nil }
            return Peer(
                credential: credential, roles: Roles(rawValue: member.roles), senderID: senderID, name: member.name)
        }
    }

    /// The peers that a request asks for.
    ///
    /// - Parameter roles: The asker's roles, which decide who is relevant.
    func peers(of groupName: String, matching filter: CredentialFilter, askedWith roles: Roles) -> [Peer] {
        peers(of: groupName).filter { peer in
            switch filter {
            case .relevant:
                // GM-0095: responders matter to a requester, requesters to a responder or monitor.
                return roles.contains(.requester) && peer.roles.contains(.responder)
                    || !roles.isDisjoint(with: [.responder, .monitor]) && peer.roles.contains(.requester)
            case .matching(let including, let wanted, let senderIDs):
                // GM-0187: a combined value wants all of its roles.
                let hasRole = wanted.contains { $0.isSubset(of: peer.roles) }
                let isListed = senderIDs.contains(peer.senderID)
                // GM-0184, GM-0185, GM-0186
                return including ? hasRole || isListed : (wanted.isEmpty || hasRole) && !isListed
            }
        }
    }
}
