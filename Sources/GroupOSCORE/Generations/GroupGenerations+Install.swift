public import OSCORE

/// Why keying material was not installed. The context that was in use stays in use.
public enum InstallationFailure: Error, Hashable, Sendable {
    /// No context can be derived from it.
    case context(ContextError)
    /// It is not newer than the latest.
    case notNewer(latest: UInt64)
    /// Generations between the latest and this one were missed: ``GroupGenerations/beginCatchUp()``.
    case missedRekeying(latest: UInt64, received: UInt64)
    /// The steps of catching up before the installation are not done.
    case outOfOrder
}

extension GroupGenerations {
    /// Derives this member's bare context: no other member in it yet, numbering from the start.
    public typealias Derivation = (borrowing GroupKeyingMaterial) throws(ContextError) -> GroupContext

    // RFC 10021 §12.2
    /// Installs the material of a rekeying, or of joining; while a message is being processed, right after it.
    ///
    /// - Parameters:
    ///   - material: What the Group Manager distributed.
    ///   - stale: The stale Sender IDs that came with it. Their credentials go in any case but an error.
    ///   - now: The moment of installation.
    ///   - derive: Makes the bare context.
    public func install(
        _ material: consuming GroupKeyingMaterial, stale: Set<SenderID>, now: Duration, derive: Derivation
    ) throws(InstallationFailure) {
        guard catchUp == nil else { throw .outOfOrder }
        if let newest, !isStateLost {
            guard material.keyGeneration > newest.keyGeneration else {
                throw .notNewer(latest: newest.keyGeneration)
            }
            // GOSC-0314: whose Sender IDs became stale in between is not known.
            guard material.keyGeneration == newest.keyGeneration + 1 else {
                throw .missedRekeying(latest: newest.keyGeneration, received: material.keyGeneration)
            }
        }
        // GOSC-0312: before anything is derived.
        credentials.remove(.exact(stale))
        try installDerived(material, stale: stale, now: now, derive: derive)
    }

    // GOSC-0319
    /// Installs the material of joining again with the same roles.
    ///
    /// - Parameter members: All current credentials, as the Group Manager gave them on request; all others go.
    public func installAfterJoiningAgain(
        _ material: consuming GroupKeyingMaterial, members: MemberCredentials, now: Duration, derive: Derivation
    ) throws(InstallationFailure) {
        let gone = credentials.senderIDs.filter { credentials[$0] != members[$0] }
        credentials = members
        catchUp = nil
        try installDerived(material, stale: gone, now: now, derive: derive)
    }

    /// Derives the context, puts the members in, and installs it as soon as no message is being processed.
    func installDerived(
        _ material: borrowing GroupKeyingMaterial, stale: Set<SenderID>, now: Duration, derive: Derivation
    ) throws(InstallationFailure) {
        do throws(ContextError) {
            let context = try derive(material)
            // GOSC-0108: windows begin valid at 0. After a loss of state the same Gid may have been used before, so that
            // an old request would pass: then they begin invalid.
            let isSameGroupID = isStateLost && newest?.groupID == material.groupID
            var window = try ReplayWindow(size: context.replayWindowSize)
            if isSameGroupID { window.invalidate() }
            try credentials.forEach { senderID, credential throws(ContextError) in
                guard senderID != context.senderID else { return }
                try context.addRecipient(senderID, credential: credential, replayWindow: window)
            }
            let generation = Generation(context: context, keyGeneration: material.keyGeneration, installedAt: now)
            guard messagesInProcessing == 0 else {
                pending = Pending(generation: generation, stale: stale.union(pending?.stale ?? []))
                newest = (material.keyGeneration, material.groupID)
                return
            }
            replaceCurrent(with: generation, stale: stale)
        } catch {
            throw .context(error)
        }
    }

    /// Makes a context the latest, and settles everything that depends on which one it is.
    func replaceCurrent(with generation: Generation, stale: Set<SenderID>) {
        if let current {
            current.context.retireSender()
            let old = current.context.groupID
            // GOSC-0267
            freshness.removeAll(under: old)
            receivedEchoValues.removeAll(under: old)
            if policy.retention > .zero {
                current.context.removeRecipients(stale)
                retained = (current, generation.installedAt + policy.retention)
            }
        }
        current = generation
        catchUp = nil
        isStateLost = false
        newest = (generation.keyGeneration, generation.context.groupID)
        // GOSC-0109
        exchanges.contextChanged(to: generation.context.groupID)
        renewal.senderRenewed()
    }
}
