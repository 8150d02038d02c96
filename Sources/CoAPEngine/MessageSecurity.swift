/// How a message was protected on its way.
public enum MessageSecurity: Hashable, Sendable {
    /// Not at all.
    case none
    /// By OSCORE, for one peer (RFC 8613).
    case oscore
    /// By Group OSCORE in group mode: for every member, countersigned (RFC 10021 §7).
    case groupMode
    /// By Group OSCORE in pairwise mode: for one member (RFC 10021 §8).
    case pairwiseMode
}
