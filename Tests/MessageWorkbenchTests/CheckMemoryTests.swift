import GroupOSCORE
import TestSupport
import Testing

@testable import MessageWorkbench

/// Which lines of a run influence a check.
struct CheckMemoryTests {
    private let response: CheckCase
    private let request: JSONObject
    /// The response, to be matched with what is remembered.
    private let alone: JSONObject

    init() throws {
        response = try CheckCase.named(Sample.groupResponse)
        request = try #require(response.requestLine)
        alone = response.line.with(["request": nil])
    }

    @Test func onlyRequestsThatAreRememberedMatch() {
        let workbench = Workbench()
        #expect(workbench.outcome(request.with(["remember": nil])) == "ok")
        #expect(workbench.outcome(request.with(["remember": .bool(false)])) == "ok")
        #expect(workbench.outcome(alone) == "not-checkable")
        #expect(workbench.outcome(request) == "ok")
        for _ in 0..<2 { #expect(workbench.outcome(alone) == "ok") }
        #expect(workbench.outcome(alone.with(["remember": .bool(false)])) == "ok")
    }

    @Test func aRequestThatIsNotValidIsNotRemembered() throws {
        let message = try #require(request["message"]?.textValue)
        let altered = message.dropLast() + (message.last == "0" ? "1" : "0")
        let workbench = Workbench()
        #expect(workbench.outcome(request.with(["message": .text(String(altered))])) == "signature")
        #expect(workbench.outcome(alone) == "not-checkable")
    }

    /// All suites have one Gid and one Token here; their keys and algorithms differ.
    @Test func otherGroupsAndClientsDoNotMatch() throws {
        let workbench = Workbench()
        #expect(workbench.outcome(request) == "ok")
        for suite in ["B", "C", "D", "E", "G"] {
            let other = try CheckCase.named("\(suite) group-response-piv5")
            #expect(workbench.outcome(other.line.with(["request": nil])) == "not-checkable", "\(suite)")
        }
        #expect(workbench.outcome(alone.with(["client": "somebody"])) == "not-checkable")
        #expect(workbench.outcome(request.with(["client": "somebody"])) == "ok")
        for line in [alone, alone.with(["client": "somebody"])] { #expect(workbench.outcome(line) == "ok") }
    }

    /// A line is judged with the members that it lists, not with those of the line before.
    @Test(.requirement("GOSC-0240"))
    func membersOfOtherLinesDoNotCount() {
        let workbench = Workbench()
        #expect(workbench.outcome(request) == "ok")
        #expect(workbench.outcome(alone) == "ok")
        #expect(workbench.outcome(alone.withMembers { $0["id"] == "52" ? nil : $0 }) == "not-checkable")
        #expect(workbench.outcome(request.withMembers { $0["id"] == "25" ? nil : $0 }) == "not-checkable")
        #expect(workbench.outcome(alone) == "ok")
    }

    /// Nor does the group of another line, though it could judge this response: as forged.
    @Test func groupsOfOtherLinesDoNotCount() throws {
        let rekeyed = try CheckCase.named("A group-response-after-rekey")
        let protect = rekeyed.vector.protect.with(["include_kid_context": .bool(false)])
        let message = Workbench().answer(protect.bytes)["message"]
        let line = rekeyed.line.with(["request": nil, "message": message]).with("context.previous_gid", nil)
        let workbench = Workbench()
        #expect(workbench.outcome(request) == "ok")
        #expect(workbench.outcome(alone) == "ok")
        #expect(workbench.outcome(line) == "not-checkable")
    }

    @Test func aRunWithAStateFileRemembersByDefaultAndStoresNothing() {
        let workbench = Workbench(remembersByDefault: true)
        #expect(workbench.outcome(request.with(["remember": nil])) == "ok")
        #expect(workbench.outcome(alone) == "ok")
        #expect(workbench.takeMemory().isEmpty)
    }

    /// One recorded request, sent in the names of more clients than are remembered: the oldest of these go, and the first
    /// one stays.
    @Test func memoryIsBoundedAndRepeatsDoNotDriveOutWhatWasNew() {
        let workbench = Workbench()
        #expect(workbench.outcome(request) == "ok")
        for client in 0..<1030 { _ = workbench.outcome(request.with(["client": .text("\(client)")])) }
        #expect(workbench.outcome(alone) == "ok")
        #expect(workbench.outcome(alone.with(["client": "1029"])) == "ok")
        #expect(workbench.outcome(alone.with(["client": "0"])) == "not-checkable")
    }

    /// Asking for responses makes no memory and takes none.
    @Test func aLineThatOnlyLooksForARequestDrivesNothingOut() {
        let workbench = Workbench()
        #expect(workbench.outcome(request) == "ok")
        for client in 0..<100 {
            #expect(workbench.outcome(alone.with(["client": .text("\(client)")])) == "not-checkable")
        }
        #expect(workbench.outcome(alone) == "ok")
    }

    /// A batch of checks parses a credential once: the context of a line before is taken again.
    @Test func contextsAreKept() throws {
        let workbench = Workbench()
        let input = try CheckInput(Fields(request), remembers: false).context
        let first = try workbench.checkBench(input)
        #expect(workbench.outcome(request) == "ok")
        let second = try workbench.checkBench(input)
        #expect(first.group === second.group)
        let sender = try #require(input.members.first).id
        #expect(second.group.credential(of: sender) != nil)
    }
}
