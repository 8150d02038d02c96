import ArgumentParser
import CoAP
import CoAPEngine
import GoscKit
import ServiceShell
import UnixSignals

struct ObserveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "observe", abstract: "Show a resource now and whenever it changes.",
        discussion: """
            Such as: gosc observe coap://[::1]/temperature --count 3

            Ends with Ctrl-C, after --count states or --for a time; the server is told.
            """)

    @OptionGroup var request: RequestOptions
    @OptionGroup var conditions: ReadConditions

    @Option(help: ArgumentHelp("End after so many states.", valueName: "n"))
    var count: Int?

    @Option(name: .customLong("for"), help: ArgumentHelp("End after so long.", valueName: "time"))
    var period: TimeSpan?

    func validate() throws {
        guard count ?? 1 > 0 else { throw ValidationError("--count must be 1 or more.") }
    }

    func run() async throws {
        let run = RequestRun(request)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await show(run)
                return true
            }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { break }
                return false
            }
            if let period {
                group.addTask {
                    try await Task.sleep(for: period.duration)
                    return false
                }
            }
            // The first that ends, ends the others: the observation is cancelled at the server, too.
            _ = try await group.next()
            group.cancelAll()
            while let _ = try? await group.next() {}
        }
    }

    private func show(_ run: RequestRun) async throws {
        let interface = try request.interfaceIndex()
        var configuration = EndpointConfiguration()
        configuration.multicastInterface = interface
        configuration.multicastHopLimit = request.hops
        do {
            let target = try await Destination(request.uri, interface: interface)
            let endpoint = try CoAPEndpoint(configuration)
            var options = conditions.options
            options.observe = 0
            var observation = run.request(.get, options, ([], nil), to: target)
            observation.deadline = nil
            var shown = 0
            for try await response in endpoint.responses(to: observation) {
                try report(response, run.printer)
                shown += 1
                if shown == count { break }
            }
            await endpoint.shutDown()
        } catch let error as CoAPError {
            guard !Task.isCancelled else { return }
            throw CommandFailure(error, uri: request.uri)
        }
    }

    private func report(_ response: ClientResponse, _ printer: Printer) throws {
        let code = response.message.code
        switch printer.format {
        case .json, .jsonl: try StandardStream.output.write(JSONText.line(ResponseReport(response)) + "\n")
        case .table:
            guard code.isSuccess else { throw CommandFailure(response, uri: request.uri) }
            try PayloadText.show(response.message)
        }
        guard code.isSuccess else { throw QuietExit(exitCode: CommandFailure.exitCode(of: code)) }
    }
}
