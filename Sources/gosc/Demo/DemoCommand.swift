import ArgumentParser
import Bytes
import Foundation
import Glibc
import ServiceShell

/// The whole story on one machine.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "See a switch turn on lamps, and attackers fail: the whole story on this machine.",
        usage: "gosc demo [--lamps <lamps>] [--output <output>] [--keep-going]",
        discussion: """
            Starts one manager, one switch and some lamps as processes of their own in a network namespace, without root \
            and without configuration, and removes everything at the end. Ends with 0 if every act went as expected, \
            else with 1.
            """,
        subcommands: [AttackerCommand.self, ForgerCommand.self])

    @Option(help: "How many lamps there are, 1 to 100.")
    var lamps = 8

    @Option(help: "The form of the output: table or json.")
    var output = OutputFormat.table

    @Flag(help: "Play the remaining acts also when one did not go as expected.")
    var keepGoing = false

    @Flag(help: ArgumentHelp("Play without namespaces, as where they are not permitted.", visibility: .hidden))
    var withoutNamespaces = false

    @Option(help: ArgumentHelp("Where this process runs.", visibility: .hidden))
    var inside: DemoPlace?

    @Option(help: ArgumentHelp("The directory for all state.", visibility: .hidden))
    var directory: String?

    func validate() throws {
        guard (1...100).contains(lamps) else { throw ValidationError("the number of lamps must be between 1 and 100") }
        guard output != .jsonl else { throw ValidationError("the demo prints a table or json") }
    }

    func run() async throws {
        do {
            if let inside {
                try await play(inside)
            } else {
                let exitCode = try host()
                if exitCode != 0 { Glibc.exit(exitCode) }
            }
        } catch let error as DemoError {
            throw CommandFailure(.configuration, error.description)
        }
    }

    /// The outer process.
    private func host() throws(DemoError) -> Int32 {
        var arguments = ["--lamps", String(lamps), "--output", output.rawValue]
        if keepGoing { arguments.append("--keep-going") }
        let host = DemoHost(program: try Program(), arguments: arguments)
        return try host.play(permitsNamespaces: !withoutNamespaces) { text in
            StandardStream.error.tryWrite("gosc: \(text)\n")
        }
    }

    /// The inner process.
    private func play(_ place: DemoPlace) async throws {
        // A child that is gone is noticed when its end is waited for.
        signal(SIGPIPE, SIG_IGN)
        let program = try Program()
        try requireOuterProcess(of: place)
        switch place {
        case .probe:
            _ = try await PrivateNetwork.setUp(program: program, addresses: 1)
        case .namespace:
            // What else there is goes with the namespace.
            let lifeline = Lifeline {}
            let base = try await PrivateNetwork.setUp(program: program, addresses: Stage.addresses(lamps: lamps))
            let report = try await tell(program: program, network: .inNamespace(), base: base, place: place)
            lifeline.end(with: report.passed ? 0 : 1)
        case .host:
            guard let directory else { throw ValidationError("--directory is missing") }
            let lifeline = Lifeline {
                ChildProcess.killAll()
                TemporaryDirectory.remove(directory)
            }
            let report = try await tell(program: program, network: .onHost(), base: directory, place: place)
            lifeline.end(with: report.passed ? 0 : 1)
        }
    }

    /// The inner process mounts, routes and removes. Started by hand in the wrong place it must not.
    private func requireOuterProcess(of place: DemoPlace) throws {
        switch place {
        case .probe, .namespace:
            // unshare --pid --fork makes it so.
            guard getpid() == 1 else { throw ValidationError("--inside \(place.rawValue) is for the demo itself") }
        case .host:
            guard FileStatus(descriptor: DemoHost.lifeline)?.kind == .pipe,
                let directory, directory.contains("/gosc-demo-"), let status = FileStatus(path: directory),
                status.kind == .directory, status.owner == geteuid(), status.permissions & 0o777 == 0o700
            else { throw ValidationError("--inside host is for the demo itself") }
        }
    }

    private func tell(
        program: Program, network: StageNetwork, base: String, place: DemoPlace
    ) async throws -> DemoReport {
        let start = ContinuousClock.now
        let narrator = narrator(environment: program.environment)
        let stage = try await Stage(
            program: program, network: network, directory: base, lamps: lamps, narrator: narrator)
        let setting = DemoSetting(
            place: place.rawValue, lamps: lamps, group: DemoGroup.name, groupAddress: stage.group.description,
            interface: network.interface)
        narrator.open(setting)
        let acts = await Story.play(on: stage, keepsGoing: keepGoing)
        for player in stage.everyone + [stage.visitor] { player.kill() }
        let report = DemoReport(
            setting: setting, acts: acts, messages: stage.sizes, took: start.duration(to: .now))
        narrator.close(report)
        return report
    }

    private func narrator(environment: [String: String]) -> any Narrator {
        guard output == .table else { return JSONNarrator() }
        let isLive = StandardStream.output.isTerminal && environment["TERM"] != "dumb"
        return isLive ? LiveNarrator(environment: environment) : PlainNarrator()
    }
}

extension DemoPlace: ExpressibleByArgument {}
