import Bytes
import GroupOSCORE
import TestSupport
import Testing

@testable import MessageWorkbench

struct CheckSpoofingTests {
    private let response: CheckCase
    private let request: JSONObject
    private let alone: JSONObject

    init() throws {
        response = try CheckCase.named(Sample.groupResponse)
        request = try #require(response.requestLine)
        alone = response.line.with(["request": nil])
    }

    /// "A group request with a bad signature is not remembered at all", "no response drives requests out": and a forged
    /// request of 32 made-up clients?
    @Test func forgedRequestsMustNotDriveRequestsOut() throws {
        let message = try #require(request["message"]?.textValue)
        let forged = String(message.dropLast() + (message.last == "0" ? "1" : "0"))
        let workbench = Workbench()
        #expect(workbench.outcome(request) == "ok")
        for client in 0..<32 {
            let line = request.with(["client": .text("\(client)"), "message": .text(forged)])
            #expect(workbench.outcome(line) == "signature")
        }
        #expect(workbench.outcome(alone) == "ok")
    }

    /// "A recorded request with somebody's Token and address must not take the place of the present one."
    @Test(arguments: ["same", "valid_at", "member added"])
    func aRecordedRequestMustNotTakeThePlaceOfThePresentOne(change: String) throws {
        let workbench = Workbench()
        let vector = try #require(response.request)
        func message(_ partialIV: Int64) throws -> JSONValue {
            let line = vector.protect.with(["partial_iv": .integer(partialIV)])
            let answer = Workbench().answer(line.bytes)
            return try #require(answer["message"], "\(answer)")
        }
        let old = request.with(["message": try message(200)])
        // Seen in the past, with another Token or not.
        #expect(workbench.outcome(old) == "ok")
        // The present request, and its response is fine.
        #expect(workbench.outcome(request) == "ok")
        #expect(workbench.outcome(alone) == "ok")
        func changed(_ line: JSONObject) -> JSONObject {
            switch change {
            case "valid_at": return line.with("context.valid_at", .integer(1_700_000_000))
            case "member added":
                var members = line["context"]?.objectValue?["members"]?.arrayValue ?? []
                let first = members[0].objectValue ?? JSONObject()
                members.append(.object(first.with(["id": "99"])))
                return line.with("context.members", .array(members))
            default: return line
            }
        }
        // Somebody repeats the recorded request, with the Token of the present one.
        #expect(workbench.outcome(changed(old)) == "ok")
        #expect(workbench.outcome(changed(alone)) == "ok")
        #expect(workbench.outcome(alone) == "ok")
    }
}
