public import CoAPEngine

/// Which OSCORE association a request came over.
public enum AssociationName: Hashable, Sendable {
    /// That of an invitation, with the authorization server inside the manager.
    case invitation(AssociationKey)
    /// That of a token, with the manager; by the manager's Recipient ID.
    case client([UInt8])

    /// By this name the endpoint keeps uploads and observations of one peer apart from those of others.
    public var peer: PeerIdentity {
        switch self {
        case .invitation(let key): .association([1] + key.clientSenderID + key.idContext)
        case .client(let recipientID): .association([2] + recipientID)
        }
    }
}
