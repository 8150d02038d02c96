import Foundation
import Testing

/// Members of the contexts of `docs/laboratory`, each with a state directory of its own.
final class Laboratory {
    static let contexts = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/laboratory")

    let gosc: GoscProgram
    private var nodes: [String: GoscProgram.Service] = [:]

    init() throws {
        gosc = try GoscProgram()
    }

    /// Makes a member; its directory has its name.
    func member(_ id: String, _ name: String, of context: String = "group", newKeys: Bool = true) throws {
        try succeed(
            [
                "node", "init", "--context", Self.contexts.appending(path: "\(context).json").path, "--as", id,
                "--state", name,
            ] + (newKeys ? ["--new-keys"] : []))
    }

    /// Two lamps that run, one of which answers the client alone, and a member that asks.
    func lampsAndSwitch() throws {
        for (id, name) in [("25", "lamp-1"), ("52", "lamp-2"), ("01", "switch")] { try member(id, name) }
        try runLamp1()
        try run("lamp-2", "--group [ff35::1234]:5683 --port 5690 --answer pairwise --interface lo")
    }

    func runLamp1(log: URL? = nil) throws {
        try run("lamp-1", "--group ff35::1234 --port 5683 --interface lo", log: log)
    }

    /// Runs a member until ``stop(_:)``, and waits until it listens.
    func run(_ name: String, _ options: String, log: URL? = nil) throws {
        let words = options.split(separator: " ").map(String.init)
        nodes[name] = try gosc.start(["node", "run", "--state", name, "--resources", "demo"] + words, log: log)
        try succeed(["node", "status", "--state", name, "--wait", "60s"])
    }

    /// - Returns: The exit code.
    @discardableResult
    func stop(_ name: String) -> Int32? { nodes.removeValue(forKey: name)?.stop() }

    func stopAll() {
        for name in nodes.keys { #expect(stop(name) == 0, "\(name)") }
    }

    /// What a running node says of itself.
    func status(_ name: String) throws -> [String: Any] {
        let outcome = try succeed(["node", "status", "--state", name, "--output", "jsonl"])
        return try #require(try Self.objects(outcome.output).first)
    }

    /// The counters in it.
    func counters(_ name: String) throws -> [String: Any] {
        try #require(try status(name)["counters"] as? [String: Any])
    }

    /// What a request in the name of a member is answered, an object for each answer.
    func answers(_ words: String, as name: String = "switch") throws -> (exitCode: Int32, answers: [[String: Any]]) {
        let outcome = try request(words + " --output jsonl", as: name)
        return (outcome.exitCode, try Self.objects(outcome.output))
    }

    /// One command in the name of a member. A request waits for 20 s at most, unless it says otherwise.
    func request(_ words: String, as name: String = "switch") throws -> GoscProgram.Outcome {
        let limit = words.hasPrefix("node") || words.contains("--timeout") ? [] : ["--timeout", "20s"]
        return try gosc.run(words.split(separator: " ").map(String.init) + ["--state", name] + limit)
    }

    @discardableResult
    func succeed(_ arguments: [String]) throws -> GoscProgram.Outcome {
        let outcome = try gosc.run(arguments)
        try #require(outcome.exitCode == 0, "gosc \(arguments.joined(separator: " ")): \(outcome.errors)")
        return outcome
    }

    /// The objects of JSON lines.
    static func objects(_ lines: String) throws -> [[String: Any]] {
        try lines.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }
}

extension [String: Any] {
    /// Who answered, how and what, in one text.
    var summary: String {
        ["sender_id", "mode", "code", "payload"].map { self[$0] as? String ?? "–" }.joined(separator: " ")
    }
}
