import OSCORE

/// What was installed before decides what may be installed.
extension GroupGenerations {
    /// Refuses a new generation under the Gid of the latest one: kid, Partial IV and kid context of a request would be those
    /// of an earlier one, so that its late responses would count.
    func checkGroupID(of material: borrowing GroupKeyingMaterial) throws(InstallationFailure) {
        guard let newest, material.groupID == newest.groupID else { return }
        guard material.keyGeneration == newest.keyGeneration else { throw .groupIDNotNew }
    }

    /// Refuses a context that would use a nonce again under its Sender Key. No Echo could heal that.
    func checkHistory(of context: GroupContext) throws(InstallationFailure) {
        for generation in [current, pending?.generation] {
            if let generation { keyHistory.note(generation.context) }
        }
        if newest?.groupID == context.groupID, keyHistory.hasOtherKeys(under: context) { throw .groupIDNotNew }
        guard !keyHistory.repeatsNumbers(context) else { throw .context(.notUnique) }
    }

    // GOSC-0085, GOSC-0094, GOSC-0108: windows begin valid at 0.
    /// Puts all members into a bare context. Where its Gid, its keys or its generation are not new, an old request would
    /// pass a window that begins at 0: then they begin invalid.
    func add(_ members: MemberCredentials, to generation: Generation) throws(ContextError) {
        let context = generation.context
        var window = try ReplayWindow(size: context.replayWindowSize)
        let isNewer = newest.map { generation.keyGeneration > $0.keyGeneration } ?? true
        if !isNewer || keyHistory.knows(context) { window.invalidate() }
        try members.forEach { senderID, credential throws(ContextError) in
            guard senderID != context.senderID else { return }
            try context.addRecipient(senderID, credential: credential, replayWindow: window)
        }
    }

    /// Stops the latest context from sending and remembers how far it got.
    func retireCurrent() {
        guard let current else { return }
        current.context.retireSender()
        keyHistory.note(current.context)
    }
}
