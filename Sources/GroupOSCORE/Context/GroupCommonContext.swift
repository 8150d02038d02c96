import Bytes
import COSE
import CryptoPrimitives
import OSCORE

/// What all members of a group share under one Gid (RFC 10021 §2.1).
struct GroupCommonContext: ~Copyable {
    let groupID: GroupID
    /// The same in memory, for what borrows it.
    let gid: [UInt8]
    let algorithms: GroupAlgorithms
    /// The hash of the HKDF Algorithm.
    let hash: HashKind
    /// The Group Manager's credential, exactly as distributed.
    let managerCredential: [UInt8]
    /// The start of every `aad_array`, encoded once.
    let aadHead: [UInt8]
    let commonIV: SecretBytes
    /// What contexts have in common that have the same Gid, Master Secret and Master Salt.
    let identity: ContextIdentity
    /// Of the AEAD Algorithm, in bytes; 0 without pairwise mode.
    let pairwiseNonceLength: Int
    let pairwiseTagLength: Int
    let hasPairwiseMode: Bool
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
        // Anybody could derive the keys.
        guard !masterSecret.isEmpty else { throw .invalidKeyMaterial }
        try algorithms.validate()
        guard let main = algorithms.main, let nonceLength = algorithms.longestNonce, let hash = algorithms.hkdf.hash
        else { throw .unsupportedAlgorithm }
        // GOSC-0137: the credential of the Group Manager is part of every AAD.
        guard !managerCredential.isEmpty else { throw .invalidCredential(.missing) }
        // GOSC-0048: as long as the longest nonce, under the number of the main algorithm.
        let commonIV = try KeyDerivation.derive(
            hash, salt: masterSalt.span, secret: masterSecret, id: [UInt8]().span, idContext: groupID.bytes,
            algorithm: main.rawValue, type: "IV", count: nonceLength)
        guard let nobody = SenderID([]) else { throw .identifierTooLong }
        let identity = try ContextIdentity(
            hash, salt: masterSalt.span, secret: masterSecret, id: nobody, idContext: groupID.bytes)
        let signatureEncryptionKey = try Self.signatureEncryptionKey(
            groupID: groupID, masterSecret: masterSecret, masterSalt: masterSalt, algorithms: algorithms, hash: hash)
        var aadHead: [UInt8] = []
        GroupExternalAAD.writeHead(algorithms, into: &aadHead)
        self.aadHead = aadHead
        self.hasPairwiseMode = algorithms.hasPairwiseMode
        self.pairwiseNonceLength = algorithms.aead?.nonceLength ?? 0
        self.pairwiseTagLength = algorithms.aead?.tagLength ?? 0
        self.commonIV = commonIV
        self.identity = identity
        self.signatureEncryptionKey = signatureEncryptionKey
        self.groupID = groupID
        self.gid = groupID.bytes
        self.algorithms = algorithms
        self.hash = hash
        self.managerCredential = managerCredential
        self.countersignItems = countersignItems
        self.masterSecret = SecretBytes(copying: masterSecret)
        self.masterSalt = masterSalt
    }

    /// The end of every `aad_array` of a member's messages.
    func aadTail(of credential: AuthenticationCredential) -> [UInt8] {
        var tail: [UInt8] = []
        GroupExternalAAD.writeTail(
            senderCredential: credential.bytes.span, managerCredential: managerCredential.span, into: &tail)
        return tail
    }

    // GOSC-0049, GOSC-0050
    /// Derives the Sender Key of any member: the Recipient Key as seen by the others.
    func senderKey(of member: SenderID) throws(ContextError) -> SecretBytes {
        guard let main = algorithms.main else { throw .unsupportedAlgorithm }
        return try KeyDerivation.derive(
            hash, salt: masterSalt.span, secret: masterSecret.bytes, id: member.bytes.span, idContext: groupID.bytes,
            algorithm: main.rawValue, type: "Key", count: main.keyLength)
    }

    // GOSC-0030, GOSC-0031, GOSC-0032, GOSC-0033, GOSC-0034
    private static func signatureEncryptionKey(
        groupID: GroupID, masterSecret: Span<UInt8>, masterSalt: [UInt8], algorithms: GroupAlgorithms, hash: HashKind
    ) throws(ContextError) -> SecretBytes {
        guard algorithms.hasGroupMode, let encryption = algorithms.groupEncryption, let count = encryption.keyLength
        else { return SecretBytes(copying: [UInt8]().span) }
        return try KeyDerivation.derive(
            hash, salt: masterSalt.span, secret: masterSecret, id: [UInt8]().span, idContext: groupID.bytes,
            algorithm: encryption.rawValue, type: "SEKey", count: count)
    }
}
