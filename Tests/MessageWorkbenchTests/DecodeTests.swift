import Bytes
import TestSupport
import Testing

@testable import MessageWorkbench

struct DecodeTests {
    @Test func messageIsShownWithoutKeys() throws {
        let line: JSONObject = [
            "op": "decode", "message": "44025d1f00003974396c6f63616c686f7374620914ff612f1092f1776f1c1668b3825e",
        ]
        let answer = Workbench().answer(line.bytes)
        #expect(answer["type"] == "CON")
        #expect(answer["code"] == "0.02")
        #expect(answer["message_id"] == .integer(0x5d1f))
        #expect(answer["token"] == "00003974")
        let options = try #require(answer["options"]?.arrayValue).compactMap(\.objectValue)
        #expect(options.map { $0["name"] } == ["Uri-Host", "OSCORE"])
        #expect(options[0]["text"] == "localhost")
        #expect(options[1]["value"] == "0914")
        let oscore: JSONObject = [
            "group_flag": .bool(false), "partial_iv": .integer(20), "kid_context": .null, "kid": "",
        ]
        #expect(answer["oscore"] == .object(oscore))
        #expect(answer["ciphertext"] == "612f1092f1776f1c1668b3825e")
    }

    @Test func countersignatureIsSplitOffWhereItsLengthIsKnown() throws {
        let vector = try Sample.vector(Sample.groupRequest)
        let line: JSONObject = ["op": "decode", "message": .text(vector.protected)]
        let unknown = Workbench().answer(line.bytes)
        #expect(unknown["ok"] == .bool(true))
        #expect(unknown["ciphertext"] == nil && unknown["payload"] != nil)
        for known in [line.with(["sign": .integer(-8)]), line.with(["context": vector.unprotect["context"]])] {
            let answer = Workbench().answer(known.bytes)
            #expect(answer["ciphertext"]?.textValue == vector.steps["ciphertext"])
            #expect(answer["encrypted_signature"]?.textValue == vector.steps["encrypted countersignature"])
        }
    }

    @Test func plainMessageIsShownToo() throws {
        let line: JSONObject = ["op": "decode", "message": "7001abcdb56c69676874ff6f6e"]
        let answer = Workbench().answer(line.bytes)
        #expect(answer["type"] == "RST")
        #expect(answer["payload"] == "6f6e")
        #expect(answer["oscore"] == nil)
    }

    @Test(arguments: ["9140ff00", "9107ff00", "920209ff00", "9301000aff00", "91ffff00"])
    func brokenOptionIsSaidToBeBroken(body: String) {
        let line: JSONObject = ["op": "decode", "message": .text("5002abcd" + body)]
        #expect(Workbench().answer(line.bytes)["error"] == "decode")
    }

    @Test(arguments: Sample.all)
    func explanationKeepsSecretsUnlessTheyAreAskedFor(name: String) throws {
        let vector = try Sample.vector(name)
        for line in [vector.protect, vector.unprotect] {
            let explain = line.with(["op": "explain"])
            let revealed = JSONValue.object(Workbench(revealsSecrets: true).answer(explain.bytes)).line
            let redacted = JSONValue.object(Workbench().answer(explain.bytes)).line
            let keys = Workbench().answer(line.with(["op": "derive"]).bytes)
            var secrets = [line["context"]?.objectValue?["master_secret"]?.textValue ?? ""]
            for field in ["signature_encryption_key", "sender_key", "recipient_key"] {
                if let key = keys[field]?.textValue { secrets.append(key) }
            }
            for key in keys["sender_keys"]?.objectValue?.members ?? [] { secrets.append(key.value.textValue ?? "") }
            for key in keys["pairwise_keys"]?.arrayValue ?? [] {
                secrets.append(key.objectValue?["key"]?.textValue ?? "")
            }
            for step in ["keystream", "countersignature"] {
                if let bytes = vector.steps[step] { secrets.append(bytes) }
            }
            #expect(secrets.count { revealed.contains($0) } >= 3)
            for secret in secrets { #expect(!secret.isEmpty && !redacted.contains(secret)) }
        }
    }

    @Test func explanationOfWhatFailsShowsHowFarItCame() throws {
        let line = try Sample.vector(Sample.groupRequest).unprotect.with(["op": "explain"])
        let message = try #require(line["message"]?.textValue)
        let answer = Workbench().answer(line.with(["message": .text(message.dropLast(2) + "00")]).bytes)
        #expect(answer["error"] == "signature")
        let steps = try #require(answer["steps"]?.arrayValue).compactMap { $0.objectValue?["step"]?.textValue }
        #expect(steps.contains("Countersign_structure") && steps.contains("external_aad"))
        #expect(!steps.contains("plaintext"))
    }
}
