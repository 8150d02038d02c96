public import CoAP
public import OSCORE

/// The mode in which a request is protected (RFC 10021 §7, §8, §14.9).
public enum RequestMode: Hashable, Sendable {
    /// For everybody in the group.
    case group
    /// For this member alone.
    case pairwise(with: SenderID)

    // GOSC-0185, GOSC-0248: what several are to read is never protected for one.
    // GOSC-0347, GOSC-0348: what one is to read needs no other reader, wherever the algorithms allow that.
    /// The mode for an audience; `nil` if the group has none for it.
    ///
    /// How the request travels does not matter: a request for one member may go to a multicast address when its unicast
    /// address is not known yet (GOSC-0249).
    public init?(for audience: ClientExchange.Audience, algorithms: GroupAlgorithms) {
        switch audience {
        case .member(let member) where algorithms.hasPairwiseMode: self = .pairwise(with: member)
        case .group, .member:
            guard algorithms.hasGroupMode else { return nil }
            self = .group
        }
    }
}

extension GroupContext {
    /// Protects a request in the mode that fits its audience. To have it another way, call the method of that mode.
    ///
    /// - Throws: ``OSCORE/ProtectionError/modeUnavailable`` if the group has no mode for the audience, and what the method
    ///   of the mode throws.
    public func protectRequest(
        _ request: Message, for audience: ClientExchange.Audience
    ) throws(ProtectionError) -> (Message, GroupRequestBinding) {
        switch RequestMode(for: audience, algorithms: algorithms) {
        case .group: try protectRequest(request)
        case .pairwise(let member): try protectRequest(request, to: member)
        case nil: throw .modeUnavailable
        }
    }
}
