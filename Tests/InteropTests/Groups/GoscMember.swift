import Foundation
import Testing

/// A member of the group by the built command: `gosc node init`, `gosc node run`, `gosc post --state`.
final class GoscMember: Sendable {
    private let state: URL
    private let environment: [String: String]

    /// A new state from a context file, whose keys were never used.
    init(_ fixture: GroupFixture, context: String, as identifier: String) throws {
        let place = try fixture.place("gosc-\(identifier)")
        state = place.appending(path: "state")
        environment = ["HOME": place.path, "XDG_CONFIG_HOME": place.path, "XDG_STATE_HOME": place.path]
        let (status, output) = try Program(
            [
                Surroundings.gosc, "node", "init", "--context", context, "--as", identifier, "--new-keys",
                "--state", state.path,
            ],
            environment: environment
        ).end()
        try #require(status == 0, "gosc node init: \(output.suffix(2000))")
    }

    /// Serves the demonstration resources at an address of its own and in the group, ready.
    func serve(answer: String, at address: String) throws -> Program {
        try run(
            ["--answer", answer, "--bind", address, "--port", "5683"]
                + ["--group", GroupFixture.address, "--interface", "lo"])
    }

    /// The same for plain OSCORE.
    func serve(at address: String) throws -> Program { try run(["--bind", address, "--port", "5683"]) }

    private func run(_ options: [String]) throws -> Program {
        try Program(
            [Surroundings.gosc, "node", "run", "--state", state.path, "--resources", "demo"] + options,
            ready: "node runs", environment: environment)
    }

    /// Asks, and waits as long as it may take.
    func post(_ payload: String, to uri: String, _ options: [String]) throws -> (status: Int32, output: String) {
        try request("post", uri, ["--payload", payload] + options)
    }

    /// The same with GET.
    func get(_ uri: String, _ options: [String]) throws -> (status: Int32, output: String) {
        try request("get", uri, options)
    }

    private func request(_ method: String, _ uri: String, _ options: [String]) throws -> (
        status: Int32, output: String
    ) {
        try Program(
            [Surroundings.gosc, method, uri, "--state", state.path, "--output", "jsonl"] + options,
            environment: environment
        ).end()
    }

    /// How many requests the running node has not been able to verify, by reason.
    func rejected() throws -> [String: Int] { try #require(counters()["rejected"] as? [String: Int]) }

    /// The same, whatever the reason.
    func rejections() throws -> Int { try rejected().values.reduce(0, +) }

    /// A counter of the running node, by its name in `gosc node status`.
    func counter(_ name: String) throws -> Int { try #require(counters()[name] as? Int) }

    private func counters() throws -> [String: Any] {
        let (status, output) = try Program(
            [Surroundings.gosc, "node", "status", "--state", state.path, "--output", "json"], environment: environment
        ).end()
        try #require(status == 0, "gosc node status: \(output.suffix(2000))")
        let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
        return try #require((object as? [String: Any])?["counters"] as? [String: Any])
    }
}
