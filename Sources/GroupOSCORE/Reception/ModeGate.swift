/// Which mode a message with a group context is in, and whether the group allows it (RFC 10021 §6).
enum ModeGate: Hashable, Sendable {
    case group
    case pairwise
    /// The group has no such mode.
    case closed

    init(isGroupMode: Bool, algorithms: GroupAlgorithms) {
        // GOSC-0182: the Group Flag alone chooses.
        if isGroupMode {
            // GOSC-0180
            self = algorithms.hasGroupMode ? .group : .closed
        } else {
            // GOSC-0179
            self = algorithms.hasPairwiseMode ? .pairwise : .closed
        }
    }
}
