import Bytes
import COSE
package import OSCORE

extension GroupContext {
    /// What the last message left.
    package var trace: MessageTrace { MessageTrace(buffers, recipients) }

    /// Has every later message leave its plaintext for ``trace``.
    package func keepPlaintext() {
        buffers.keepsPlaintext = true
    }

    /// Puts another window in the place of a member's. Only for `gosc message`, which keeps windows itself.
    package func replaceReplayWindow(of recipientID: SenderID, with window: ReplayWindow) {
        recipients[recipientID]?.replayWindow = window
    }
}

extension MessageTrace {
    /// Copies what the last message of a fresh context left in its scratch memory. Nothing is recorded on the hot path: the
    /// buffers hold the bytes anyway.
    init(_ buffers: MessageBuffers, _ recipients: RecipientTable) {
        self.init()
        switch buffers.latest {
        case .apart:
            externalAAD = [UInt8](copying: buffers.externalAAD.bytes)
            nonce = [UInt8](copying: buffers.nonce.bytes)
        case .outgoing: take(buffers.outgoing.nonce, buffers.outgoing.structure)
        case .incoming: take(buffers.incoming.nonce, buffers.incoming.structure)
        case .request(let sender): take(requestOf: recipients[sender])
        }
        keystreamInfo = [UInt8](copying: buffers.info.bytes)
        keystreamSalt = [UInt8](copying: buffers.salt.bytes)
        keystream = [UInt8](copying: buffers.keystream.bytes)
        signature = [UInt8](copying: buffers.signature.bytes)
        plaintext = [UInt8](copying: buffers.plaintext.bytes)
    }

    private mutating func take(requestOf sender: RecipientContext?) {
        sender?.pairwise?.requests.leave(in: &self)
    }

    fileprivate mutating func take(_ nonce: borrowing Scratch, _ structure: borrowing Scratch) {
        let structure = structure.bytes
        externalAAD = [UInt8](
            copying: structure.extracting(droppingFirst: EncStructure.headLength(of: structure)))
        self.nonce = [UInt8](copying: nonce.bytes)
    }
}

extension ReceivedRequestParts {
    fileprivate borrowing func leave(in trace: inout MessageTrace) {
        trace.take(nonce, structure)
    }
}
