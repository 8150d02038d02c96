import Bytes
import COSE
import CryptoPrimitives
import OSCORE

/// What a member needs to send (RFC 10021 §2.2): its identifier, key, private key and sequence numbers.
final class SenderContext {
    let senderID: SenderID
    let credential: AuthenticationCredential
    let privateKey: PrivateKey
    /// Encrypts group-mode messages of this member.
    var groupCipher: AEADCipher
    var reservation: SequenceReservation

    init(
        senderID: SenderID, credential: AuthenticationCredential, privateKey: consuming PrivateKey,
        common: borrowing GroupCommonContext, reservation: SequenceReservation
    ) throws(ContextError) {
        guard let kind = common.algorithms.groupEncryption?.aeadKind else { throw .unsupportedAlgorithm }
        let key = try common.senderKey(of: senderID)
        do {
            self.groupCipher = try AEADCipher.make(kind, key: key.bytes)
        } catch {
            throw .invalidKeyMaterial
        }
        self.senderID = senderID
        self.credential = credential
        self.privateKey = privateKey
        self.reservation = reservation
    }
}
