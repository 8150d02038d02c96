/// What an act writes down while it is played.
struct Findings {
    private(set) var checks: [Check] = []
    var lamps: [LampRow] = []
    var figures: [Figure] = []

    /// Notes what was expected and what was seen; they must be equal.
    mutating func expect<Value: Equatable & CustomStringConvertible>(_ what: String, _ expected: Value, seen: Value) {
        expect(what, "\(expected)", seen: "\(seen)", holds: expected == seen)
    }

    /// Notes what was expected in words, and what was seen.
    mutating func expect(_ what: String, _ expected: String, seen: String, holds: Bool) {
        checks.append(Check(what: what, expected: expected, seen: seen, holds: holds))
    }

    /// Notes that a number is the same for each of `names`: `expected` where all agree, else who differs.
    mutating func expectOfEach(_ what: String, _ expected: Int64, seen: [(name: String, value: Int64)]) {
        let others = seen.filter { $0.value != expected }
        let sign = { (value: Int64) in value < 0 ? "\(value)" : "+\(value)" }
        let text =
            if let first = others.first {
                "\(sign(first.value)) at \(first.name)" + (others.count > 1 ? " and \(others.count - 1) more" : "")
            } else {
                "\(sign(expected)) at all \(seen.count)"
            }
        expect(what, "\(sign(expected)) at each lamp", seen: text, holds: others.isEmpty && !seen.isEmpty)
    }

    /// Whether everything noted holds, and something was.
    var passed: Bool { !checks.isEmpty && checks.allSatisfy(\.holds) }
}
