import ACEGroupcomm

extension GroupState {
    /// Every member that has a credential, as others see it, by Sender ID.
    var peers: [Peer] { peers { _, _ in true } }

    /// The peers that a request asks for.
    ///
    /// - Parameter roles: The asker's roles, which decide who is relevant.
    func peers(matching filter: CredentialFilter, askedWith roles: Roles) -> [Peer] {
        switch filter {
        case .relevant:
            // GM-0095: responders matter to a requester, requesters to a responder or monitor.
            let wantsResponders = roles.contains(.requester)
            let wantsRequesters = !roles.isDisjoint(with: [.responder, .monitor])
            return peers { roles, _ in
                wantsResponders && roles.contains(.responder) || wantsRequesters && roles.contains(.requester)
            }
        case .matching(let including, let roles, let senderIDs):
            // A FETCH may name thousands of identifiers, most of them again and again.
            let wanted = Set(roles)
            let listed = Set(senderIDs)
            return peers { roles, senderID in
                // GM-0187: a combined value wants all of its roles.
                let hasRole = wanted.contains { $0.isSubset(of: roles) }
                let isListed = listed.contains(senderID)
                // GM-0184, GM-0185, GM-0186
                return including ? hasRole || isListed : (wanted.isEmpty || hasRole) && !isListed
            }
        }
    }

    /// Those that are wanted, by Sender ID. Only these are copied and put in order: a lamp that joins a thousand others is told
    /// of the switches.
    private func peers(where isWanted: (_ roles: Roles, _ senderID: [UInt8]) -> Bool) -> [Peer] {
        var peers: [Peer] = []
        for member in members.values {
            let roles = Roles(rawValue: member.roles)
            guard let credential = member.credential, let senderID = member.senderID, isWanted(roles, senderID) else {
                continue
            }
            peers.append(Peer(credential: credential, roles: roles, senderID: senderID, name: member.name))
        }
        return peers.sorted { $0.senderID.lexicographicallyPrecedes($1.senderID) }
    }
}
