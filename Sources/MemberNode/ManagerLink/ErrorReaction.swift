import ACEGroupcomm

/// What a member does about an error that its manager names (draft-ietf-ace-key-groupcomm-oscore §13).
enum ErrorReaction: Hashable {
    /// The manager does not know this member any more: forget the membership and join once.
    case join
    /// The roles that the token grants may be others by now: ask for a new one and join once more.
    case joinWithGrantedRoles
    /// Only another key pair helps: make one and join once more.
    case newKeyPair
    /// The proof may have been over an old challenge: fetch a new one and join once more.
    case proveAnew
    /// It may work later.
    case wait
    /// The membership has ended. An operator has seen to that, so joining again is for an operator, too.
    case forget
    /// There is no such group any more.
    case cleanUp
    /// Asking again would bring the same.
    case stop

    // GM-0368
    /// The reaction to an error; `nil` for one that is not registered, or not meant for members.
    init?(to error: GroupcommErrorID) {
        guard let reaction = Self.table[error] else { return nil }
        self = reaction
    }

    private static let table: [GroupcommErrorID: Self] = [
        .membersOnly: .join, .inconsistentRoles: .joinWithGrantedRoles, .incompatibleCredential: .newKeyPair,
        .invalidEvidence: .proveAnew, .noIndividualKeyingMaterial: .wait, .membershipTerminated: .forget,
        .groupDeleted: .cleanUp, .noSignatures: .stop, .verifiersOnly: .stop, .groupInactive: .wait,
    ]
}
