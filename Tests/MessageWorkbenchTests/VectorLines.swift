import Bytes
import CoAP
import TestSupport
import Testing

@testable import MessageWorkbench

/// A vector as a pair of lines, and what each is to be answered with.
struct VectorCase: Sendable, CustomTestStringConvertible {
    let name: String
    /// A line with `"op":"protect"`.
    let protect: JSONObject
    /// A line with `"op":"unprotect"`.
    let unprotect: JSONObject
    let plain: String
    let protected: String
    let kid: String
    let mode: String
    let partialIV: JSONValue
    /// Intermediate values that an explanation must show, by step.
    var steps: [String: String] = [:]

    var testDescription: String { name }
}

extension JSONObject {
    /// The same with other values, of members that it has or not; `nil` takes a member away.
    func with(_ changes: [String: JSONValue?]) -> JSONObject {
        var object = JSONObject(members.filter { changes[$0.name] == nil })
        for (name, value) in changes.sorted(by: { $0.key < $1.key }) {
            if let value { object.append(name, value) }
        }
        return object
    }

    var bytes: [UInt8] { Array(JSONValue.object(self).line.utf8) }

    /// The bytes of each step of an explanation, by its name; without those that are redacted.
    func shownSteps() throws -> [String: String] {
        var shown: [String: String] = [:]
        for step in try #require(self["steps"]?.arrayValue) {
            let step = try #require(step.objectValue)
            shown[try #require(step["step"]?.textValue)] = step["bytes"]?.textValue
        }
        return shown
    }
}

/// Type NON, a token and a Message ID, which no vector has.
private func datagram(code: UInt8, body: String) -> String { "52" + Hex.encode([code]) + "abcd" + "7b5c" + body }

/// The group vectors, suite by suite.
struct GroupVectorFile: Decodable {
    struct Member: Decodable {
        let senderId, authCred, ed25519Seed: String
    }
    struct Group: Decodable {
        let masterSecret, masterSalt, gid, gmCred: String
        let members: [Member]
    }
    struct Algorithm: Decodable {
        let value: Int64
    }
    struct Key: Decodable {
        let key: String
    }
    struct PairwiseKey: Decodable {
        let from, to, pairwiseKey: String
    }
    struct Keys: Decodable {
        let commonIv: String
        let signatureEncryptionKey: String?
        let senderKeys: [String: Key]
        let pairwiseKeys: [PairwiseKey]?
    }
    struct Rekey: Decodable {
        let newMasterSecret, newMasterSalt, newGid: String
        let keys: Keys?
    }
    struct Message: Decodable {
        let name, mode, senderId: String
        let recipientId: String?
        let requestKid, requestPiv, requestKidContext: String
        let partialIv: String?
        let oscoreOptionValue, nonce, aadArray, aad, plaintext, ciphertext, payload: String
        let toBeSigned, signature, keystream, keystreamInfo, keystreamSalt, encryptedSignature: String?
        let request, securityContext: String?
        /// The same message with a Countersign_structure of four items.
        let variant4ElementCountersignStructure: Variant?
    }
    struct Variant: Decodable {
        let payload: String
    }
    struct Suite: Decodable {
        let id: String
        let aeadAlgorithm, groupEncryptionAlgorithm: Algorithm?
        let signatureAlgorithm, pairwiseKeyAgreementAlgorithm: Int64?
        let keys: Keys
        let afterRekey: Rekey?
        let messages: [Message]
    }

    let group: Group
    let suites: [Suite]

    static func load() throws -> Self { try VectorFile.load("group-oscore-generated", convertsFromSnakeCase: true) }

    /// The context object of one suite, only `me` with its private key.
    func context(_ suite: Suite, afterRekey: Bool = false, me: String?) -> JSONObject {
        let rekey = afterRekey ? suite.afterRekey : nil
        let number = { (number: Int64?) -> JSONValue in number.map { .integer($0) } ?? .null }
        let members = group.members.map { member -> JSONValue in
            var object: JSONObject = ["id": .text(member.senderId), "cred": .text(member.authCred)]
            if me == member.senderId { object.append("private_key", .text(member.ed25519Seed)) }
            return .object(object)
        }
        return [
            "name": "ignored", "gid": .text(rekey?.newGid ?? group.gid),
            "master_secret": .text(rekey?.newMasterSecret ?? group.masterSecret),
            "master_salt": .text(rekey?.newMasterSalt ?? group.masterSalt),
            "algs": .object([
                "hkdf": .integer(5), "group_enc": number(suite.groupEncryptionAlgorithm?.value),
                "aead": number(suite.aeadAlgorithm?.value), "sign": number(suite.signatureAlgorithm),
                "key_agreement": number(suite.pairwiseKeyAgreementAlgorithm),
            ]), "gm_cred": .text(group.gmCred), "members": .array(members),
        ]
    }

    func cases() throws -> [VectorCase] {
        try suites.flatMap { suite in try suite.messages.map { try vectorCase(suite, $0) } }
    }

    private func vectorCase(_ suite: Suite, _ vector: Message) throws -> VectorCase {
        let request = suite.messages.first { $0.name == vector.request }
        // Whoever asked receives the answer; requests go to whom they are for, or to anybody else.
        let receiver = request?.senderId ?? vector.recipientId ?? "77"
        let isRekeyed = vector.securityContext != nil
        let partialIV: JSONValue = vector.partialIv.map { .integer(Int64($0, radix: 16) ?? -1) } ?? .null
        var common: JSONObject = ["direction": .text(vector.request == nil ? "request" : "response")]
        if let request {
            common.append(
                "request",
                .object([
                    "kid": .text(vector.requestKid), "partial_iv": .text(vector.requestPiv),
                    "kid_context": .text(vector.requestKidContext), "mode": .text(request.mode),
                ]))
        }
        var option: [UInt8] = []
        var writer = OptionWriter()
        let value = try #require(Hex.decode(vector.oscoreOptionValue))
        writer.write(.oscore, value.span, into: &option)
        let code = try #require(UInt8(vector.plaintext.prefix(2), radix: 16))
        let plain = datagram(code: code, body: String(vector.plaintext.dropFirst(2)))
        let protected = datagram(
            code: vector.request == nil ? 0x02 : 0x44, body: Hex.encode(option) + "ff" + vector.payload)
        let context = { (me: String) -> JSONValue in
            .object(self.context(suite, afterRekey: isRekeyed, me: me))
        }
        var steps = [
            "nonce": vector.nonce, "external_aad": vector.aadArray, "Enc_structure": vector.aad,
            "plaintext": vector.plaintext, "ciphertext": vector.ciphertext, "OSCORE option": vector.oscoreOptionValue,
        ]
        steps["Countersign_structure"] = vector.toBeSigned
        steps["countersignature"] = vector.signature
        steps["keystream"] = vector.keystream
        steps["info of keystream"] = vector.keystreamInfo
        steps["salt of keystream"] = vector.keystreamSalt
        steps["encrypted countersignature"] = vector.encryptedSignature
        return VectorCase(
            name: "\(suite.id) \(vector.name)",
            protect: common.with([
                "op": "protect", "mode": .text(vector.mode), "context": context(vector.senderId),
                "me": .text(vector.senderId), "peer": .text(vector.recipientId ?? receiver), "partial_iv": partialIV,
                "message": .text(plain),
            ]),
            unprotect: common.with([
                "op": "unprotect", "context": context(receiver), "me": .text(receiver), "peer": .text(vector.senderId),
                "message": .text(protected),
            ]), plain: plain, protected: protected, kid: vector.senderId, mode: vector.mode, partialIV: partialIV,
            steps: steps)
    }
}
