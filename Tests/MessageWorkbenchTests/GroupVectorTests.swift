import Bytes
import TestSupport
import Testing

@testable import MessageWorkbench

/// All suites of the group vectors through the front, in both directions.
struct GroupVectorTests {
    static let file = Result { try GroupVectorFile.load() }
    static let cases = (try? file.get().cases()) ?? []

    @Test func thereAreVectorsOfEverySuiteAndMode() {
        #expect(Self.cases.count >= 60)
        for letter in ["A", "B", "C", "D", "E", "F", "G"] {
            #expect(Self.cases.contains { $0.name.hasPrefix(letter) }, "\(letter)")
        }
    }

    @Test(arguments: cases)
    func vectorIsProtectedByteForByte(vector: VectorCase) {
        #expect(JSONValue.object(Workbench().answer(vector.protect.bytes)).line == Self.answer(vector.protected))
    }

    @Test(arguments: cases)
    func vectorIsUnprotected(vector: VectorCase) {
        let expected: JSONObject = [
            "ok": .bool(true), "message": .text(vector.plain), "kid": .text(vector.kid), "mode": .text(vector.mode),
            "partial_iv": vector.partialIV,
        ]
        #expect(Workbench().answer(vector.unprotect.bytes) == expected)
    }

    /// The same workbench for everything, twice over, in both orders: what is kept between lines changes nothing.
    @Test func linesDoNotInfluenceEachOther() {
        let workbench = Workbench()
        for vector in Self.cases + Self.cases.reversed() {
            #expect(
                JSONValue.object(workbench.answer(vector.protect.bytes)).line == Self.answer(vector.protected),
                "\(vector.name)")
            #expect(workbench.answer(vector.unprotect.bytes)["message"] == .text(vector.plain), "\(vector.name)")
        }
    }

    @Test(arguments: cases)
    func explanationOfBothDirectionsShowsEveryStep(vector: VectorCase) throws {
        let workbench = Workbench(revealsSecrets: true)
        for line in [vector.protect, vector.unprotect] {
            let answer = workbench.answer(line.with(["op": "explain"]).bytes)
            #expect(answer["ok"] == .bool(true))
            let shown = try answer.shownSteps()
            for (step, bytes) in vector.steps where !bytes.isEmpty {
                #expect(shown[step] == bytes, "\(vector.name): \(step)")
            }
        }
    }

    @Test func derivedKeysAreThoseOfTheVectors() throws {
        let file = try Self.file.get()
        for suite in file.suites {
            for afterRekey in [false, true] {
                guard let keys = afterRekey ? suite.afterRekey?.keys : suite.keys else { continue }
                var context = file.context(suite, afterRekey: afterRekey, me: nil)
                let members = file.group.members.map { member -> JSONValue in
                    .object([
                        "id": .text(member.senderId), "cred": .text(member.authCred),
                        "private_key": .text(member.ed25519Seed),
                    ])
                }
                context = context.with(["members": .array(members)])
                let answer = Workbench().answer((["op": "derive", "context": .object(context)] as JSONObject).bytes)
                #expect(answer["common_iv"] == .text(keys.commonIv))
                #expect(answer["signature_encryption_key"] == keys.signatureEncryptionKey.map { .text($0) } ?? .null)
                for (id, key) in keys.senderKeys {
                    #expect(answer["sender_keys"]?.objectValue?[id] == .text(key.key))
                }
                let pairwise = answer["pairwise_keys"]?.arrayValue ?? []
                #expect(pairwise.count == keys.pairwiseKeys?.count ?? 0)
                for key in keys.pairwiseKeys ?? [] {
                    let expected: JSONObject = [
                        "from": .text(key.from), "to": .text(key.to), "key": .text(key.pairwiseKey),
                    ]
                    #expect(pairwise.contains(.object(expected)), "\(suite.id) \(key.from) \(key.to)")
                }
            }
        }
    }

    private static func answer(_ message: String) -> String { #"{"ok":true,"message":"\#(message)"}"# }
}
