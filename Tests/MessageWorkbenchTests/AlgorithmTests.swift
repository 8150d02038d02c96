import Bytes
import COSE
import CryptoPrimitives
import Testing

@testable import MessageWorkbench

/// Every algorithm that the vectors do not have: what one end protects, the other end takes.
struct AlgorithmTests {
    struct Keys: Sendable, CustomTestStringConvertible {
        let kind: KeyKind
        let signature: Int64?
        let hkdf: Int64
        let agreement: Int64

        var testDescription: String { "\(kind) \(hkdf)" }
    }

    static let keys = [
        Keys(kind: .ed25519, signature: -8, hkdf: 7, agreement: -28),
        Keys(kind: .x25519, signature: nil, hkdf: 5, agreement: -27),
        Keys(kind: .p256, signature: -7, hkdf: 5, agreement: -27),
        Keys(kind: .p384, signature: -35, hkdf: 5, agreement: -27),
        Keys(kind: .p521, signature: -36, hkdf: 7, agreement: -28),
    ]
    static let aeads: [Int64] = [1, 2, 3, 10, 11, 12, 13, 24, 30, 31, 32, 33]
    static let plain: JSONValue = "5201abcd7b5cba68656c6c6f576f726c64"

    private func member(_ id: String, _ kind: KeyKind, _ fill: UInt8) throws -> JSONObject {
        let secret = [UInt8](repeating: 0, count: kind.secretLength - 8) + [UInt8](repeating: fill, count: 8)
        let key = try PrivateKey(kind, secret: secret.span)
        let credential = AuthenticationCredential.ccs(subject: id, publicKey: key.publicKey)
        return ["id": .text(id), "cred": .text(Hex.encode(credential.bytes)), "private_key": .text(Hex.encode(secret))]
    }

    private func context(_ keys: Keys, aead: Int64, groupEncryption: Int64?) throws -> JSONObject {
        [
            "gid": "dd11", "master_secret": "0102030405060708090a0b0c0d0e0f10", "gm_cred": "a0",
            "algs": .object([
                "hkdf": .integer(keys.hkdf), "aead": .integer(aead), "key_agreement": .integer(keys.agreement),
                "group_enc": groupEncryption.map { .integer($0) } ?? .null,
                "sign": keys.signature.map { .integer($0) } ?? .null,
            ]), "members": .array([.object(try member("25", keys.kind, 5)), .object(try member("52", keys.kind, 6))]),
        ]
    }

    private func roundTrip(_ context: JSONObject, mode: String, _ workbench: Workbench) throws {
        let asked: JSONObject = [
            "op": "protect", "direction": "request", "mode": .text(mode), "context": .object(context), "me": "25",
            "peer": "52", "partial_iv": .integer(1000), "message": Self.plain,
        ]
        let protected = workbench.answer(asked.bytes)
        let message = try #require(protected["message"], "\(JSONValue.object(protected).line)")
        let received = asked.with(["op": "unprotect", "me": "52", "peer": "25", "message": message])
        #expect(workbench.answer(received.bytes)["message"] == Self.plain)
        let other = received.with("context.master_secret", "00")
        #expect(workbench.answer(other.bytes)["error"] == (mode == "group" ? "signature" : "decryption"))
        let answer = asked.with([
            "direction": "response", "me": "52", "message": "5245abcd7b5cff6f6e", "partial_iv": .null,
            "request": .object(["kid": "25", "partial_iv": .integer(1000), "mode": .text(mode)]),
        ])
        let response = try #require(workbench.answer(answer.bytes)["message"])
        let read = answer.with(["op": "unprotect", "me": "25", "peer": "52", "message": response])
        #expect(workbench.answer(read.bytes)["message"] == "5245abcd7b5cff6f6e")
    }

    @Test(arguments: keys)
    func keysOfEveryKindProtectInTheirModes(keys: Keys) throws {
        let workbench = Workbench()
        let context = try context(keys, aead: 10, groupEncryption: keys.signature == nil ? nil : 10)
        try roundTrip(context, mode: "pairwise", workbench)
        if keys.signature != nil { try roundTrip(context, mode: "group", workbench) }
    }

    @Test(arguments: aeads + [-65534, -65533, -65532])
    func groupEncryptionAlgorithmsProtect(algorithm: Int64) throws {
        try roundTrip(
            context(Self.keys[0], aead: 10, groupEncryption: algorithm), mode: "group", Workbench())
    }

    @Test(arguments: aeads)
    func aeadAlgorithmsProtect(algorithm: Int64) throws {
        let workbench = Workbench()
        try roundTrip(context(Self.keys[0], aead: algorithm, groupEncryption: nil), mode: "pairwise", workbench)
        for hkdf in [5, 6, 7, -10, -11] as [Int64] {
            let vector = try Sample.vector(Sample.pairRequest)
            let change = { (line: JSONObject) in
                line.with("context.algs.aead", .integer(algorithm)).with("context.algs.hkdf", .integer(hkdf))
            }
            let message = try #require(workbench.answer(change(vector.protect).bytes)["message"])
            let answer = workbench.answer(change(vector.unprotect).with(["message": message]).bytes)
            #expect(answer["message"] == .text(vector.plain))
        }
    }
}
