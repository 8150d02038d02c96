import OSCORE

extension GroupContext {
    // GOSC-0084, GOSC-0110: whoever still holds a reference cannot send under old keys.
    /// Stops this context from protecting anything. It may go on receiving.
    func retireSender() {
        isRetired = true
    }

    /// Whether both have the same Gid, Master Secret and Master Salt, and so accept the same messages.
    func hasSameKeys(as other: GroupContext) -> Bool {
        common.identity.isEqual(to: other.common.identity)
    }

    // GOSC-0104, GOSC-0313
    /// Forgets members whose Sender IDs are stale.
    func removeRecipients(_ stale: Set<SenderID>) {
        for senderID in stale { removeRecipient(senderID) }
    }
}
