import Bytes
import TestSupport
import Testing

@testable import MessageWorkbench

/// Each kind of failure by what causes it; details never hold a secret.
struct FailureTests {
    private func failure(_ line: JSONObject, _ workbench: Workbench = Workbench()) throws -> String {
        let answer = workbench.answer(line.bytes)
        #expect(answer.members.map(\.name) == ["ok", "error", "detail"])
        #expect(answer["ok"] == .bool(false))
        let detail = try #require(answer["detail"]?.textValue)
        #expect(detail.count > 10)
        return try #require(answer["error"]?.textValue)
    }

    /// The last byte of a message altered.
    private func altered(_ line: JSONObject) throws -> JSONObject {
        var message = try #require(Hex.decode(line["message"]?.textValue ?? ""))
        message[message.count - 1] ^= 1
        return line.with(["message": .text(Hex.encode(message))])
    }

    @Test func lineThatIsNoObjectIsAnsweredToo() {
        for line in ["", "x", "[]", "1", "null", "{", "{}{}", "\u{0}"] {
            #expect(Workbench().answer(Array(line.utf8))["error"] == "json", "\(line)")
        }
        #expect(Workbench().answer([0xff, 0xfe])["error"] == "json")
        let long = [UInt8](repeating: 0x20, count: Workbench.maximumLineLength + 1)
        #expect(Workbench().answer(long)["error"] == "json")
        #expect(Workbench.tooLong["error"] == "json")
    }

    @Test func operationThatIsUnknownOrMissingIsAField() throws {
        #expect(try failure([:]) == "field")
        #expect(try failure(["op": "dance"]) == "field")
        #expect(try failure(["op": .integer(1)]) == "field")
    }

    /// What is missing is named, and nothing else is blamed.
    @Test func contextWithoutAManagersCredentialSaysSo() throws {
        let line = try Sample.vector(Sample.groupRequest).protect
        for changed in [line.with("context.gm_cred", nil), line.with("context.gm_cred", "")] {
            #expect(try failure(changed) == "field")
            let detail = try #require(Workbench().answer(changed.bytes)["detail"]?.textValue)
            #expect(detail.contains("gm_cred"))
        }
    }

    /// The pairwise keys of a large group are too many for one answer.
    @Test func derivingForALargeGroupNeedsMe() throws {
        let line = try Sample.vector(Sample.groupRequest).protect.with(["op": "derive"])
        let members = line["context"]?.objectValue?["members"]?.arrayValue ?? []
        let first = try #require(members.first?.objectValue)
        let large = { (count: Int) -> JSONObject in
            let more = (0..<(count - members.count)).map { index -> JSONValue in
                .object(first.with(["id": .text(Hex.encode([0xee, UInt8(index)])), "private_key": nil]))
            }
            return line.with("context.members", .array(members + more))
        }
        let limit = Workbench.maximumMembersWithoutMe
        #expect(Workbench().answer(large(limit).with(["me": nil]).bytes)["ok"] == .bool(true))
        #expect(try failure(large(limit + 1).with(["me": nil])) == "field")
        let answer = Workbench().answer(large(limit + 1).bytes)
        #expect(answer["pairwise_keys"]?.arrayValue?.count == 2 * limit)
        // Without pairwise mode there is nothing to count.
        let groupModeOnly = large(limit + 1).with("context.algs.aead", nil).with("context.algs.key_agreement", nil)
        #expect(Workbench().answer(groupModeOnly.with(["me": nil]).bytes)["ok"] == .bool(true))
    }

    @Test(arguments: Sample.all)
    func eachFieldIsNeededOrHasADefault(name: String) throws {
        let vector = try Sample.vector(name)
        for line in [vector.protect, vector.unprotect] {
            for field in ["direction", "context", "message"] {
                #expect(try failure(line.with([field: nil])) == "field", "\(field)")
                #expect(try failure(line.with([field: .null])) == "field", "\(field)")
                #expect(try failure(line.with([field: .integer(7)])) == "field", "\(field)")
            }
            #expect(try failure(line.with("context.master_secret", nil)) == "field")
            #expect(try failure(line.with("context.master_salt", "0")) == "field")
            #expect(try failure(line.with(["message": "zz"])) == "field")
            #expect(try failure(line.with(["direction": "sideways"])) == "field")
            #expect(try failure(line.with(["me": "0011223344556677"])) == "field")
            #expect(try failure(line.with(["remember": "yes"])) == "field")
            #expect(Workbench().answer(line.with(["extra": .array([])]).bytes)["ok"] == .bool(true))
        }
    }

    @Test(arguments: [
        JSONValue.integer(-1), .integer(1 << 40), .integer(.min), "", "0014", "010203040506", "x", .bool(true),
        .otherNumber,
        .array([]), .object([:]),
    ])
    func partialIVOutOfRangeIsAField(value: JSONValue) throws {
        let line = try Sample.vector(Sample.groupRequest).protect
        #expect(try failure(line.with(["partial_iv": value])) == "field")
        let response = try Sample.vector(Sample.groupResponse).unprotect
        #expect(try failure(response.with("request.partial_iv", value)) == "field")
    }

    @Test func partialIVInHexAndAsANumberAreTheSame() throws {
        let vector = try Sample.vector(Sample.groupRequest)
        let answer = Workbench().answer(vector.protect.with(["partial_iv": "0102"]).bytes)
        #expect(answer["message"] == .text(vector.protected))
        let last: JSONObject = Workbench().answer(vector.protect.with(["partial_iv": .integer((1 << 40) - 1)]).bytes)
        #expect(last["ok"] == .bool(true))
        let request = vector.protect.with(["partial_iv": nil])
        #expect(try failure(request) == "field")
    }

    @Test(arguments: [
        "context.algs.group_enc", "context.algs.sign", "context.algs.aead", "context.algs.key_agreement",
        "context.algs.hkdf", "context.cred_fmt",
    ])
    func algorithmThatIsUnknownIsTheContext(field: String) throws {
        let line = try Sample.vector(Sample.groupRequest).protect
        #expect(try failure(line.with(field, .integer(-999))) == "context")
        #expect(try failure(line.with(field, .integer(.max))) == "field")
        // AES-CBC.
        #expect(try failure(line.with("context.algs.group_enc", .integer(-65531))) == "context")
        #expect(try failure(line.with("context.algs.aead", .integer(-65534))) == "context")
        #expect(try failure(line.with("context.algs", .object([:]))) == "context")
        #expect(try failure(line.with("context.countersign_items", .integer(3))) == "field")
    }

    @Test func otherNamesOfAlgorithmsAreTaken() throws {
        for name in [Sample.groupRequest, Sample.pairwiseRequest] {
            let vector = try Sample.vector(name)
            let line = vector.protect.with("context.algs.sign", nil).with("context.algs.key_agreement", nil)
                .with("context.algs.signature", .integer(-8)).with("context.algs.pairwise", .integer(-27))
                .with("context.algs.hkdf", nil).with("context.cred_fmt", .integer(14))
            #expect(Workbench().answer(line.bytes)["message"] == .text(vector.protected))
        }
    }

    @Test(arguments: Sample.all)
    func messageThatIsNoCoAPMessageIsNotDecoded(name: String) throws {
        let vector = try Sample.vector(name)
        for line in [vector.protect, vector.unprotect] {
            for message in ["", "40", "80010000", "4f010000", "4201000011", "4001000011", "400100000f", "40010000ff"] {
                #expect(try failure(line.with(["message": .text(message)])) == "decode", "\(message)")
            }
            // The Code goes the other way.
            let swapped: JSONValue = line["direction"] == "request" ? "5245abcd7b5cff00" : "5201abcd7b5c"
            #expect(try failure(line.with(["message": swapped])) == "decode")
        }
        // Plain, or with a broken option.
        let outer = vector.unprotect["direction"] == "request" ? "02" : "44"
        for body in ["", "ff00", "9140ff00", "9107ff00", "920100", "93090014"] {
            let message = "52\(outer)abcd7b5c\(body)"
            #expect(try failure(vector.unprotect.with(["message": .text(message)])) == "decode", "\(body)")
        }
    }

    @Test func messageWithAnOSCOREOptionIsNotProtectedAgain() throws {
        for name in Sample.all {
            let vector = try Sample.vector(name)
            let line = vector.protect.with(["message": .text(vector.protected)])
            #expect(try failure(line) == "unsupported", "\(name)")
        }
    }

    @Test func whatWasAlteredDoesNotVerify() throws {
        #expect(try failure(altered(Sample.vector(Sample.groupRequest).unprotect)) == "signature")
        #expect(try failure(altered(Sample.vector(Sample.groupResponse).unprotect)) == "signature")
        for name in [Sample.pairwiseRequest, Sample.pairwiseResponse, Sample.pairRequest, Sample.pairResponse] {
            #expect(try failure(altered(Sample.vector(name).unprotect)) == "decryption", "\(name)")
        }
        let response = try Sample.vector(Sample.groupResponse).unprotect
        #expect(try failure(response.with("request.partial_iv", .integer(1))) == "signature")
        let paired = try Sample.vector(Sample.pairResponse).unprotect
        #expect(try failure(paired.with("request.partial_iv", .integer(21))) == "decryption")
    }

    @Test func strangersAndOtherContextsAreToldApart() throws {
        for name in [Sample.groupRequest, Sample.pairwiseRequest] {
            let line = try Sample.vector(name).unprotect
            #expect(try failure(line.with("context.gid", "dd13")) == "no-context")
            let without = line.withMembers { $0["id"] == "25" ? nil : $0 }
            #expect(try failure(without) == "unknown-sender")
        }
        let pair = try Sample.vector(Sample.pairRequest).unprotect
        #expect(try failure(pair.with("context.sender_id", "05")) == "no-context")
        let own = try Sample.vector(Sample.groupRequest)
        #expect(try failure(own.unprotect.with(["me": "25", "context": own.protect["context"]])) == "own-message")
    }

    @Test func modeThatTheGroupDoesNotUseIsRefused() throws {
        let group = try Sample.vector(Sample.groupRequest)
        let pairwise = try Sample.vector(Sample.pairwiseRequest)
        for line in [group.protect, group.unprotect] {
            #expect(try failure(line.with("context.algs.sign", nil)) == "mode")
            #expect(try failure(line.with(["mode": "pairwise"]).with("context.algs.aead", nil)) == "mode")
            #expect(try failure(line.with(["mode": "oscore"])) == "mode")
            #expect(try failure(line.with(["mode": "deterministic"])) == "mode")
        }
        for line in [pairwise.protect, pairwise.unprotect] {
            #expect(try failure(line.with("context.algs.key_agreement", nil)) == "mode")
        }
        let pair = try Sample.vector(Sample.pairRequest)
        for line in [pair.protect, pair.unprotect] {
            #expect(try failure(line.with(["mode": "group"])) == "mode")
        }
        let response = try Sample.vector(Sample.pairResponse)
        for line in [response.protect, response.unprotect] {
            #expect(try failure(line.with("request.kid", "07")) == "no-context")
        }
    }

    @Test func privateKeyThatIsMissingOrWrongIsTheContext() throws {
        let other = try Sample.vector(Sample.groupResponse).protect
        let key = other["context"]?.objectValue?["members"]?.arrayValue?
            .compactMap { $0.objectValue?["private_key"] }.first
        let wrong = try #require(key)
        for name in [Sample.groupRequest, Sample.pairwiseRequest] {
            let line = try Sample.vector(name).protect
            #expect(try failure(line.withMembers { $0.with(["private_key": nil]) }) == "context")
            for key in [wrong, "00", ""] {
                let changed = line.withMembers { $0["private_key"] == nil ? $0 : $0.with(["private_key": key]) }
                #expect(try failure(changed) == "context")
            }
            #expect(try failure(line.with(["me": nil])) == "field")
            #expect(try failure(line.with(["me": "99"])) == "context")
            #expect(try failure(line.withMembers { $0.with(["cred": "a0"]) }) == "context")
        }
        // Receiving in group mode takes no private key, nor to be anybody; receiving in pairwise mode does.
        let group = try Sample.vector(Sample.groupRequest).unprotect.withMembers { $0.with(["private_key": nil]) }
        #expect(Workbench().answer(group.bytes)["ok"] == .bool(true))
        #expect(Workbench().answer(group.with(["me": nil]).bytes)["ok"] == .bool(true))
        let pairwise = try Sample.vector(Sample.pairwiseRequest).unprotect
        #expect(try failure(pairwise.withMembers { $0.with(["private_key": nil]) }) == "context")
        let twice = try Sample.vector(Sample.groupRequest).protect.withMembers { $0.with(["id": "25"]) }
        #expect(try failure(twice) == "field")
    }

    @Test func responderThatWasNotAskedIsRefused() throws {
        let vector = try Sample.vector("A group-response-other-server")
        let asked = vector.unprotect.with("request.mode", "pairwise")
        #expect(try failure(asked.with(["peer": "52"])) == "wrong-responder")
        let nobody = try Sample.vector(Sample.pairwiseResponse).unprotect
        #expect(try failure(nobody.with(["peer": nil])) == "field")
        #expect(try failure(nobody.with(["peer": "99"])) == "unknown-sender")
    }

    @Test func fieldsOfAResponseAreAsAsked() throws {
        let vector = try Sample.vector(Sample.groupResponse)
        let asked = vector.protect.with(["include_kid": .bool(false), "include_kid_context": .bool(true)])
        let answer = Workbench().answer(asked.bytes)
        let message = try #require(answer["message"]?.textValue)
        let decoded = Workbench().answer((["op": "decode", "message": .text(message)] as JSONObject).bytes)
        let expected: JSONObject = [
            "group_flag": .bool(true), "partial_iv": .integer(5), "kid_context": "dd11", "kid": .null,
        ]
        #expect(decoded["oscore"] == .object(expected))
        let request = try Sample.vector(Sample.groupRequest).protect
        #expect(try failure(request.with(["include_kid": .bool(false)])) == "unsupported")
        let rekeyed = try Sample.vector("A group-response-after-rekey").protect
        #expect(try failure(rekeyed.with(["partial_iv": .null])) == "field")
        #expect(try failure(vector.protect.with("request.kid", nil).with(["peer": nil])) == "field")
        #expect(try failure(vector.protect.with(["request": nil])) == "field")
    }

    /// Every failure above and more, with the secrets looked for in the answer.
    @Test func noDetailHoldsASecret() throws {
        for name in Sample.all {
            let vector = try Sample.vector(name)
            for line in [vector.protect, vector.unprotect] {
                let context = try #require(line["context"]?.objectValue)
                var secrets = [context["master_secret"]?.textValue].compactMap(\.self)
                for member in context["members"]?.arrayValue ?? [] {
                    if let key = member.objectValue?["private_key"]?.textValue { secrets.append(key) }
                }
                let broken = [
                    line.with("context.master_secret", .text(secrets[0] + "x")), try altered(line),
                    line.with(["message": .text(secrets[0])]), line.with(["op": .text(secrets[0])]),
                    line.with(["direction": .text(secrets[0])]), line.with(["me": .text(secrets[0])]),
                    line.with("context.algs", .text(secrets[0])),
                ]
                for line in broken {
                    let answer = JSONValue.object(Workbench().answer(line.bytes)).line
                    for secret in secrets { #expect(!answer.contains(secret)) }
                }
            }
        }
    }
}
