import Bytes
import COSE
import OSCORE

extension PairContextInput {
    /// The object that reads as this.
    var object: JSONObject {
        var object: JSONObject = [
            "master_secret": .hex(masterSecret), "master_salt": .hex(masterSalt),
            "sender_id": .hex(senderID.bytes), "recipient_id": .hex(recipientID.bytes),
            "algs": .object(["aead": .integer(Int64(aead)), "hkdf": .integer(Int64(hkdf))]),
        ]
        if let idContext { object.append("id_context", .hex(idContext)) }
        return object
    }
}

extension GroupContextInput {
    /// The object that reads as this, with one private key only.
    func object(keysOf me: SenderID) -> JSONObject {
        var algorithms: JSONObject = ["hkdf": .integer(Int64(hkdf))]
        let numbers = [
            ("group_enc", groupEncryption), ("aead", aead), ("sign", signature), ("key_agreement", keyAgreement),
        ]
        for (name, number) in numbers {
            if let number { algorithms.append(name, .integer(Int64(number))) }
        }
        var object: JSONObject = [
            "gid": .hex(groupID), "master_secret": .hex(masterSecret), "master_salt": .hex(masterSalt),
            "algs": .object(algorithms), "gm_cred": .hex(managerCredential),
            "cred_fmt": .integer(Int64(credentialRules.format.rawValue)),
            "countersign_items": .integer(Int64(countersignItems)),
            "request_hash": .integer(Int64(requestHash)),
        ]
        if let format = credentialRules.managerFormat { object.append("gm_cred_fmt", .integer(Int64(format.rawValue))) }
        if let time = credentialRules.validAt { object.append("valid_at", .integer(time)) }
        if let client = deterministicClient { object.append("deterministic_client", .hex(client.bytes)) }
        object.append(
            "members",
            .array(
                members.map { member in
                    var entry: JSONObject = ["id": .hex(member.id.bytes), "cred": .hex(member.credential)]
                    if member.id == me, let key = member.privateKey { entry.append("private_key", .hex(key)) }
                    return .object(entry)
                }))
        return object
    }
}

extension JSONValue {
    fileprivate static func hex(_ bytes: [UInt8]) -> Self { .text(Hex.encode(bytes)) }
}
