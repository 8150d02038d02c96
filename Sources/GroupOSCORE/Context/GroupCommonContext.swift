import Bytes
import COSE
import CryptoPrimitives
import OSCORE

/// What all members of a group share under one Gid (RFC 10021 §2.1).
struct GroupCommonContext: ~Copyable {
    let groupID: GroupID
    let algorithms: GroupAlgorithms
    /// The Group Manager's credential, exactly as distributed.
    let managerCredential: [UInt8]
    let commonIV: SecretBytes
    /// Hides countersignatures; empty without group mode.
    let signatureEncryptionKey: SecretBytes
    /// Four or five items in a Countersign_structure.
    let countersignItems: CountersignStructure.ItemCount

    private let masterSecret: SecretBytes
    private let masterSalt: [UInt8]

    init(
        groupID: GroupID, masterSecret: Span<UInt8>, masterSalt: [UInt8], algorithms: GroupAlgorithms,
        managerCredential: [UInt8], countersignItems: CountersignStructure.ItemCount
    ) throws(ContextError) {
        guard let main = algorithms.main, let nonceLength = algorithms.longestNonce, let hash = algorithms.hkdf.hash,
            algorithms.hasGroupMode || algorithms.hasPairwiseMode
        else { throw .unsupportedAlgorithm }
        let commonIV = try KeyDerivation.derive(
            hash, salt: masterSalt.span, secret: masterSecret, id: [UInt8]().span, idContext: groupID.bytes,
            algorithm: main.rawValue, type: "IV", count: nonceLength)
        let signatureEncryptionKey = try Self.signatureEncryptionKey(
            groupID: groupID, masterSecret: masterSecret, masterSalt: masterSalt, algorithms: algorithms, hash: hash)
        self.commonIV = commonIV
        self.signatureEncryptionKey = signatureEncryptionKey
        self.groupID = groupID
        self.algorithms = algorithms
        self.managerCredential = managerCredential
        self.countersignItems = countersignItems
        self.masterSecret = SecretBytes(copying: masterSecret)
        self.masterSalt = masterSalt
    }

    /// Derives the Sender Key of any member: the Recipient Key as seen by the others.
    func senderKey(of member: SenderID) throws(ContextError) -> SecretBytes {
        guard let main = algorithms.main, let hash = algorithms.hkdf.hash else { throw .unsupportedAlgorithm }
        return try KeyDerivation.derive(
            hash, salt: masterSalt.span, secret: masterSecret.bytes, id: member.bytes.span, idContext: groupID.bytes,
            algorithm: main.rawValue, type: "Key", count: main.keyLength)
    }

    private static func signatureEncryptionKey(
        groupID: GroupID, masterSecret: Span<UInt8>, masterSalt: [UInt8], algorithms: GroupAlgorithms, hash: HashKind
    ) throws(ContextError) -> SecretBytes {
        guard algorithms.hasGroupMode, let encryption = algorithms.groupEncryption else {
            return SecretBytes(copying: [UInt8]().span)
        }
        guard let count = encryption.keyLength, encryption.aeadKind != nil,
            algorithms.signature?.signatureLength != nil
        else { throw .unsupportedAlgorithm }
        return try KeyDerivation.derive(
            hash, salt: masterSalt.span, secret: masterSecret, id: [UInt8]().span, idContext: groupID.bytes,
            algorithm: encryption.rawValue, type: "SEKey", count: count)
    }
}
