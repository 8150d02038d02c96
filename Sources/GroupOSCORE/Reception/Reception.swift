public import OSCORE

/// All Security Contexts of an endpoint, and which of them a request is for (RFC 10021 §6, RFC 8613 §8.2).
///
/// A context changes only if the message verifies with it: the others look at it and are as before.
public struct Reception {
    // GOSC-0178: two kinds, told apart by where they are kept.
    private var oscore: [SenderID: [SecurityContext]] = [:]
    private var groups: [GroupGenerations] = []

    /// Whom a request was for.
    public enum Verdict {
        /// A plain OSCORE context says this of it.
        case oscore(SecurityContext, OSCORE.RequestVerdict)
        /// A group says this of it; its context was established at that moment.
        case group(GroupGenerations, RequestVerdict, establishedAt: Duration)
        /// No context accepts it; the failure of the one that came furthest.
        case discarded(VerificationFailure)
    }

    /// Starts with no context.
    public init() {}

    // OSC-0014
    /// Adds a plain OSCORE context.
    ///
    /// - Throws: ``OSCORE/ContextError/notUnique`` if it is there, or one with the same keys: each would accept the same
    ///   request once, and both would use the same nonces.
    public mutating func add(_ context: SecurityContext) throws(ContextError) {
        for others in oscore.values where others.contains(where: { $0.hasSameKeys(as: context) }) { throw .notUnique }
        oscore[context.recipientID, default: []].append(context)
    }

    /// Adds a group. Of groups that have the same keys, now or later, only the one added first is asked.
    ///
    /// - Throws: ``OSCORE/ContextError/notUnique`` if it is there, or one whose latest context has the same keys.
    public mutating func add(_ group: GroupGenerations) throws(ContextError) {
        for other in groups {
            guard other !== group else { throw .notUnique }
            guard let context = group.latest?.context, let latest = other.latest?.context else { continue }
            guard !context.hasSameKeys(as: latest) else { throw .notUnique }
        }
        groups.append(group)
    }

    /// Removes a plain OSCORE context.
    public mutating func remove(_ context: SecurityContext) {
        oscore[context.recipientID]?.removeAll { $0 === context }
    }

    /// Removes a group.
    public mutating func remove(_ group: GroupGenerations) {
        groups.removeAll { $0 === group }
    }

    /// Finds the context and the mode of a request and verifies it.
    public func verifyRequest(_ message: borrowing ProtectedMessage, now: Duration) -> Verdict {
        var best = Candidate(.discarded(.noContext), .rejected(.noContext))
        // GOSC-0181: a message in group mode is never tried with a plain context.
        // GOSC-0183, OSC-0016: one without the Group Flag is tried with each that has its kid.
        if !message.option.isGroupMode, let kid = message.option.kid, let senderID = SenderID(kid) {
            for context in oscore[senderID] ?? [] {
                // OSC-0056: the context itself compares the ID Context.
                best.improve(Candidate(of: context, context.verifyRequest(message)))
                if best.progress == .genuine { return best.verdict }
            }
        }
        guard let kidContext = message.option.kidContext else { return best.verdict }
        // GOSC-0015, GOSC-0344: groups of two managers may have one Gid.
        for (index, group) in groups.enumerated() {
            guard let context = group.context(named: kidContext, at: now) else { continue }
            // What the first has accepted is new to the second, but it is the same message all the same.
            guard
                !groups[..<index].contains(where: {
                    $0.context(named: kidContext, at: now)?.hasSameKeys(as: context) == true
                })
            else { continue }
            guard ModeGate(isGroupMode: message.option.isGroupMode, algorithms: context.algorithms) != .closed else {
                best.improve(Candidate(.discarded(.mode), .rejected(.mode)))
                continue
            }
            let (verdict, establishedAt) = group.verifyRequest(message, now: now)
            best.improve(Candidate(of: group, verdict, establishedAt: establishedAt))
            if best.progress == .genuine { return best.verdict }
        }
        return best.verdict
    }
}

@available(*, unavailable)
extension Reception: Sendable {}

@available(*, unavailable)
extension Reception.Verdict: Sendable {}
