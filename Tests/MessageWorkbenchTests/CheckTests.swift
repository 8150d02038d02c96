import Bytes
import TestSupport
import Testing

@testable import MessageWorkbench

/// Countersignatures checked from outside the group, over all vectors.
struct CheckTests {
    private func valid(_ test: CheckCase) -> JSONObject {
        [
            "ok": .bool(true), "kid": .text(test.vector.kid), "gid": .text(test.gid), "mode": "group",
            "partial_iv": test.vector.partialIV,
        ]
    }

    @Test func thereAreCasesOfEverySuite() {
        #expect(CheckCase.signed.count >= 36)
        for letter in ["A", "B", "C", "D", "E", "G"] {
            let cases = CheckCase.signed.filter { $0.vector.name.hasPrefix(letter) }
            #expect(cases.contains { $0.isRequest } && cases.contains { !$0.isRequest }, "\(letter)")
        }
    }

    @Test(.requirement("GOSC-0239", "GOSC-0240", "GOSC-0330"), arguments: CheckCase.signed)
    func everySignedMessageIsValid(test: CheckCase) throws {
        let context = try #require(test.line["context"]?.objectValue)
        #expect(context["master_secret"] == nil && context["master_salt"] == nil)
        #expect(Workbench().answer(test.line.bytes) == valid(test))
    }

    /// The request as it passed by, or checked and remembered by a line before.
    @Test(.requirement("GOSC-0241"), arguments: CheckCase.signed.filter { !$0.isRequest })
    func aResponseIsMatchedByItsToken(test: CheckCase) throws {
        let isSigned = test.request?.mode == "group"
        // Of a pairwise request nobody can tell whether the client has sent it.
        let matched = isSigned ? valid(test) : valid(test).with(["request": "unchecked"])
        if let line = test.lineWithMessage { #expect(Workbench().answer(line.bytes) == matched) }
        let workbench = Workbench()
        let alone = test.line.with(["request": nil])
        #expect(workbench.outcome(alone) == "not-checkable")
        let request = try #require(test.requestLine)
        #expect(workbench.outcome(request) == (isSigned ? "ok" : "not-checkable"))
        #expect(workbench.answer(alone.bytes) == matched)
        // The same from a Token that nobody has asked with.
        let message = test.vector.protected
        let other = String(message.prefix(8)) + "7b5d" + message.dropFirst(12)
        #expect(workbench.outcome(alone.with(["message": .text(other)])) == "not-checkable")
        if let line = test.lineWithMessage {
            let answer = Workbench().answer(line.with(["message": .text(other)]).bytes)
            #expect(answer["error"] == "not-checkable")
            #expect(answer["detail"]?.textValue?.contains("the Token of the response is not that") == true)
        }
        // The caller vouches for the match, whatever the Token is.
        #expect(Workbench().answer(test.line.with(["message": .text(other)]).bytes) == valid(test))
    }

    @Test(.requirement("GOSC-0239"), arguments: CheckCase.signed)
    func whatWasAlteredIsNotValid(test: CheckCase) throws {
        let workbench = Workbench()
        let message = try #require(Hex.decode(test.vector.protected))
        // Both parts of the payload, from its first byte to the last of the signature.
        let payload = try #require(message.firstIndex(of: 0xff)) + 1
        for index in [payload, message.count - 65, message.count - 64, message.count - 1] {
            var altered = message
            altered[index] ^= 0x40
            #expect(workbench.outcome(test.line.with(["message": .text(Hex.encode(altered))])) == "signature")
        }
        let key = try #require(test.line["context"]?.objectValue?["signature_encryption_key"]?.textValue)
        let others = (key.first == "0" ? "1" : "0") + key.dropFirst()
        #expect(workbench.outcome(test.line.with("context.signature_encryption_key", .text(others))) == "signature")
        let credentials = test.line.withMembers { member in
            member["id"] == .text(test.vector.kid) ? nil : member.with(["id": .text(test.vector.kid)])
        }
        let one = credentials["context"]?.objectValue?["members"]?.arrayValue?.first ?? .null
        #expect(workbench.outcome(test.line.with("context.members", .array([one]))) == "signature")
        if !test.isRequest {
            let otherRequest = test.line.with("request.partial_iv", .integer(7))
            #expect(workbench.outcome(otherRequest) == "signature")
        }
    }

    @Test(.requirement("GOSC-0244"), arguments: CheckCase.pairwise)
    func aPairwiseMessageIsNotCheckable(test: CheckCase) throws {
        for line in [test.line, test.lineWithMessage, test.line.with(["request": nil])].compactMap(\.self) {
            let answer = Workbench().answer(line.bytes)
            #expect(answer["error"] == "not-checkable")
            #expect(answer["detail"]?.textValue?.contains("pairwise mode") == true, "\(test)")
        }
    }

    @Test(.requirement("GOSC-0242"))
    func whoAnswersAPairwiseRequestIsToldByTheCaller() throws {
        let test = try CheckCase.named("A group-response-to-pairwise-request")
        for line in [test.line, try #require(test.lineWithMessage)] {
            let unknown = Workbench().answer(line.with(["peer": nil]).bytes)
            #expect(unknown["error"] == "not-checkable")
            #expect(unknown["detail"]?.textValue?.contains("peer") == true)
            #expect(Workbench().outcome(line) == "ok")
            // What the caller vouches for is as good as known.
            let isVouchedFor = line["request"]?.objectValue != nil
            #expect(Workbench().outcome(line.with(["peer": "77"])) == (isVouchedFor ? "signature" : "not-checkable"))
            #expect(Workbench().outcome(line.with(["peer": "99"])) == "not-checkable")
        }
    }

    @Test(.requirement("GOSC-0240"))
    func whatTheCheckerWasNotToldOfIsNotCheckable() throws {
        for name in [Sample.groupRequest, "A group-response-after-rekey"] {
            let test = try CheckCase.named(name)
            #expect(Workbench().outcome(test.line.with("context.gid", "dd13")) == "not-checkable")
            let without = test.line.withMembers { $0["id"] == .text(test.vector.kid) ? nil : $0 }
            #expect(Workbench().outcome(without) == "not-checkable")
        }
        // Where the request cannot be relied on, the response cannot be either.
        let response = try CheckCase.named(Sample.groupResponse)
        let line = try #require(response.lineWithMessage)
        let request = try #require(response.request?.protected)
        let altered = request.dropLast() + (request.last == "0" ? "1" : "0")
        #expect(Workbench().outcome(line.with(["request": .text(String(altered))])) == "not-checkable")
        #expect(Workbench().outcome(line.withMembers { $0["id"] == "25" ? nil : $0 }) == "not-checkable")
        #expect(Workbench().outcome(line.with(["request": "5201abcd7b5c"])) == "decode")
    }

    /// After a rekeying a server may leave its new Gid out again.
    @Test func aResponseWithoutTheNewGidIsCheckedUnderIt() throws {
        let test = try CheckCase.named("A group-response-after-rekey")
        let protect = test.vector.protect.with(["include_kid_context": .bool(false)])
        let message = try #require(Workbench().answer(protect.bytes)["message"])
        let line = test.line.with(["message": message])
        let answer = Workbench().answer(line.bytes)
        #expect(answer == valid(test))
        let workbench = Workbench()
        #expect(workbench.outcome(try #require(test.requestLine)) == "ok")
        let alone = line.with(["request": nil])
        #expect(workbench.outcome(alone) == "ok")
        #expect(workbench.outcome(alone.with("context.previous_gid", nil)) == "not-checkable")
        #expect(workbench.outcome(alone.with("context.previous_gid", "dd10")) == "not-checkable")
    }

    @Test(.requirement("CSIG-0004"))
    func fourItemsAreToldFromFive() throws {
        let suites = try GroupVectorTests.file.get().suites
        let suite = try #require(suites.first { $0.id == "A" })
        let message = try #require(suite.messages.first { $0.variant4ElementCountersignStructure != nil })
        let payload = try #require(message.variant4ElementCountersignStructure?.payload)
        let test = try CheckCase.named("A \(message.name)")
        let head = test.vector.protected.dropLast(message.payload.count)
        let four = test.line.with(["message": .text(head + payload)])
        #expect(Workbench().outcome(four) == "signature")
        #expect(Workbench().outcome(four.with("context.countersign_items", .integer(4))) == "ok")
        #expect(Workbench().outcome(test.line.with("context.countersign_items", .integer(4))) == "signature")
        // A response too; no vector has one.
        let response = try CheckCase.named(Sample.groupResponse)
        let items = response.vector.protect.with("context.countersign_items", .integer(4))
        let answered = response.line.with(["message": Workbench().answer(items.bytes)["message"]])
        #expect(Workbench().outcome(answered) == "signature")
        #expect(Workbench().outcome(answered.with("context.countersign_items", .integer(4))) == "ok")
    }

    @Test(.requirement("CACH-0013"))
    func theResponseToADeterministicRequestIsCheckedWithItsHash() throws {
        let vectors = try DeterministicVectors()
        let setup = { (name: String) -> JSONValue in .text(vectors.setup[name] ?? "") }
        let request = JSONValue.text(try #require(vectors.draft.request["protected"]))
        let response = JSONValue.text(try #require(vectors.draft.response["protected"]))
        let members: [JSONObject] = [
            ["id": setup("server_sender_id"), "cred": setup("server_auth_cred")]
        ]
        let algorithms: JSONObject = [
            "hkdf": .integer(5), "group_enc": .integer(10), "aead": .integer(10), "sign": .integer(-8),
            "key_agreement": .integer(-27),
        ]
        let keys: JSONObject = [
            "gid": setup("id_context"), "master_secret": setup("master_secret"),
            "master_salt": setup("master_salt"), "gm_cred": setup("gm_cred"),
            "algs": .object(algorithms),
        ]
        let derived = Workbench().answer((["op": "derive", "context": .object(keys)] as JSONObject).bytes)
        let context = keys.with([
            "master_secret": nil, "master_salt": nil, "members": .array(members.map { .object($0) }),
            "deterministic_client": setup("deterministic_client_sender_id"),
            "signature_encryption_key": derived["signature_encryption_key"],
        ])
        let hash = JSONValue.text(try #require(vectors.draft.request["request_hash_option_value"]))
        let line: JSONObject = [
            "op": "check", "direction": "response", "context": .object(context),
            "message": response, "peer": setup("server_sender_id"),
        ]
        let known: JSONObject = ["mode": "deterministic", "request_hash": hash]
        let workbench = Workbench()
        let passed = line.with([
            "direction": "request", "message": request, "remember": .bool(true),
        ])
        #expect(workbench.outcome(passed) == "not-checkable")
        let accepted: [(Workbench, JSONValue)] = [
            (Workbench(), .object(known)), (Workbench(), request), (workbench, .null),
        ]
        for (workbench, request) in accepted {
            let answer = workbench.answer(line.with(["request": request]).bytes)
            #expect(answer["kid"] == setup("server_sender_id"), "\(JSONValue.object(answer).line)")
        }
        let wrong = known.with(["request_hash": .text(String(repeating: "00", count: 32))])
        #expect(Workbench().outcome(line.with(["request": .object(wrong)])) == "signature")
        for changes: [String: JSONValue?] in [
            ["request_hash": nil], ["request_hash": "00"], ["mode": "group", "partial_iv": .integer(0)],
        ] {
            #expect(Workbench().outcome(line.with(["request": .object(known.with(changes))])) == "field")
        }
    }
}
