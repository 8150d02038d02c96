import Bytes
import TestSupport
import Testing

@testable import MessageWorkbench

/// Mutated lines: whatever comes, one object comes back, with the form of an answer, and nothing traps.
struct FuzzTests {
    private static let seed: UInt64 = 0x6d65_7373_6167_65

    private func lines() throws -> [JSONObject] {
        let lines = try Sample.all.flatMap { name in
            let vector = try Sample.vector(name)
            return [vector.protect, vector.unprotect].flatMap { line in
                ["protect", "unprotect", "derive", "decode", "explain"].map { line.with(["op": .text($0)]) }
            }
        }
        // Three times, so that they have their share.
        return lines + (try checks() + checks() + checks() + deterministic())
    }

    private func deterministic() throws -> [JSONObject] {
        let vectors = try DeterministicVectors()
        return try vectors.protectLines().flatMap { line, isRequest, _ in
            try [line, vectors.unprotectLine(of: line, isRequest: isRequest)].flatMap { line in
                ["derive", "explain"].map { line.with(["op": .text($0)]) }
            }
        }
    }

    private func checks() throws -> [JSONObject] {
        let response = try CheckCase.named(Sample.groupResponse)
        let remembered = try #require(response.requestLine)
        let deterministic = response.line.with("context.deterministic_client", "dc").with([
            "request": .object(["request_hash": .text(String(repeating: "5a", count: 32)), "mode": "deterministic"])
        ])
        return [
            remembered, remembered.with(["remember": nil]), response.line, try #require(response.lineWithMessage),
            response.line.with(["request": nil]), try CheckCase.named(Sample.pairwiseResponse).line, deterministic,
            try CheckCase.named("A group-response-to-pairwise-request").line,
            try CheckCase.named("A group-response-after-rekey").line,
        ]
    }

    private func check(_ answer: JSONObject, _ note: String) {
        if answer["ok"] == .bool(true) {
            #expect(answer["error"] == nil, "\(note)")
        } else {
            #expect(answer["ok"] == .bool(false), "\(note)")
            let kind = answer["error"]?.textValue.flatMap { WorkbenchFailure.Kind(rawValue: $0) }
            #expect(kind != nil && kind != .internal, "\(note): \(JSONValue.object(answer).line)")
            #expect(answer["detail"]?.textValue?.isEmpty == false, "\(note)")
        }
        #expect((try? JSONParser.parse(answer.bytes)) == .object(answer), "\(note)")
    }

    @Test func bytesOfLinesMayBeAnything() throws {
        var random = SeededGenerator(seed: Self.seed)
        let workbench = Workbench()
        let lines = try lines().map(\.bytes)
        for round in 0..<1500 {
            var line = lines[Int.random(in: lines.indices, using: &random)]
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let position = Int.random(in: line.indices, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: line[position] = UInt8.random(in: .min ... .max, using: &random)
                case 1: line.remove(at: position)
                case 2: line.insert(UInt8(ascii: "0"), at: position)
                default: line.removeLast(min(line.count - 1, Int.random(in: 1...40, using: &random)))
                }
            }
            check(workbench.answer(line), "seed \(Self.seed), round \(round)")
        }
    }

    @Test func valuesOfFieldsMayBeAnything() throws {
        var random = SeededGenerator(seed: Self.seed &+ 1)
        let workbench = Workbench(revealsSecrets: true)
        let lines = try lines()
        for round in 0..<1500 {
            let line = lines[Int.random(in: lines.indices, using: &random)]
            let mutated = mutate(.object(line), &random)
            check(
                workbench.answer(Array(mutated.line.utf8)), "seed \(Self.seed &+ 1), round \(round): \(mutated.line)")
        }
    }

    /// One value somewhere in a tree replaced, or its text altered.
    private func mutate(_ value: JSONValue, _ random: inout SeededGenerator) -> JSONValue {
        let stays = Int.random(in: 0..<5, using: &random) > 0
        switch value {
        case .object(let object) where stays && !object.members.isEmpty:
            let member = object.members[Int.random(in: object.members.indices, using: &random)]
            return .object(object.with([member.name: mutate(member.value, &random)]))
        case .array(var items) where stays && !items.isEmpty:
            let index = Int.random(in: items.indices, using: &random)
            items[index] = mutate(items[index], &random)
            return .array(items)
        case .text(let text) where stays && !text.isEmpty:
            var digits = Array(text)
            digits[Int.random(in: digits.indices, using: &random)] = "0123456789abcdef".randomElement(using: &random)!
            return .text(String(digits))
        default:
            let others: [JSONValue] = [
                .null, .bool(true), .integer(-1), .integer(0), .integer(.max), .integer(.min), .otherNumber, "", "00",
                .text(String(repeating: "ff", count: 300)), .array([]), .object([:]), .array([.null]), "25", "52",
                .integer(Int64.random(in: -40...40, using: &random)), .integer(-65534),
            ]
            return others[Int.random(in: others.indices, using: &random)]
        }
    }
}
