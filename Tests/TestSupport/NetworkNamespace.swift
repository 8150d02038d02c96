import Foundation
public import Testing

/// Runs a test in a network namespace of its own, where `lo` carries multicast and nothing leaves the machine.
///
/// Put both traits on the suite, and `ProcessTests` in its name, so that it runs with the process tests:
///
///     @Suite(.namespacePermitted, .inNetworkNamespace)
///     struct MulticastProcessTests { … }
///
/// A process with threads cannot enter a user namespace, so each test starts this test program again through
/// `unshare`, for that one test. Not for tests with arguments.
public enum NetworkNamespace: Sendable {
    /// Whether this process was started inside one, by the trait.
    public static let isInside = ProcessInfo.processInfo.environment[marker] == "1"

    /// Why no namespace can be made here; `nil` if it can.
    static let refusal: String? = {
        if isInside { return nil }
        let (status, output) = run(["true"])
        let reason = output.split(separator: "\n").last ?? "no reason given"
        return status == 0 ? nil : "network namespaces are not permitted here: \(reason)"
    }()

    /// Runs a program in a new namespace and returns its exit status and all its output.
    static func run(_ command: [String]) -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let user = geteuid() == 0 ? [] : ["--user", "--map-root-user"]
        process.arguments = ["unshare"] + user + ["--net", "sh", "-c", setUp, "sh"] + command
        process.environment = ProcessInfo.processInfo.environment.merging([marker: "1"]) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        do {
            try process.run()
            let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            return (process.terminationStatus, output)
        } catch {
            return (-1, "\(error)")
        }
    }

    /// `lo` refuses multicast without the route; a route of any other type discards silently.
    private static let setUp = """
        PATH=$PATH:/usr/sbin:/sbin
        ip link set lo up multicast on && ip -6 route add local ff00::/8 dev lo table local && exec "$@"
        """
    private static let marker = "GOSC_TEST_NAMESPACE"
}

/// Moves the test into a namespace; see ``NetworkNamespace``.
public struct NetworkNamespaceTrait: SuiteTrait, TestTrait, TestScoping {
    public let isRecursive = true
    /// How lines begin that are to be seen although the test succeeds.
    private let figures = "figures: "

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard !NetworkNamespace.isInside else { return try await function() }
        // An identifier is `Module.Suite/test()/File.swift:1:2`; the filter wants it without the place.
        let name = "\(test.id)".split(separator: "/").dropLast().joined(separator: "/")
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let filter = "^\(NSRegularExpression.escapedPattern(for: name))/"
        let (status, output) = NetworkNamespace.run(
            [program, "--testing-library", "swift-testing", "--filter", filter])
        if status != 0 || !output.contains("with 1 test ") {
            Issue.record("\(name) in a namespace, exit status \(status):\n\(output)")
        } else {
            // What it has measured is for whoever asked for the test.
            for line in output.split(separator: "\n") where line.hasPrefix(figures) { print(line) }
        }
    }
}

extension Trait where Self == NetworkNamespaceTrait {
    /// Runs each test in a network namespace of its own.
    public static var inNetworkNamespace: Self { Self() }
}

extension Trait where Self == ConditionTrait {
    /// Skips where network namespaces are not permitted, and says so.
    public static var namespacePermitted: Self {
        .enabled(if: NetworkNamespace.refusal == nil, "\(NetworkNamespace.refusal ?? "")")
    }
}
