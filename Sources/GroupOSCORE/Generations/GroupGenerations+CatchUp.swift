public import CoAP

extension GroupGenerations {
    /// The step of catching up that comes next; `nil` when no rekeying was missed.
    public var catchUpStep: CatchUpStep? { catchUp?.step }

    // GOSC-0314
    /// Begins to catch up: the old keys are gone from now on, the credentials stay until it is known who left.
    public func beginCatchUp() {
        guard let newest, catchUp == nil else { return }
        dropContexts()
        catchUp = CatchUp(missedSince: newest.keyGeneration)
    }

    /// Takes the current material without installing it; false if it was not asked for, or is older than what this member
    /// had. Material of the very generation that it had is a false alarm: see ``finishCatchUp(now:derive:)``.
    @discardableResult
    public func continueCatchUp(with material: consuming GroupKeyingMaterial) -> Bool {
        catchUp?.receive(material) ?? false
    }

    // GOSC-0316, GOSC-0317
    /// Removes what became stale meanwhile; false, and nothing removed, if that was not the next step.
    @discardableResult
    public func continueCatchUp(with stale: StaleIndication) -> Bool {
        guard catchUp?.staleSenderIDsRemoved() == true else { return false }
        credentials.remove(stale)
        return true
    }

    /// Begins with the first step again, because the current material has changed meanwhile or could not be kept. Nothing
    /// if there is nothing to catch up with.
    public func restartCatchUp() {
        guard let missedSince = catchUp?.missedSince else { return }
        catchUp = CatchUp(missedSince: missedSince)
    }

    // GOSC-0318
    /// Installs the material, once all steps before were taken. On failure the current material is to be fetched again.
    ///
    /// If it turns out to be what this member had, windows begin invalid, and `derive` must go on behind the numbers that
    /// were used; otherwise ``InstallationFailure/context(_:)`` says ``OSCORE/ContextError/notUnique``.
    ///
    /// - Throws: ``InstallationFailure/outOfOrder`` unless ``catchUpStep`` is ``CatchUpStep/install``;
    ///   ``InstallationFailure/groupIDNotNew`` for the Gid of the latest generation with other keys, or in another
    ///   generation; ``InstallationFailure/context(_:)`` with what `derive` throws, with
    ///   ``OSCORE/ContextError/notUnique`` if its context would use a number again, or with what
    ///   ``GroupContext/addRecipient(_:credential:replayWindow:onReception:)`` throws for a member.
    public func finishCatchUp(now: Duration, derive: Derivation) throws(InstallationFailure) {
        guard let missedSince = catchUp?.missedSince, let material = catchUp?.takeMaterial() else { throw .outOfOrder }
        catchUp = CatchUp(missedSince: missedSince)
        try installDerived(material, members: credentials, stale: [], now: now, derive: derive)
    }

    // GOSC-0082, GOSC-0086, GOSC-0087: RFC 10021 §2.6.1.1
    /// Notes that sequence numbers or windows were lost: nothing is protected or accepted until new parameters come:
    /// of this generation under another Sender ID, or of a later one.
    public func noteLossOfState() {
        // Whoever still holds a reference must not use it either.
        for generation in [current, retained?.generation, pending?.generation] {
            generation?.context.noteLossOfState()
        }
        dropContexts()
        keyHistory.loseNumbers()
        isStateLost = true
    }

    // GOSC-0162
    /// Ends every long exchange, before this member leaves the group or joins it again.
    ///
    /// - Returns: The Tokens that are free now.
    public func prepareToLeave() -> [Token] {
        exchanges.endLongExchanges()
    }

    private func dropContexts() {
        retireCurrent()
        forgetEchoValues()
        current = nil
        retained = nil
        pending = nil
    }
}
