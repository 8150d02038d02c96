import ACEGroupcomm

extension GroupState {
    /// Every member that has a credential, as others see it, by Sender ID.
    var peers: [Peer] {
        members.values.compactMap { member in
            guard let credential = member.credential, let senderID = member.senderID else { return nil }
            return Peer(
                credential: credential, roles: Roles(rawValue: member.roles), senderID: senderID, name: member.name)
        }
        .sorted { $0.senderID.lexicographicallyPrecedes($1.senderID) }
    }

    /// The peers that a request asks for.
    ///
    /// - Parameter roles: The asker's roles, which decide who is relevant.
    func peers(matching filter: CredentialFilter, askedWith roles: Roles) -> [Peer] {
        // A FETCH may name thousands of identifiers, most of them again and again.
        var wanted: Set<Roles> = []
        var listed: Set<[UInt8]> = []
        if case .matching(_, let roles, let senderIDs) = filter {
            wanted = Set(roles)
            listed = Set(senderIDs)
        }
        return peers.filter { peer in
            switch filter {
            case .relevant:
                // GM-0095: responders matter to a requester, requesters to a responder or monitor.
                return roles.contains(.requester) && peer.roles.contains(.responder)
                    || !roles.isDisjoint(with: [.responder, .monitor]) && peer.roles.contains(.requester)
            case .matching(let including, _, _):
                // GM-0187: a combined value wants all of its roles.
                let hasRole = wanted.contains { $0.isSubset(of: peer.roles) }
                let isListed = listed.contains(peer.senderID)
                // GM-0184, GM-0185, GM-0186
                return including ? hasRole || isListed : (wanted.isEmpty || hasRole) && !isListed
            }
        }
    }
}
