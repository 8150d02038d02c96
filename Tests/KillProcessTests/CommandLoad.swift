import CoAP
import Foundation
import Glibc
import ServiceShell
import Synchronization
import Testing

/// Many commands a second from one client to three lamps, each a process in a network of its own, while the group gets new keys.
final class CommandLoad {
    static let lamps = ["lamp-1", "lamp-2", "lamp-3"]
    /// Between two commands: fifty a second, or as many as unoptimised code can do on a small machine.
    static let interval: Duration =
        ProcessInfo.processInfo.environment["GOSC_COMMAND_SECONDS"] == nil ? .milliseconds(200) : .milliseconds(20)

    let household: Household
    private let street: Street
    private let client: RunningNode
    private let lines = Mutex<[Line]>([])
    private(set) var sentAt: [ContinuousClock.Instant] = []
    private(set) var outcomes: [Outcome] = []

    /// What a node has printed.
    struct Line: Sendable {
        let name: String
        let text: String
        let time: ContinuousClock.Instant

        /// A field such as `version=3`.
        func field(_ name: String) -> String? {
            text.split(separator: " ").first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
        }
    }

    /// What became of a command.
    struct Outcome: Sendable {
        let number: Int
        /// Who answered that it has done so, and how long after the command was given.
        var answers: [String: Duration] = [:]
        /// Why it was not sent, or did not go on.
        var failure: String?
    }

    /// - Parameter thieves: Members besides, who hear the commands as the lamps do and give some of their own.
    init(thieves: [String]) throws {
        household = try Household()
        street = try Street()
        household.managerAddress = Street.managerAddress
        household.interface = "eth0"
        try household.startManager(
            groupFile: "name: hall\naddress: auto\nresources: [light]\napplication_groups: [hall]\n")
        for name in Self.lamps + thieves + ["switch"] {
            household.places[name] = try street.addHouse()
            try household.join(
                name, group: "hall",
                roles: name == "switch" ? "requester" : thieves.contains(name) ? "requester,responder" : "responder")
        }
        client = try Self.startClient(household, at: try #require(household.places["switch"]))
        household.lineObserver = { [unowned self] name, line, time in
            lines.withLock { $0.append(Line(name: name, text: String(line), time: time)) }
        }
        for name in Self.lamps + thieves { try household.startNode(name) }
    }

    func tearDown() {
        client.stop()
        household.tearDown()
        street.tearDown()
    }

    /// The client runs in this process, on the network of another: sockets belong to the network of the thread that makes them.
    private static func startClient(_ household: Household, at place: pid_t) throws -> RunningNode {
        let result = Mutex<Result<RunningNode, any Error>?>(nil)
        let done = DispatchSemaphore(value: 0)
        let (state, config) = (household.path("switch"), household.path("config"))
        Thread.detachNewThread {
            let network = open("/proc/\(place)/ns/net", O_RDONLY)
            let node = Result {
                guard Self.enter(network) else { throw CocoaError(.fileReadUnknown) }
                var options = NodeOptions(stateDirectory: state)
                options.interface = "eth0"
                return try RunningNode.start(
                    options, mayCreate: false, lamp: nil, environment: ["XDG_CONFIG_HOME": config],
                    events: { _ in }, notice: { _ in })
            }
            result.withLock { $0 = node }
            done.signal()
        }
        done.wait()
        guard let node = result.withLock({ $0 }) else { throw CocoaError(.fileReadUnknown) }
        return try node.get()
    }

    /// Moves this thread into a network namespace. Glibc's module leaves `setns` out.
    private static func enter(_ network: Int32) -> Bool {
        typealias Function = @convention(c) (Int32, Int32) -> Int32
        guard let function = dlsym(nil, "setns") else { return false }
        return unsafeBitCast(function, to: Function.self)(network, newNetwork) == 0
    }

    /// `CLONE_NEWNET`
    private static let newNetwork: Int32 = 0x4000_0000

    /// One command that nobody counts: from then on everybody knows everybody.
    func warmUp() async {
        for _ in 0..<3 { _ = await command(0, deadline: .seconds(5)) }
        lines.withLock { $0.removeAll() }
    }

    /// Gives commands for some time.
    ///
    /// - Parameter events: What to do at which part of the time, from 0 to 1, in order.
    func run(seconds: Int, events: [(part: Double, command: [String])]) async throws {
        let count = seconds * Int(Duration.seconds(1) / Self.interval)
        let start = ContinuousClock.now
        var due = events.map { (number: Int(Double(count) * $0.part), command: $0.command) }
        outcomes = try await withThrowingTaskGroup(of: Outcome.self) { group in
            for number in 0..<count {
                try await Task.sleep(until: start + Self.interval * number, tolerance: .zero)
                sentAt.append(.now)
                group.addTask { [self] in await command(number, deadline: nil) }
                if let next = due.first, next.number == number {
                    due.removeFirst()
                    _ = try household.begin(next.command + ["--state", household.path("manager")])
                }
            }
            var all: [Outcome] = []
            for try await outcome in group { all.append(outcome) }
            return all.sorted { $0.number < $1.number }
        }
    }

    private func command(_ number: Int, deadline: Duration?) async -> Outcome {
        let start = ContinuousClock.now
        var outcome = Outcome(number: number)
        let request = SendRequest(
            group: "hall", path: ["light"], payload: Array((number.isMultiple(of: 2) ? "on" : "off").utf8),
            contentFormat: .textPlain, deadline: deadline)
        for await update in client.send(request) {
            switch update {
            case .response(let response) where response.code == "2.04":
                outcome.answers[response.name ?? response.senderID] = ContinuousClock.now - start
            case .failed(let message, _): outcome.failure = message
            default: break
            }
        }
        return outcome
    }

    /// What a node has printed since the warm-up that contains a text.
    func lines(of name: String, with text: String) -> [Line] {
        lines.withLock { $0.filter { $0.name == name && $0.text.contains(text) } }
    }

    /// The commands of a sender that a node has done, in order.
    func handled(by name: String, from sender: String = "switch") -> [Line] {
        lines(of: name, with: "request handled").filter { $0.field("sender") == sender }
    }

    /// The keys that a node has taken into use.
    func versions(of name: String) -> [UInt64] {
        lines(of: name, with: "new keys are in use").compactMap { $0.field("version").flatMap { UInt64($0) } }
    }
}

extension CommandLoad: @unchecked Sendable {}
