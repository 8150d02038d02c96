package import OSCORE

extension GroupContext {
    /// What the last message left.
    package var trace: MessageTrace { MessageTrace(buffers) }

    /// Puts another window in the place of a member's. Only for `gosc message`, which keeps windows itself.
    package func replaceReplayWindow(of recipientID: SenderID, with window: ReplayWindow) {
        recipients[recipientID]?.replayWindow = window
    }
}
