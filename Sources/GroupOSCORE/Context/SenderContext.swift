import Bytes
import COSE
import CryptoPrimitives
import OSCORE

/// What a member needs to send (RFC 10021 §2.2): its identifier, key, private key and sequence numbers.
///
/// A new Sender ID makes a new one; the Security Context around it stays.
final class SenderContext {
    let senderID: SenderID
    let credential: AuthenticationCredential
    /// What its credential makes the end of every `aad_array`, encoded once.
    let aadTail: [UInt8]
    /// What follows the Partial IV in the option of every request: the Gid with its length, and the kid.
    let requestTail: [UInt8]
    let privateKey: PrivateKey
    /// Encrypts group-mode messages of this member; `nil` without group mode.
    @safe @exclusivity(unchecked) var groupCipher: GroupCipher?
    /// The salt of the Pairwise Sender Keys.
    let senderKey: SecretBytes
    // GOSC-0077: messages of both modes draw from the same numbers.
    @safe @exclusivity(unchecked) var reservation: SequenceReservation

    init(
        senderID: SenderID, credential: AuthenticationCredential, privateKey: consuming PrivateKey,
        common: borrowing GroupCommonContext, reservation: SequenceReservation
    ) throws(ContextError) {
        guard let maximum = common.algorithms.maximumSenderIDCount, senderID.count <= maximum else {
            throw .identifierTooLong
        }
        try common.checkFitness(of: credential.publicKey)
        let senderKey = try common.senderKey(of: senderID)
        if common.algorithms.hasGroupMode, let algorithm = common.algorithms.groupEncryption {
            self.groupCipher = try GroupCipher(algorithm, key: senderKey)
        } else {
            self.groupCipher = nil
        }
        self.senderKey = senderKey
        var option: [UInt8] = []
        OSCOREOption.write(
            isGroupMode: false, partialIV: nil, kidContext: common.groupID.bytes.span, kid: senderID, into: &option)
        self.requestTail = Array(option.dropFirst())
        self.aadTail = common.aadTail(of: credential)
        self.senderID = senderID
        self.credential = credential
        self.privateKey = privateKey
        self.reservation = reservation
    }
}

extension GroupCommonContext {
    // GOSC-0054, GOSC-0246: where both modes are used, a key can do both.
    /// Refuses a public key that the group's algorithms have no use for.
    func checkFitness(of key: PublicKey) throws(ContextError) {
        if let signature = algorithms.signature, algorithms.groupEncryption != nil {
            guard signature.isUsable(with: key.kind) else {
                throw .invalidCredential(.signature(key.kind, signature))
            }
        }
    }
}
