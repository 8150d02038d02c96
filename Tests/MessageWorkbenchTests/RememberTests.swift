import Bytes
import TestSupport
import Testing

@testable import MessageWorkbench

/// What lines with `"remember":true` leave behind.
struct RememberTests {
    private func outcome(_ line: JSONObject, _ workbench: Workbench) -> String {
        let answer = workbench.answer(line.bytes)
        return answer["ok"] == .bool(true) ? "ok" : answer["error"]?.textValue ?? "?"
    }

    @Test(arguments: Sample.all)
    func messageIsAcceptedOnceIfRemembered(name: String) throws {
        let line = try Sample.vector(name).unprotect
        let remembered = line.with(["remember": .bool(true)])
        let workbench = Workbench()
        #expect(outcome(line, workbench) == "ok")
        #expect(outcome(line, workbench) == "ok")
        #expect(outcome(remembered, workbench) == "ok")
        #expect(outcome(remembered, workbench) == "replay")
        // What does not ask for it is judged alone, and changes nothing.
        #expect(outcome(line, workbench) == "ok")
        #expect(outcome(remembered, workbench) == "replay")
        #expect(outcome(remembered, Workbench()) == "ok")
    }

    @Test func alteredMessageLeavesNothingBehind() throws {
        let line = try Sample.vector(Sample.groupRequest).unprotect.with(["remember": .bool(true)])
        let message = try #require(line["message"]?.textValue)
        let broken = line.with(["message": .text(message.dropLast() + (message.last == "0" ? "1" : "0"))])
        let workbench = Workbench()
        #expect(outcome(broken, workbench) == "signature")
        #expect(outcome(line, workbench) == "ok")
    }

    @Test func membersThatALineDoesNotListChangeNothing() throws {
        let line = try Sample.vector(Sample.groupRequest).unprotect.with(["remember": .bool(true)])
        let fewer = line.withMembers { $0["id"] == "52" ? nil : $0 }.with("context.name", "other")
        let workbench = Workbench()
        #expect(outcome(line, workbench) == "ok")
        #expect(outcome(fewer, workbench) == "replay")
    }

    @Test func modesShareOneWindowAndSendersHaveOneEach() throws {
        let workbench = Workbench()
        let group = try Sample.vector(Sample.groupRequest)
        let pairwise = try Sample.vector(Sample.pairwiseRequest)
        // The receiver of both is 52; the pairwise request takes the number of the group request.
        let context = try #require(pairwise.unprotect["context"])
        let clash = workbench.answer(pairwise.protect.with(["partial_iv": .integer(258)]).bytes)
        let line = { (message: JSONValue?) in
            pairwise.unprotect.with(["remember": .bool(true), "message": message])
        }
        let first = group.unprotect.with(["remember": .bool(true), "me": "52", "context": context])
        #expect(outcome(first, workbench) == "ok")
        #expect(outcome(line(clash["message"]), workbench) == "replay")
        #expect(outcome(line(.text(pairwise.protected)), workbench) == "ok")
    }

    @Test func responsesToOneRequestGrow() throws {
        let workbench = Workbench()
        let vector = try Sample.vector(Sample.groupResponse)
        let response = { (number: Int64) in
            let message = workbench.answer(vector.protect.with(["partial_iv": .integer(number)]).bytes)["message"]
            return vector.unprotect.with(["remember": .bool(true), "message": message])
        }
        #expect(outcome(response(5), workbench) == "ok")
        #expect(outcome(response(4), workbench) == "replay")
        #expect(outcome(response(5), workbench) == "replay")
        #expect(outcome(response(6), workbench) == "ok")
        let without = try Sample.vector("A group-response-nopiv").unprotect.with(["remember": .bool(true)])
        #expect(outcome(without, workbench) == "replay")
    }

    @Test func requestWithoutANumberTakesTheNext() throws {
        let vector = try Sample.vector(Sample.groupRequest)
        for line in [vector.protect, try Sample.vector(Sample.pairRequest).protect] {
            let workbench = Workbench(remembersByDefault: true)
            let next = line.with(["partial_iv": nil])
            let numbers = [next, next, line.with(["partial_iv": .integer(9)]), next, line, next].map { line in
                let message = workbench.answer(line.bytes)["message"]
                let decoded = workbench.answer((["op": "decode", "message": message ?? ""] as JSONObject).bytes)
                return decoded["oscore"]?.objectValue?["partial_iv"]?.integerValue
            }
            let given = try #require(line["partial_iv"]?.integerValue)
            #expect(numbers == [0, 1, 9, 10, given, max(given, 10) + 1])
        }
        #expect(outcome(vector.protect.with(["partial_iv": nil]), Workbench()) == "field")
        let workbench = Workbench(remembersByDefault: true)
        #expect(outcome(vector.protect.with(["partial_iv": .integer((1 << 40) - 1)]), workbench) == "ok")
        #expect(outcome(vector.protect.with(["partial_iv": nil]), workbench) == "limit")
    }

    @Test(arguments: Sample.all)
    func whatWasStoredCountsInTheNextRun(name: String) throws {
        let vector = try Sample.vector(name)
        let first = Workbench(remembersByDefault: true)
        #expect(outcome(vector.unprotect, first) == "ok")
        var stored = first.takeMemory()
        #expect(!stored.isEmpty && first.takeMemory().isEmpty)
        #expect(outcome(vector.protect, first) == "ok")
        stored += first.takeMemory()

        let second = Workbench(remembersByDefault: true)
        #expect(try second.restoreMemory(stored) == stored.count)
        #expect(second.takeMemory().isEmpty)
        #expect(outcome(vector.unprotect, second) == "replay")
        #expect(outcome(vector.unprotect.with(["remember": .bool(false)]), second) == "ok")
        #expect(second.takeMemory().isEmpty)
        if vector.protect["direction"] == "request", let used = vector.partialIV.integerValue {
            let message = second.answer(vector.protect.with(["partial_iv": nil]).bytes)["message"]
            let expected = first.answer(vector.protect.with(["partial_iv": .integer(used + 1)]).bytes)["message"]
            #expect(message != nil && message == expected)
        }
        let master = try #require(vector.protect["context"]?.objectValue?["master_secret"]?.textValue)
        #expect(!Hex.encode(stored).contains(master))
    }

    @Test func storedMemoryThatIsCutOffEndsBeforeTheCut() throws {
        let workbench = Workbench(remembersByDefault: true)
        let vector = try Sample.vector(Sample.groupRequest)
        #expect(outcome(vector.unprotect, workbench) == "ok")
        let first = workbench.takeMemory()
        #expect(outcome(vector.protect, workbench) == "ok")
        let stored = first + workbench.takeMemory()
        for count in stored.indices {
            let whole = try Workbench().restoreMemory(Array(stored[..<count]))
            #expect(whole == (count < first.count ? 0 : first.count))
        }
        for index in stored.indices {
            var damaged = stored
            damaged[index] ^= 0x40
            // Refused, or read as something else; never a trap.
            _ = try? Workbench().restoreMemory(damaged)
        }
        #expect(throws: WorkbenchFailure.self) { try Workbench().restoreMemory([0x80]) }
        #expect(throws: WorkbenchFailure.self) { try Workbench().restoreMemory(Array("text".utf8)) }
    }
}
