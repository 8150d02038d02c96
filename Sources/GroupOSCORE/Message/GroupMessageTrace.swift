package import OSCORE

extension GroupContext {
    /// What the last message left.
    package var trace: MessageTrace { MessageTrace(buffers) }

    /// Puts another window in the place of a member's. Only for `gosc message`, which keeps windows itself.
    package func replaceReplayWindow(of recipientID: SenderID, with window: ReplayWindow) {
        recipients[recipientID]?.replayWindow = window
    }
}

extension GroupRequestBinding {
    /// Binds to a request that the caller vouches for. Only for `gosc message`, which is told what a response answers.
    package init(vouchedFor request: RequestBinding, groupID: GroupID, isGroupMode: Bool) {
        self.init(request: request, groupID: groupID, isGroupMode: isGroupMode)
    }
}
