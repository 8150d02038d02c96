import Bytes
import COSE
import TestSupport
import Testing

@testable import MessageWorkbench

struct ManagerCredentialTests {
    /// One group, one credential of its manager: tagged or not, it is bound to the same bytes, in whatever format the
    /// members' are.
    @Test(arguments: [13, 14, 25] as [Int64])
    func theTagOfTheManagersCCSGoes(format: Int64) throws {
        let request = try #require(try CheckCase.named(Sample.groupResponse).requestLine)
        let gm = try #require(request["context"]?.objectValue?["gm_cred"]?.textValue.flatMap { Hex.decode($0) })
        let rules = try CredentialRules(Fields(["cred_fmt": .integer(format)]))
        #expect(try CredentialReader.standard.managerCredential([0xd8, 0x3d] + gm, rules) == gm)
    }

    private let request: JSONObject
    private let alone: JSONObject

    init() throws {
        let response = try CheckCase.named(Sample.groupResponse)
        request = try #require(response.requestLine)
        alone = response.line.with(["request": nil])
    }

    /// The same group, the manager's credential with and without a tag.
    @Test func taggedManagerCredential() throws {
        let workbench = Workbench()
        let gm = try #require(request["context"]?.objectValue?["gm_cred"]?.textValue)
        // Requests remembered under the tagged form, response under the other: one credential.
        #expect(workbench.outcome(request.with("context.gm_cred", .text("d83d" + gm))) == "ok")
        #expect(workbench.outcome(alone) == "ok")
    }

    /// A manager's credential that is broken is taken as it is, without a word.
    @Test func brokenManagerCredentialIsRefused() throws {
        let gm = try #require(request["context"]?.objectValue?["gm_cred"]?.textValue)
        for bad in ["82" + gm + "f6", String(gm.dropLast(2)), gm + "00"] {
            let outcome = Workbench().outcome(request.with("context.gm_cred", .text(bad)))
            #expect(outcome == "context", "\(bad.prefix(4)): \(outcome)")
        }
    }
}
