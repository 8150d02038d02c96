import CBOR

/// One member as others see it: an element of `creds`, `peer_roles` and `peer_identifiers`.
public struct Peer: Hashable, Sendable {
    /// The authentication credential byte for byte as the member sent it (GM-0150).
    public var credential: [UInt8]
    /// Whose requests and responses to accept (GM-0120).
    public var roles: Roles
    /// The Sender ID.
    public var senderID: [UInt8]
    /// The name; `nil` from a manager other than ours.
    public var name: String?

    public init(credential: [UInt8], roles: Roles, senderID: [UInt8], name: String?) {
        self.credential = credential
        self.roles = roles
        self.senderID = senderID
        self.name = name
    }
}

extension WireMap<GroupcommLabel> {
    /// The members under `creds` and its companions; `nil` if there is no `creds`.
    func peers() throws(GroupcommError) -> [Peer]? {
        guard let creds = try optional(.creds, { $0.arrayItems.flatMap { allOrNil($0, \.byteString) } }) else {
            guard self[.peerRoles] == nil, self[.peerIdentifiers] == nil else {
                throw .missing(GroupcommLabel.creds.rawValue)
            }
            return nil
        }
        // GM-0119: all three arrays, equally long, in the same order.
        let roles = try required(.peerRoles) { value in
            value.arrayItems.flatMap { allOrNil($0) { $0.unsignedInteger.map(Roles.init(rawValue:)) } }
        }
        let senderIDs = try required(.peerIdentifiers) { $0.arrayItems.flatMap { allOrNil($0, \.byteString) } }
        let names = try optional(.goscPeerNames, \.texts)
        guard roles.count == creds.count else { throw .invalid(GroupcommLabel.peerRoles.rawValue) }
        guard senderIDs.count == creds.count else { throw .invalid(GroupcommLabel.peerIdentifiers.rawValue) }
        guard names == nil || names?.count == creds.count else {
            throw .invalid(GroupcommLabel.goscPeerNames.rawValue)
        }
        return creds.indices.map {
            Peer(credential: creds[$0], roles: roles[$0], senderID: senderIDs[$0], name: names?[$0])
        }
    }

    mutating func set(peers: [Peer]) {
        self[.creds] = .array(peers.map { .bytes($0.credential) })
        self[.peerRoles] = .array(peers.map { .unsigned($0.roles.rawValue) })
        self[.peerIdentifiers] = .array(peers.map { .bytes($0.senderID) })
        let names = peers.compactMap(\.name)
        self[.goscPeerNames] = names.count == peers.count ? .array(names.map { .text($0) }) : nil
    }
}
