import Bytes
import TestSupport
import Testing

@testable import MessageWorkbench

/// What a line that asks for a check may say, and what it must.
struct CheckInputTests {
    private static let algorithms = ["hkdf", "group_enc", "aead", "sign", "key_agreement"]

    @Test(.requirement("GOSC-0330"), arguments: ["A", "B", "D", "E", "G"])
    func algorithmsStandInsideOrBesideOrBoth(suite: String) throws {
        let test = try CheckCase.named("\(suite) group-request-piv258")
        let algorithms = try #require(test.line["context"]?.objectValue?["algs"]?.objectValue)
        var beside = test.line.with("context.algs", nil)
        for name in Self.algorithms { beside = beside.with("context.\(name)", algorithms[name]) }
        #expect(Workbench().outcome(beside) == "ok")
        #expect(Workbench().outcome(beside.with("context.algs", .object(algorithms))) == "ok")
        for name in Self.algorithms {
            guard let number = algorithms[name]?.integerValue else { continue }
            // Half here, half there.
            let moved = test.line.with("context.algs.\(name)", nil).with("context.\(name)", .integer(number))
            #expect(Workbench().outcome(moved) == "ok", "\(name)")
            let twice = test.line.with("context.\(name)", .integer(number - 1))
            #expect(Workbench().outcome(twice) == "field", "\(name)")
            // HKDF is 5 where it is absent. The others are signed, unset ones as null.
            let without = beside.with("context.\(name)", nil)
            let isNeeded = name == "group_enc" || name == "sign"
            let expected = name == "hkdf" ? "ok" : isNeeded ? "context" : "signature"
            #expect(Workbench().outcome(without) == expected, "\(name)")
        }
        let others = beside.with("context.sign", nil).with("context.signature", .integer(-8))
            .with("context.key_agreement", nil).with("context.pairwise", algorithms["key_agreement"])
            .with("context.hkdf", .integer(-10))
        #expect(Workbench().outcome(others) == "ok")
        #expect(
            Workbench().outcome(others.with("context.hkdf", .integer(7)).with("context.pairwise", nil)) == "signature")
    }

    /// A Master Secret has no use here; a line that has one is answered as if it had none.
    @Test(.requirement("GOSC-0239"))
    func aMasterSecretIsNotLookedAt() throws {
        for name in [Sample.groupRequest, Sample.groupResponse] {
            let test = try CheckCase.named(name)
            for secret: JSONValue in ["00", .integer(7), .array([])] {
                let line = test.line.with("context.master_secret", secret).with("context.master_salt", secret)
                #expect(Workbench().outcome(line) == "ok")
            }
            // With the Master Secret alone there is nothing to check with.
            let secret = test.vector.unprotect["context"]?.objectValue?["master_secret"]
            let without = test.line.with("context.signature_encryption_key", nil).with("context.master_secret", secret)
            #expect(Workbench().outcome(without) == "field")
        }
    }

    @Test func fieldsThatAreMissingOrWrongAreNamed() throws {
        let test = try CheckCase.named(Sample.groupResponse)
        let asked = try #require(test.lineWithMessage)
        for path in ["direction", "context", "message"] {
            #expect(Workbench().outcome(test.line.with([path: nil])) == "field", "\(path)")
            #expect(Workbench().outcome(test.line.with([path: .integer(1)])) == "field", "\(path)")
        }
        for name in ["gid", "signature_encryption_key", "gm_cred"] {
            #expect(Workbench().outcome(test.line.with("context.\(name)", nil)) == "field", "\(name)")
            #expect(Workbench().outcome(test.line.with("context.\(name)", "x")) == "field", "\(name)")
        }
        let key = try #require(test.line["context"]?.objectValue?["signature_encryption_key"]?.textValue)
        for wrong in ["", String(key.dropLast(2)), key + "00"] {
            let answer = Workbench().answer(test.line.with("context.signature_encryption_key", .text(wrong)).bytes)
            #expect(answer["error"] == "field")
            #expect(answer["detail"]?.textValue?.contains("16 bytes") == true)
        }
        #expect(Workbench().outcome(test.line.with("context.gm_cred", "")) == "field")
        #expect(Workbench().outcome(test.line.with("context.countersign_items", .integer(3))) == "field")
        #expect(Workbench().outcome(test.line.withMembers { $0.with(["id": "25"]) }) == "field")
        #expect(Workbench().outcome(test.line.withMembers { $0.with(["cred": nil]) }) == "field")
        #expect(Workbench().outcome(test.line.withMembers { $0.with(["cred": "a0"]) }) == "context")
        #expect(Workbench().outcome(test.line.with("context.cred_fmt", .integer(99))) == "context")
        let long = JSONValue.text(String(repeating: "00", count: 256))
        #expect(Workbench().outcome(test.line.with("context.gid", long)) == "context")
        #expect(Workbench().outcome(test.line.with("request.kid_context", long)) == "field")
        #expect(Workbench().outcome(asked.with("context.previous_gid", long)) == "context")
        #expect(Workbench().outcome(test.line.with("request.kid", nil)) == "field")
        #expect(Workbench().outcome(test.line.with("request.mode", "oscore")) == "mode")
        #expect(Workbench().outcome(test.line.with(["request": .integer(1)])) == "field")
        #expect(Workbench().outcome(asked.with(["request": "zz"])) == "field")
        #expect(Workbench().outcome(asked.with(["request": "40"])) == "decode")
        #expect(Workbench().outcome(asked.with(["request": .text(test.vector.protected)])) == "decode")
        #expect(Workbench().outcome(test.line.with(["client": .integer(1)])) == "field")
        // The other direction, and a message that is not protected.
        #expect(Workbench().outcome(test.line.with(["direction": "request"])) == "decode")
        #expect(Workbench().outcome(test.line.with(["message": "5244abcd7b5cff00"])) == "decode")
        // A key that signs in no group of this Signature Algorithm.
        #expect(Workbench().outcome(test.line.with("context.algs.sign", .integer(-7))) == "context")
        #expect(Workbench().outcome(test.line.with("context.algs.group_enc", .integer(-65531))) == "context")
    }

    /// Pairwise mode only: nothing in it could ever be checked.
    @Test func aGroupWithoutGroupModeHasNoCheckers() throws {
        let vector = try Sample.vector("F pairwise-request")
        let test = try CheckCase(vector, signatureEncryptionKey: String(repeating: "00", count: 16))
        let answer = Workbench().answer(test.line.bytes)
        #expect(answer["error"] == "context")
        #expect(answer["detail"]?.textValue?.contains("no group mode") == true)
    }

    @Test func noAnswerHoldsTheKey() throws {
        let test = try CheckCase.named(Sample.groupResponse)
        let key = try #require(test.line["context"]?.objectValue?["signature_encryption_key"]?.textValue)
        let lines = [
            test.line, test.line.with("context.signature_encryption_key", .text(key + "x")),
            test.line.with("context.signature_encryption_key", .text(key + "00")),
            test.line.with("context.gid", .text(key)), test.line.with(["message": .text(key)]),
            test.line.with(["request": .text(key)]), test.line.with(["direction": .text(key)]),
        ]
        for line in lines { #expect(!JSONValue.object(Workbench().answer(line.bytes)).line.contains(key)) }
    }
}
