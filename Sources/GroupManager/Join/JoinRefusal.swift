public import ACEGroupcomm

/// Why a node could not join; in the order in which a Join Request is checked.
public enum JoinRefusal: Error, Hashable, Sendable {
    /// The invitation is for another group (or the group does not exist: the two look the same from outside).
    case wrongGroup
    /// Another association used the invitation, or its name is taken.
    case invitationUsed
    case invitationExpired
    /// The invitation's group is no more.
    case groupUnknown
    case groupInactive
    /// The association has joined already, with a Join Request of other content.
    case alreadyJoined
    /// The Content-Format is not 261.
    case contentFormat
    /// No payload: the joiner asks for information.
    case empty
    case malformed(GroupcommError)
    /// The group in `scope` is not the group in the path.
    case scopeMismatch
    /// Roles that exclude each other, or no role that a member can have.
    case rolesNotPossible
    /// More roles than the invitation grants.
    case rolesNotGranted
    /// `control_uri` is no CoAP URI, or names the resource of the join.
    case controlURI
    case noSenderID
    case credentialMissing
    case credentialIncompatible(CredentialRefusal)
    case evidenceInvalid
    /// This manager could not compute its answer.
    case internalFault
}
