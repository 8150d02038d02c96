import Bytes
import COSE
import CryptoPrimitives
import GroupOSCORE
import OSCORE

/// One derivation of the key schedule, with everything that goes into it.
struct DerivedKey {
    let name: String
    let info: [UInt8]
    let salt: [UInt8]
    let value: [UInt8]
}

/// The key schedule of a context, for answers that show keys. Messages are protected by the contexts themselves, not by
/// what is derived here.
struct KeySchedule {
    let hash: HashKind
    let masterSecret: [UInt8]
    let masterSalt: [UInt8]
    let idContext: [UInt8]?

    /// Derives one key from the Master Secret.
    func derive(
        _ name: String, id: [UInt8] = [], algorithm: Int, type: String, count: Int
    ) throws(WorkbenchFailure) -> DerivedKey {
        try derive(name, salt: masterSalt, secret: masterSecret, id: id, algorithm: algorithm, type: type, count: count)
    }

    /// Derives one key from another secret.
    func derive(
        _ name: String, salt: [UInt8], secret: [UInt8], id: [UInt8], algorithm: Int, type: String, count: Int
    ) throws(WorkbenchFailure) -> DerivedKey {
        do throws(ContextError) {
            let key = try KeyDerivation.derive(
                hash, salt: salt.span, secret: secret.span, id: id.span, idContext: idContext, algorithm: algorithm,
                type: type, count: count)
            return DerivedKey(
                name: name,
                info: KeyDerivation.info(
                    id: id.span, idContext: idContext, algorithm: algorithm, type: type, count: count),
                salt: salt, value: [UInt8](copying: key.bytes))
        } catch {
            throw WorkbenchFailure(error)
        }
    }
}

extension PairContextInput {
    func schedule() throws(WorkbenchFailure) -> KeySchedule {
        guard let hash = HKDFAlgorithm(rawValue: hkdf).hash else { throw WorkbenchFailure(.unsupportedAlgorithm) }
        return KeySchedule(hash: hash, masterSecret: masterSecret, masterSalt: masterSalt, idContext: idContext)
    }

    /// Sender Key, Recipient Key and Common IV (RFC 8613 §3.2.1).
    func derivedKeys() throws(WorkbenchFailure) -> [DerivedKey] {
        let algorithm = AEADAlgorithm(rawValue: aead)
        guard let keyLength = algorithm.keyLength, let nonceLength = algorithm.nonceLength else {
            throw WorkbenchFailure(.unsupportedAlgorithm)
        }
        let schedule = try schedule()
        return [
            try schedule.derive(
                "sender_key", id: senderID.bytes, algorithm: aead, type: "Key", count: keyLength),
            try schedule.derive(
                "recipient_key", id: recipientID.bytes, algorithm: aead, type: "Key", count: keyLength),
            try schedule.derive("common_iv", algorithm: aead, type: "IV", count: nonceLength),
        ]
    }
}

extension Workbench {
    /// The members of a group of which every pairwise key is derived at once: their number is the square.
    static let maximumMembersWithoutMe = 64

    /// `{"op":"derive",…}`: every key that a context has. The answer is all secrets; that is what is asked for.
    func derive(_ fields: Fields) throws(WorkbenchFailure) -> JSONObject {
        let me = try fields.senderID("me")
        var answer: JSONObject = ["ok": .bool(true)]
        switch try ContextInput(fields.required("context", fields.object("context"))) {
        case .pair(let pair):
            let pair = try pair.seen(by: me)
            // Refuses what cannot be a context.
            _ = try Self.makeContext(pair)
            for key in try pair.derivedKeys() { answer.append(key.name, .text(Hex.encode(key.value))) }
        case .group(let group):
            let keys = try GroupKeys(group, credentials)
            answer.append("common_iv", .text(Hex.encode(keys.commonIV.value)))
            answer.append(
                "signature_encryption_key",
                keys.signatureEncryptionKey.map { .text(Hex.encode($0.value)) } ?? .null)
            let senders = keys.senderKeys.map {
                JSONObject.Member(name: $0.id.description, value: .text(Hex.encode($0.key.value)))
            }
            answer.append("sender_keys", .object(JSONObject(senders)))
            if let deterministic = try keys.deterministic() {
                guard group.member(deterministic.client.senderID) == nil else {
                    throw WorkbenchFailure(
                        .context, "\"deterministic_client\" is one of \"context.members\": it must be nobody")
                }
                let key = deterministic.senderKey
                answer.append(key.name, .text(Hex.encode(key.value)))
            }
            guard
                me != nil || !group.algorithms.hasPairwiseMode
                    || group.members.count <= Self.maximumMembersWithoutMe
            else {
                throw WorkbenchFailure(
                    .field,
                    "\"me\" is missing: more than \(Self.maximumMembersWithoutMe) members have too many pairwise keys")
            }
            let pairwise = try keys.pairwiseKeys(me: me)
            answer.append(
                "pairwise_keys",
                .array(
                    pairwise.map {
                        .object([
                            "from": .text($0.from.description), "to": .text($0.to.description),
                            "key": .text(Hex.encode($0.key.value)),
                        ])
                    }))
        }
        return answer
    }
}
