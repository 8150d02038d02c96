import Bytes
import COSE
import CryptoPrimitives
import GroupOSCORE
import OSCORE

/// The key schedule of a group (RFC 10021 §2.1, §2.5.1).
struct GroupKeys {
    let input: GroupContextInput
    let commonIV: DerivedKey
    /// `nil` without group mode.
    let signatureEncryptionKey: DerivedKey?
    /// One for each member, in the order of the line.
    let senderKeys: [(id: SenderID, key: DerivedKey)]
    let schedule: KeySchedule
    private let credentials: CredentialReader

    init(_ input: GroupContextInput, _ credentials: CredentialReader) throws(WorkbenchFailure) {
        let algorithms = input.algorithms
        do throws(ContextError) {
            try algorithms.validate()
        } catch {
            throw WorkbenchFailure(error)
        }
        guard let main = algorithms.main, let nonceLength = algorithms.longestNonce else {
            throw WorkbenchFailure(.unsupportedAlgorithm)
        }
        let schedule = try input.schedule()
        commonIV = try schedule.derive("common_iv", algorithm: main.rawValue, type: "IV", count: nonceLength)
        signatureEncryptionKey =
            if algorithms.hasGroupMode {
                try schedule.derive(
                    "signature_encryption_key", algorithm: main.rawValue, type: "SEKey", count: main.keyLength)
            } else {
                nil
            }
        var senderKeys: [(id: SenderID, key: DerivedKey)] = []
        for member in input.members {
            let key = try schedule.derive(
                "sender_key", id: member.id.bytes, algorithm: main.rawValue, type: "Key", count: main.keyLength)
            senderKeys.append((member.id, key))
        }
        self.senderKeys = senderKeys
        self.input = input
        self.schedule = schedule
        self.credentials = credentials
    }

    func senderKey(of id: SenderID) -> DerivedKey? {
        senderKeys.first { $0.id == id }?.key
    }
}

extension GroupContextInput {
    func schedule() throws(WorkbenchFailure) -> KeySchedule {
        guard let hash = algorithms.hkdf.hash else { throw WorkbenchFailure(.unsupportedAlgorithm) }
        return KeySchedule(hash: hash, masterSecret: masterSecret, masterSalt: masterSalt, idContext: groupID)
    }
}

/// The key with which one member protects pairwise messages to another.
struct PairwiseKey {
    let from: SenderID
    let to: SenderID
    let senderCredential: [UInt8]
    let recipientCredential: [UInt8]
    /// Both credentials, the message's sender first, and the shared secret, one after the other.
    let keyingMaterial: [UInt8]
    let sharedSecret: [UInt8]
    let key: DerivedKey
}

extension GroupKeys {
    /// Every pairwise key of `me`, or of all members; that of two members without a private key in the line cannot be
    /// derived.
    func pairwiseKeys(me: SenderID?) throws(WorkbenchFailure) -> [PairwiseKey] {
        guard input.algorithms.hasPairwiseMode else { return [] }
        var keys: [PairwiseKey] = []
        for from in input.members {
            for to in input.members where from.id != to.id && (me == nil || me == from.id || me == to.id) {
                if let key = try pairwiseKey(from: from.id, to: to.id) { keys.append(key) }
            }
        }
        return keys
    }

    /// The key for messages of one member to another; `nil` if a member is unknown, or neither private key is.
    func pairwiseKey(from: SenderID, to: SenderID) throws(WorkbenchFailure) -> PairwiseKey? {
        guard let sender = input.member(from), let recipient = input.member(to),
            let salt = senderKey(of: from)?.value, let aead = input.algorithms.aead, let count = aead.keyLength,
            let secret = try sharedSecret(of: sender, recipient)
        else { return nil }
        let senderCredential = try credentials.credential(of: sender, input.credentialRules).bytes
        let recipientCredential = try credentials.credential(of: recipient, input.credentialRules).bytes
        let keyingMaterial = senderCredential + recipientCredential + secret
        let key = try schedule.derive(
            "pairwise_key", salt: salt, secret: keyingMaterial, id: from.bytes, algorithm: aead.rawValue, type: "Key",
            count: count)
        return PairwiseKey(
            from: from, to: to, senderCredential: senderCredential, recipientCredential: recipientCredential,
            keyingMaterial: keyingMaterial, sharedSecret: secret, key: key)
    }

    /// What two members agree on, from either side.
    private func sharedSecret(
        of one: GroupContextInput.Member, _ other: GroupContextInput.Member
    ) throws(WorkbenchFailure) -> [UInt8]? {
        let (owner, peer) = one.privateKey == nil ? (other, one) : (one, other)
        guard let secret = owner.privateKey else { return nil }
        let own = try credentials.credential(of: owner, input.credentialRules)
        let key = try Workbench.privateKey(secret, of: own, owner.id)
        let publicKey = try credentials.credential(of: peer, input.credentialRules).publicKey
        do throws(CryptoError) {
            let shared = try key.sharedSecret(with: publicKey)
            return [UInt8](copying: shared.bytes)
        } catch {
            throw WorkbenchFailure(
                .context, "members \(owner.id) and \(peer.id) cannot agree on a secret: their keys are not of one kind")
        }
    }
}

extension Explanation {
    /// Adds the derivation of a pairwise key, its input keying material part by part.
    mutating func add(_ pairwise: PairwiseKey) {
        add("credential of the sender in the keying material", pairwise.senderCredential)
        add("credential of the recipient in the keying material", pairwise.recipientCredential)
        add(secret: "shared secret", pairwise.sharedSecret, note: "Diffie-Hellman, raw")
        add(secret: "keying material of pairwise_key", pairwise.keyingMaterial)
        add(secret: "salt of pairwise_key", pairwise.key.salt, note: "the Sender Key of the sender")
        add(pairwise.key)
    }
}
