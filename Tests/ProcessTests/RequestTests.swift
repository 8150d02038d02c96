import Foundation
import TestSupport
import Testing

/// `gosc get` and its like, as processes, at `gosc-plugtest`.
@Suite(.serialized, .namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct RequestProcessTests {
    private let gosc: GoscProgram
    private let server = Process()

    init() throws {
        gosc = try GoscProgram()
        server.executableURL = GoscProgram.url.deletingLastPathComponent().appending(path: "gosc-plugtest")
        server.arguments = ["--multicast", "lo", "--interval", "300"]
        let ready = Pipe()
        server.standardOutput = ready
        server.standardError = ready
        server.standardInput = FileHandle.nullDevice
        try server.run()
        var said = ""
        while !said.contains("serves at") {
            let bytes = ready.fileHandleForReading.availableData
            try #require(!bytes.isEmpty, "gosc-plugtest has ended: \(said)")
            said += String(decoding: bytes, as: UTF8.self)
        }
        // What it says later must not block it.
        ready.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
    }

    private func stop() {
        while server.isRunning {
            kill(server.processIdentifier, SIGKILL)
            usleep(2000)
        }
    }

    @Test func linesOfThePageWork() throws {
        defer { stop() }
        let session = try PageSession("docs/requests.md", "examples", in: gosc.folder, with: gosc)
        let text = session.text
        #expect(session.lines.count == 14)
        #expect(session.exitCode == 0, "\(text)")
        #expect(text.contains("Hello from gosc\n"), "\(text)")
        #expect(text.contains("first=1\nsecond=2\n"), "\(text)")
        #expect(text.contains("2.04 Changed"), "\(text)")
        #expect(text.contains("2.01 Created, location /location1/location2/location3"), "\(text)")
        #expect(text.contains("2.02 Deleted"), "\(text)")
        #expect(text.contains("\"code\" : \"2.05\""), "\(text)")
        #expect(text.contains("\"content_format\" : \"text/plain\""), "\(text)")
        #expect(text.contains("/link1"), "\(text)")
        let large = try Data(contentsOf: gosc.folder.appending(path: "large.txt"))
        #expect(large.count > 1024)
    }

    /// Exit codes and what is said, command by command.
    @Test func failuresSayWhatIsWrong() throws {
        defer { stop() }
        for (arguments, exitCode, message) in Self.failures {
            let result = try gosc.run(arguments)
            #expect(result.exitCode == exitCode, "\(arguments): \(result)")
            #expect(result.errors.contains(message), "\(arguments): \(result)")
        }
    }

    /// Notices and data beside each other: what goes where.
    @Test func dataGoesToStandardOutputAndAllElseToStandardError() throws {
        defer { stop() }
        // An error answer is a result; what the command itself could not do is an error.
        let refusal = try gosc.run(["get", "coap://[::1]/nowhere", "--output", "jsonl"])
        #expect(refusal.exitCode == 1)
        #expect(refusal.output.contains("\"code\":\"4.04\""), "\(refusal)")
        #expect(refusal.errors == "")
        let silence = try gosc.run(["get", "coap://[::1]:9/", "--timeout", "6", "--output", "json"])
        #expect(silence.exitCode == 69)
        #expect(silence.output == "")
        #expect(silence.errors.hasPrefix("{\"detail\":\"no answer from"), "\(silence)")
        #expect(silence.errors.contains("--timeout"))
        // Bytes as they came, and nothing else.
        #expect(try gosc.run(["get", "coap://[::1]/test", "-o", "-"]).output == "Hello from gosc")
        let unused = try gosc.run(["get", "coap://[::1]/test", "--hops", "3", "--lowpan"])
        #expect(unused.exitCode == 0)
        #expect(unused.output == "Hello from gosc\n")
        #expect(unused.errors.contains("--hops, --lowpan without effect"), "\(unused)")
        let patience = try gosc.run(["get", "coap://[::1]:9/", "--timeout", "6"])
        #expect(patience.errors.contains("no answer from coap://[::1]:9/ yet; waiting up to 6s"), "\(patience)")
    }

    @Test func whatCannotBeObservedIsReadAndSaidSo() throws {
        defer { stop() }
        let once = try gosc.run(["observe", "coap://[::1]/test"])
        #expect(once.exitCode == 2)
        #expect(once.output == "Hello from gosc\n")
        #expect(once.errors.contains("cannot be observed"), "\(once)")
        let silent = try gosc.run(["observe", "coap://[ff02::fd%25lo]/obs", "--timeout", "1"])
        #expect(silent.exitCode == 1)
        #expect(silent.output == "")
        #expect(silent.errors.contains("nobody answered") && silent.errors.contains("--timeout"), "\(silent)")
        let dead = try gosc.run(["observe", "coap://[::1]:9/obs", "--timeout", "1"])
        #expect(dead.exitCode == 69)
        #expect(dead.errors.contains("no answer from"), "\(dead)")
    }

    @Test func anObservationThatIsInterruptedEndsBySignal() throws {
        defer { stop() }
        for signal in [SIGINT, SIGTERM] {
            let outcome = try gosc.run(["observe", "coap://[::1]/obs"]) { kill($0, signal) }
            #expect(outcome.exitCode == 128 + signal, "\(outcome)")
            #expect(outcome.errors == "")
        }
    }

    @Test(.requirement("COAP-0146"))
    func anObservationOfAServerThatIsGoneEnds() throws {
        defer { stop() }
        let outcome = try gosc.run(["observe", "coap://[::1]/obs", "--timeout", "5"]) { _ in stop() }
        #expect(outcome.exitCode == 69)
        #expect(outcome.output.hasPrefix("Change "))
        #expect(outcome.errors.contains("gosc: nothing from [::1]:5683 for "), "\(outcome)")
        #expect(outcome.errors.contains("is not heard any more"), "\(outcome)")
    }

    private static let failures: [([String], Int32, String)] = [
        (["get", "coap://[::1]/nowhere"], 1, "coap://[::1]/nowhere: 4.04 Not Found"),
        (["get", "coap://[::1]/multi-format", "--accept", "50"], 1, "4.06 Not Acceptable"),
        (["get", "http://[::1]/"], 65, "is no CoAP URI"),
        (["get", "coaps://[::1]/"], 65, "DTLS is not supported"),
        (["get", "coap://nowhere.invalid/"], 69, "the host nowhere.invalid has no address"),
        (["get", "coap://[::1]:9/", "--timeout", "1s"], 69, "no answer from coap://[::1]:9/"),
        (["get", "coap://[fe80::1]/"], 65, "is valid on one link only"),
        (["get", "coap://[fe80::1%25nowhere]/"], 65, "this host has no interface nowhere"),
        (["get", "coap://[ff0e::fd%25lo]/test"], 65, "reaches"),
        (["get", "coap://[ff02::fd%25lo]/nowhere", "--timeout", "6s"], 1, "--hops and --timeout"),
        (["put", "coap://[::1]/test", "-e", "x", "-f", "y"], 64, "Give one of --payload and --payload-file"),
        (["get", "coap://[ff02::fd%25lo]/test", "-o", "x"], 64, "--output-file takes one body"),
        (["put", "coap://[::1]/test", "-f", "missing"], 65, "cannot read payload file missing"),
        (["put", "coap://[::1]/validate", "-e", "x", "--if-match", "0102"], 1, "4.12 Precondition Failed"),
        (["get", "coap://[::1]/test", "--block-size", "100"], 64, "16, 32, 64, 128, 256, 512 or 1024 bytes"),
        (["get", "coap://[::1]/test", "--timeout", "5x"], 64, "such as 500ms, 5s, 2m or 24h"),
        (["get", "coap://[::1]/test", "--timeout", "0"], 64, "--timeout must be more than 0"),
        (["get", "coap://[::1]/test", "--hops", "300"], 64, "up to 255"),
        (["get", "coap://[::1]/test", "-O", "14,soon"], 64, "number,text or number,0xhex"),
        (["get", "coap://::1/test"], 65, "an IPv6 address in brackets"),
        (["get", "coap://[::1]:99999/"], 65, "the port must be a number from 1 to 65535"),
        (["put", "coap://[::1]/test", "-e", "on", "-O", "258,26"], 0, "asks for no answer"),
        (["observe", "coap://[ff02::fd%25lo]/test", "--timeout", "6"], 2, "has answered, and does not notify"),
        (["get", "coap://224.0.1.187/"], 65, "groups of IPv4 are not supported"),
        (["get", "coap://[::1]/test", "-O", "23,1"], 65, "option 23 is set where it is needed"),
        (["discover", "coap://[::1]/test"], 65, "leave them out"),
        (["discover", "coap://[::1]", "--filter", "rt=nothing"], 1, "lists no resource that fits"),
        (["get", "coap://[::1]/test", "-O", "2051,x"], 1, "4.02 Bad Option"),
    ]
}
