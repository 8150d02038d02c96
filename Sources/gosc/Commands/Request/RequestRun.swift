import Bytes
import CoAP
import CoAPEngine
import GoscKit
import ServiceShell

/// One request of the command line: to one server, or to a group.
struct RequestRun {
    let options: RequestOptions
    let destination: OutputFileOptions?
    let printer: Printer

    init(_ options: RequestOptions, destination: OutputFileOptions? = nil) {
        self.options = options
        self.destination = destination
        printer = Printer(options.output)
    }

    func run(_ method: Code, options extra: Options, body: (bytes: [UInt8], format: ContentFormat?)) async throws {
        let interface = try options.interfaceIndex()
        do {
            let target = try await Destination(options.uri, interface: interface)
            guard !target.isGroup || destination?.outputFile == nil else {
                throw CommandFailure(.usage, "--output-file takes one body, and the members of a group send several")
            }
            options.noteWithoutEffect(on: target, interface, printer)
            let endpoint = try CoAPEndpoint(options.configuration(interface))
            let request = self.request(method, extra, body, to: target)
            let silence = noteSilence(request)
            defer { silence.cancel() }
            if target.isGroup {
                if options.lowpan, let warning = FrameBudget.warning(request.message) { printer.notice(warning) }
                try await collect(request, from: endpoint, silence)
            } else {
                let response = try await endpoint.response(to: request)
                silence.cancel()
                try report(response)
            }
            await endpoint.shutDown()
        } catch CoAPError.failed(.timeout) where isUnanswered {
            printer.notice("sent; the No-Response option (258) asks for no answer")
        } catch let error as CoAPError {
            throw CommandFailure(error, uri: options.uri)
        }
    }

    /// Whether every answer is unwanted (RFC 7967 §2).
    private var isUnanswered: Bool {
        let values = options.option.filter { $0.number == .noResponse }.map(\.value)
        guard let value = values.last else { return false }
        return [2, 4, 5].allSatisfy { NoResponse.suppresses(Code(class: $0, detail: 0), value.first ?? 0) }
    }

    /// Says after some seconds that nothing has come yet, unless cancelled before.
    private func noteSilence(_ request: ClientRequest) -> Task<Void, any Error> {
        let limit = TimeSpan(request.group?.deadline ?? request.deadline ?? .zero)
        return Task {
            try await Task.sleep(for: Self.patience)
            printer.progress("no answer from \(options.uri) yet; waiting up to \(limit), which --timeout changes")
        }
    }

    /// A person begins to wonder.
    private static let patience = Duration.seconds(5)

    /// The request that the options describe.
    func request(
        _ method: Code, _ extra: Options, _ body: (bytes: [UInt8], format: ContentFormat?), to target: Destination
    ) -> ClientRequest {
        var message = Message(code: method, options: extra, payload: body.bytes)
        if let format = body.format { message.options.contentFormat = format }
        for option in options.option { message.options.append(option.number, option.value) }
        target.options.forEach { number, value in message.options.append(number, Array(copying: value)) }
        var request = ClientRequest(message, to: target.address, reliability: options.non ? .nonConfirmable : nil)
        if let blockSize = options.blockSize { request.blockSize = blockSize.size }
        if target.isGroup {
            request.reliability = .nonConfirmable
            request.group = ResponseCollection(deadline: options.timeout?.duration ?? .seconds(10))
        } else {
            request.deadline = options.timeout?.duration ?? .seconds(90)
        }
        return request
    }

    private func report(_ response: ClientResponse) throws {
        let code = response.message.code
        let report = ResponseReport(response)
        if code.isSuccess { try destination?.write(response.message.payload) }
        switch printer.format {
        case .json: try StandardStream.output.write(JSONText.document(report) + "\n")
        case .jsonl: try StandardStream.output.write(JSONText.line(report) + "\n")
        case .table:
            guard code.isSuccess else { throw CommandFailure(response, uri: options.uri) }
            if destination?.outputFile == nil { try PayloadText.show(response.message) }
            // What a body alone does not say.
            if code != .content { printer.notice(report.summary) }
        }
        guard code.isSuccess else { throw QuietExit(exitCode: CommandFailure.exitCode(of: code)) }
    }

    private func collect(
        _ request: ClientRequest, from endpoint: CoAPEndpoint, _ silence: Task<Void, any Error>
    ) async throws {
        var rows: [ResponderRow] = []
        for try await response in endpoint.responses(to: request) {
            silence.cancel()
            let row = ResponderRow(response)
            if printer.format != .json { try row.print(printer, isFirst: rows.isEmpty) }
            rows.append(row)
        }
        if printer.format == .json {
            try StandardStream.output.write(JSONText.document(rows.map(\.report)) + "\n")
        }
        guard !rows.isEmpty else {
            guard !isUnanswered else { throw CoAPError.failed(.timeout) }
            throw CommandFailure(silentGroup: options.uri)
        }
        let refused = rows.count { !$0.isSuccess }
        if refused > 0 { throw QuietExit(exitCode: refused == rows.count ? .refused : .partial) }
    }
}

/// One member and its answer.
struct ResponderRow: ListRow {
    let report: ResponseReport
    let isSuccess: Bool

    init(_ response: ClientResponse) {
        report = ResponseReport(response)
        isSuccess = response.message.code.isSuccess
    }

    /// Prints it as soon as it has come, the first one below headings.
    func print(_ printer: Printer, isFirst: Bool) throws(CommandFailure) {
        guard printer.format == .table else { return try StandardStream.output.write(JSONText.line(report) + "\n") }
        let table = TextTable(Self.columns, rows: [cells])
        try StandardStream.output.write(table.lines(withHeadings: isFirst, style: printer.style))
    }

    static var columns: [TextTable.Column] {
        [
            TextTable.Column("FROM", width: 40), TextTable.Column("CODE", width: 4),
            TextTable.Column("LATENCY", .right, width: 10), TextTable.Column("ANSWER"),
        ]
    }

    var cells: [String] {
        [
            report.source, report.code, Duration.nanoseconds(Int64(report.latencyMs * 1e6)).shown,
            report.payload ?? report.payloadHex.map { "0x" + $0 } ?? "",
        ]
    }

    func encode(to encoder: any Encoder) throws {
        try report.encode(to: encoder)
    }
}
