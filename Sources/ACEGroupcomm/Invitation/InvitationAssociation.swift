/// What node and manager both know of the association of an invitation, besides its OSCORE input.
public enum InvitationAssociation: Sendable {
    /// The length of the ID Context that a node draws for each state directory that uses the invitation: so the same
    /// invitation used from two directories never yields the same key.
    public static let idContextCount = 16
}
