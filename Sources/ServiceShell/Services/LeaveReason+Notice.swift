import MemberNode

extension LeaveReason {
    /// What the operator of a node is told of it; `nil` where he asked for it.
    var notice: String? {
        switch self {
        case .commanded: nil
        case .unknownToManager: "the manager does not know this node as a member any more; it joins again"
        case .terminated: "the manager has ended the membership of this node; nothing is sent or served any more"
        case .groupDeleted: "the group of this node does not exist any more; nothing is sent or served any more"
        }
    }
}
