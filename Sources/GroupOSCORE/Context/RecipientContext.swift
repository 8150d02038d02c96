import Bytes
import COSE
import CryptoPrimitives
import OSCORE

/// What a member knows of one other member (RFC 10021 §2.2): its key, its credential, and what was received from it.
final class RecipientContext {
    let recipientID: SenderID
    let credential: AuthenticationCredential
    /// Decrypts group-mode messages of this member.
    var groupCipher: AEADCipher
    var replayWindow: ReplayWindow

    init(
        recipientID: SenderID, credential: AuthenticationCredential, common: borrowing GroupCommonContext,
        replayWindow: ReplayWindow
    ) throws(ContextError) {
        guard let kind = common.algorithms.groupEncryption?.aeadKind else { throw .unsupportedAlgorithm }
        let key = try common.senderKey(of: recipientID)
        do {
            self.groupCipher = try AEADCipher.make(kind, key: key.bytes)
        } catch {
            throw .invalidKeyMaterial
        }
        self.recipientID = recipientID
        self.credential = credential
        self.replayWindow = replayWindow
    }
}
