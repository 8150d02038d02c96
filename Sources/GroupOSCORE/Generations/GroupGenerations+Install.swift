public import CoAP
public import OSCORE

/// Why keying material was not installed. The context that was in use stays in use.
public enum InstallationFailure: Error, Hashable, Sendable {
    /// No context can be derived from it; ``OSCORE/ContextError/notUnique`` if the context would send under the same key
    /// and numbers as an earlier one.
    case context(ContextError)
    /// It is not newer than the latest; after a loss of state, older.
    case notNewer(latest: UInt64)
    /// It has the Gid of the latest with other keys. A request would be bound with the same values as an earlier one.
    case groupIDNotNew
    /// Generations between the latest and this one were missed: ``GroupGenerations/beginCatchUp()``.
    case missedRekeying(latest: UInt64, received: UInt64)
    /// The steps of catching up before the installation are not done.
    case outOfOrder
}

extension GroupGenerations {
    // GOSC-0107
    /// Derives this member's bare context: no other member in it yet, numbering from the start; behind what was used if
    /// this member had the same Gid, keys and Sender ID before.
    public typealias Derivation = (borrowing GroupKeyingMaterial) throws(ContextError) -> GroupContext

    // RFC 10021 §12.2
    /// Installs the material of a rekeying, or of joining; while a message is being processed, right after it.
    ///
    /// - Parameters:
    ///   - material: What the Group Manager distributed.
    ///   - stale: The stale Sender IDs that came with it. Their credentials go, unless the installation fails.
    ///   - retention: How long the context before goes on receiving, if the Group Manager says so with these keys; `nil`
    ///     leaves it to the policy.
    ///   - now: The moment of installation.
    ///   - derive: Makes the bare context.
    /// - Throws: ``InstallationFailure/outOfOrder`` while a rekeying is caught up with;
    ///   ``InstallationFailure/notNewer(latest:)`` unless the Key Generation Number is higher, or after a loss of state
    ///   the same; ``InstallationFailure/missedRekeying(latest:received:)`` if it is higher by more than one;
    ///   ``InstallationFailure/groupIDNotNew`` and ``InstallationFailure/context(_:)`` as in
    ///   ``finishCatchUp(now:derive:)``.
    public func install(
        _ material: consuming GroupKeyingMaterial, stale: Set<SenderID>, retention: Duration? = nil, now: Duration,
        derive: Derivation
    ) throws(InstallationFailure) {
        guard catchUp == nil else { throw .outOfOrder }
        if let newest {
            // After a loss of state the manager may give a new Sender ID under the keys that are in use.
            guard
                material.keyGeneration > newest.keyGeneration
                    || isStateLost && material.keyGeneration == newest.keyGeneration
            else { throw .notNewer(latest: newest.keyGeneration) }
            try checkGroupID(of: material)
            // GOSC-0314: whose Sender IDs became stale in between is not known, after a loss of state no more than before.
            guard material.keyGeneration <= newest.keyGeneration + 1 else {
                throw .missedRekeying(latest: newest.keyGeneration, received: material.keyGeneration)
            }
        }
        // GOSC-0312: before anything is derived.
        var members = credentials
        members.remove(.exact(stale))
        try installDerived(
            material, members: members, stale: stale, retention: retention, now: now, derive: derive)
    }

    // GOSC-0319
    /// Installs the material of joining again with the same roles. Long exchanges of this member end (GOSC-0162).
    ///
    /// - Parameter members: All current credentials, as the Group Manager gave them on request; all others go. On failure
    ///   everything stays as it was.
    /// - Returns: The Tokens that are free now.
    /// - Throws: ``InstallationFailure/groupIDNotNew`` and ``InstallationFailure/context(_:)`` as in
    ///   ``finishCatchUp(now:derive:)``.
    @discardableResult
    public func installAfterJoiningAgain(
        _ material: consuming GroupKeyingMaterial, members: MemberCredentials, now: Duration, derive: Derivation
    ) throws(InstallationFailure) -> [Token] {
        try checkGroupID(of: material)
        let gone = credentials.senderIDs.filter { credentials[$0] != members[$0] }
        try installDerived(material, members: members, stale: gone, now: now, derive: derive)
        catchUp = nil
        return prepareToLeave()
    }

    /// Derives the context, puts the members in, who are the members from then on, and installs it as soon as no message
    /// is being processed.
    func installDerived(
        _ material: borrowing GroupKeyingMaterial, members: MemberCredentials, stale: Set<SenderID>,
        retention: Duration? = nil, now: Duration, derive: Derivation
    ) throws(InstallationFailure) {
        try checkGroupID(of: material)
        let generation: Generation
        do throws(ContextError) {
            let context = try derive(material)
            generation = Generation(context: context, keyGeneration: material.keyGeneration, installedAt: now)
        } catch {
            throw .context(error)
        }
        try checkHistory(of: generation.context)
        do throws(ContextError) {
            try add(members, to: generation)
        } catch {
            throw .context(error)
        }
        credentials = members
        keyHistory.note(generation.context)
        guard messagesInProcessing == 0 else {
            // The message that is being processed must not take a number that the new context will take.
            if let current, current.context.hasSameKeys(as: generation.context),
                current.context.senderID == generation.context.senderID
            {
                retireCurrent()
            }
            pending = Pending(
                generation: generation, stale: stale.union(pending?.stale ?? []),
                retention: retention ?? policy.retention)
            newest = (material.keyGeneration, material.groupID)
            return
        }
        replaceCurrent(with: generation, stale: stale, retention: retention ?? policy.retention)
    }

    // GOSC-0267
    /// Forgets the Echo values that were given out or received under any Gid of this group.
    func forgetEchoValues() {
        for generation in [current, retained?.generation] {
            if let generation { forgetEchoValues(under: generation.context.groupID) }
        }
    }

    func forgetEchoValues(under groupID: GroupID) {
        freshness.removeAll(under: groupID)
        receivedEchoValues.removeAll(under: groupID)
    }

    /// Makes a context the latest, and settles everything that depends on which one it is.
    func replaceCurrent(with generation: Generation, stale: Set<SenderID>, retention: Duration) {
        if let current {
            // GOSC-0110, GOSC-0219
            retireCurrent()
            forgetEchoValues()
            // The same keys again: their windows are not those of the context that receives now.
            if current.context.hasSameKeys(as: generation.context) {
                retained = nil
            } else if retention > .zero {
                current.context.removeRecipients(stale)
                retained = (current, generation.installedAt + retention)
            } else {
                // Whoever evicts somebody says so: then nothing older may go on receiving either.
                retained = nil
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

    /// Puts another context in place of the latest that differs in the Group Manager's credential, and in nothing that
    /// decides which keys and numbers are used. What still receives under the Gid before stays.
    ///
    /// - Parameter context: With everybody in it, and with their windows.
    /// - Throws: ``InstallationFailure/outOfOrder`` without a latest context, or while a message is being processed;
    ///   ``InstallationFailure/groupIDNotNew`` if it has other keys; ``InstallationFailure/context(_:)`` with
    ///   ``OSCORE/ContextError/notUnique`` if it would use a number again.
    public func replaceLatest(with context: GroupContext) throws(InstallationFailure) {
        guard let current, messagesInProcessing == 0 else { throw .outOfOrder }
        guard current.context.hasSameKeys(as: context) else { throw .groupIDNotNew }
        keyHistory.note(current.context)
        guard !keyHistory.repeatsNumbers(context) else { throw .context(.notUnique) }
        current.context.retireSender()
        keyHistory.note(context)
        self.current = Generation(
            context: context, keyGeneration: current.keyGeneration, installedAt: current.installedAt)
    }
}
