import ArgumentParser
import CoAP
import CoAPEngine
import GoscKit
import ServiceShell
import Synchronization
import UnixSignals

struct ObserveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "observe", abstract: "Show a resource now and whenever it changes.",
        discussion: """
            Such as: gosc observe 'coap://[::1]/temperature' --count 3

            Ends with Ctrl-C, after --count states or --for a time; the server is told. --timeout is how long to wait for \
            the first answer, and for a server that is not heard any more.
            """)

    @OptionGroup var request: RequestOptions
    @OptionGroup var conditions: ReadConditions

    @Option(help: ArgumentHelp("End after so many states, 1 or more.", valueName: "n"))
    var count: Int?

    @Option(name: .customLong("for"), help: ArgumentHelp("End after so long, \(TimeSpan.form).", valueName: "time"))
    var period: TimeSpan?

    func validate() throws {
        guard count ?? 1 > 0 else { throw ValidationError("--count must be 1 or more.") }
        guard period?.milliseconds != 0 else { throw ValidationError("--for must be more than 0.") }
    }

    func run() async throws {
        let run = RequestRun(request)
        let interface = try request.interfaceIndex()
        do {
            let target = try await Destination(request.uri, interface: interface)
            request.noteWithoutEffect(on: target, interface, run.printer)
            let member = try ActingMember(request.member, to: request.uri, isGroup: target.isGroup, run.printer)
            var configuration = request.configuration(interface)
            member?.join(&configuration)
            let endpoint = try CoAPEndpoint(configuration)
            var options = conditions.options
            options.observe = 0
            let observation = ObservationRun(
                request: run.request(.get, options, ([], nil), to: target, as: member), uri: request.uri,
                member: member, memberOptions: request.member, count: count, printer: run.printer)
            let ending: ObservationRun.Ending
            do {
                ending = try await observation.run(on: endpoint, for: period?.duration)
            } catch {
                await endpoint.shutDown()
                throw error
            }
            // The server is told that the observation is over.
            await endpoint.shutDown()
            try observation.conclude(ending)
        } catch let error as CoAPError {
            throw CommandFailure(error, uri: request.uri, member: request.member)
        }
    }
}

/// One observation of the command line: of one server, or of a group.
private final class ObservationRun: Sendable {
    /// What has ended it.
    enum Ending {
        case count
        case period
        case signal(Int32)
        /// Nobody has answered.
        case nobody
        /// The server answers, and does not notify.
        case unobservable
        /// It has notified, and will not any more.
        case endedByServer
        /// It is not heard any more.
        case lost
    }

    private let request: ClientRequest
    private let uri: String
    /// In whose name it observes; `nil` for plain CoAP.
    private let member: ActingMember?
    private let memberOptions: MemberOptions
    private let count: Int?
    private let printer: Printer
    private let watch: Mutex<ObservationWatch>
    private let start = ContinuousClock.now

    private var isGroup: Bool { request.group != nil }
    /// Whether answers are shown with who gave them.
    private var showsRows: Bool { isGroup || member?.isInGroup == true }
    private var elapsed: Duration { ContinuousClock.now - start }

    init(
        request: ClientRequest, uri: String, member: ActingMember?, memberOptions: MemberOptions, count: Int?,
        printer: Printer
    ) {
        let patience = request.group?.deadline ?? request.deadline ?? .seconds(90)
        self.request = request
        self.uri = uri
        self.member = member
        self.memberOptions = memberOptions
        self.count = count
        self.printer = printer
        watch = Mutex(ObservationWatch(patience: patience))
    }

    /// Shows what comes until the first reason to end it.
    func run(on endpoint: CoAPEndpoint, for period: Duration?) async throws -> Ending {
        try await withThrowingTaskGroup(of: Ending?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await self.show(on: endpoint) }
            group.addTask { try await self.look() }
            group.addTask {
                for await signal in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
                    return .signal(signal.rawValue)
                }
                return nil
            }
            if let period {
                group.addTask {
                    try await Task.sleep(for: period)
                    return .period
                }
            }
            while let ending = try await group.next() {
                if let ending { return ending }
            }
            return .lost
        }
    }

    /// Says how it has ended, and ends the command so.
    func conclude(_ ending: Ending) throws {
        switch ending {
        case .count: return
        case .period: if !watch.withLock(\.hasAnswer) { throw nobody }
        case .signal(let signal): throw SignalExit(signal: signal)
        case .nobody: throw nobody
        case .unobservable:
            throw CommandFailure(
                .partial, "\(uri) was answered, but cannot be observed", hint: "gosc get reads it once")
        case .endedByServer: throw CommandFailure(.partial, "the server has ended the observation of \(uri)")
        case .lost:
            throw CommandFailure(
                .unreachable, "\(uri) is not heard any more, and did not answer when asked again",
                hint: CommandFailure.timeoutHint)
        }
    }

    private var nobody: CommandFailure {
        isGroup
            ? CommandFailure(silentGroup: uri, member: memberOptions)
            : CommandFailure(.deadline, uri: uri, member: memberOptions)
    }

    private func show(on endpoint: CoAPEndpoint) async throws -> Ending? {
        var shown = 0
        do {
            for try await response in endpoint.responses(to: request) {
                let maxAge = response.isNotification ? response.message.options.maxAge ?? 60 : nil
                watch.withLock { $0.heard(response.source, maxAge: maxAge, at: elapsed) }
                try report(response, isFirst: shown == 0)
                shown += 1
                if maxAge == nil {
                    guard isGroup else { return shown == 1 ? .unobservable : .endedByServer }
                    printer.notice("\(response.source) has answered, and does not notify")
                }
                if shown == count { return .count }
            }
        } catch CoAPError.failed(.timeout) where shown > 0 {
            return .lost
        }
        // Its task is cancelled; or the first answer did not come in time.
        return Task.isCancelled ? nil : shown == 0 ? .nobody : .lost
    }

    /// Says who is not heard any more.
    private func look() async throws -> Ending? {
        while true {
            try await Task.sleep(for: .milliseconds(500))
            for finding in watch.withLock({ $0.findings(at: elapsed) }) {
                switch finding {
                case .nobody: return .nobody
                case .missing(let server, let time):
                    printer.progress("nothing from \(server) for \(time.components.seconds) s; asking it again")
                case .lost(let server): if isGroup { printer.notice("\(server) is not heard any more") }
                case .over: return watch.withLock(\.hasNotification) ? .lost : .unobservable
                }
            }
        }
    }

    private func report(_ response: ClientResponse, isFirst: Bool) throws {
        let code = response.message.code
        if showsRows {
            try ResponderRow(response, to: member).print(printer, isFirst: isFirst)
            guard isGroup || code.isSuccess else { throw QuietExit(exitCode: .refused) }
            return
        }
        switch printer.format {
        case .json, .jsonl: try StandardStream.output.write(JSONText.line(ResponseReport(response, to: member)) + "\n")
        case .table:
            guard code.isSuccess else { throw CommandFailure(response, uri: uri) }
            try PayloadText.show(response.message)
        }
        guard code.isSuccess else { throw QuietExit(exitCode: CommandFailure.exitCode(of: code)) }
    }
}

extension ClientResponse {
    /// Whether further ones follow.
    fileprivate var isNotification: Bool { message.code.isSuccess && message.options.observe != nil }
}
