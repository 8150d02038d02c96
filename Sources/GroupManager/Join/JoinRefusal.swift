public import ACEGroupcomm

/// Why a node could not join; in the order in which a Join Request is checked.
public enum JoinRefusal: Error, Hashable, Sendable {
    case groupInactive
    /// No payload: the joiner asks for information.
    case empty
    /// The Content-Format is not 261.
    case contentFormat
    case malformed(GroupcommError)
    /// The group in `scope` is not the group in the path.
    case scopeMismatch
    /// Roles that exclude each other, no role that a member can have, or a monitor where there is nothing to hear.
    case rolesNotPossible
    /// More roles than the token grants.
    case rolesNotGranted
    /// `control_uri` is no CoAP URI, or names the resource of the join.
    case controlURI
    case noSenderID
    /// This client has had so many Sender IDs of late that it has to wait.
    case senderIDsUsedUp(retryAfter: UInt32)
    case credentialMissing
    /// No nonce was given out for the proof.
    case challengeMissing
    case credentialIncompatible(CredentialRefusal)
    case evidenceInvalid
    /// This manager could not compute its answer.
    case internalFault
}
