import ACEGroupcomm
import Bytes

/// Somebody who is no member any more and did not want that: it is told once (draft-ietf-ace-key-groupcomm-oscore §10).
struct EvictedMember: Sendable {
    /// The association with it; `nil` if it has none, and nothing can be said to it.
    let association: AssociationName?
    let controlURI: String?
    /// Where it was heard from last.
    let lastSeen: SocketAddress?
    let groupName: String
    let client: ClientIdentity
    let nodeName: String
    /// Whether it may join again at once: nobody wanted it out.
    let mayReturn: Bool

    /// A member of a group, as long as it is one.
    init(_ member: MemberRecord, in state: ManagerState, mayReturn: Bool = false) {
        let recipientID = state.recipientIDs[member.client]
        association = recipientID.map { .client($0) }
        controlURI = member.controlURI
        lastSeen = recipientID.flatMap { state.clients[$0]?.address }
        groupName = member.groupName
        client = member.client
        nodeName = member.nodeName
        self.mayReturn = mayReturn
    }

    /// What it is told: that its membership was ended, or that it is no member any more and may join (RFC 9594 §9).
    var error: GroupcommErrorID { mayReturn ? .membersOnly : .membershipTerminated }
}
