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
        var configuration = EndpointConfiguration()
        configuration.multicastInterface = interface
        configuration.multicastHopLimit = options.hops
        do {
            let target = try await Destination(options.uri, interface: interface)
            guard !target.isGroup || destination?.outputFile == nil else {
                throw CommandFailure(.usage, "--output-file takes one body, and the members of a group send several")
            }
            let endpoint = try CoAPEndpoint(configuration)
            let request = self.request(method, extra, body, to: target)
            if target.isGroup {
                if options.lowpan, let warning = FrameBudget.warning(request.message) { printer.notice(warning) }
                try await collect(request, from: endpoint)
            } else {
                try report(await endpoint.response(to: request))
            }
            await endpoint.shutDown()
        } catch let error as CoAPError {
            throw CommandFailure(error, uri: options.uri)
        }
    }

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

    private func collect(_ request: ClientRequest, from endpoint: CoAPEndpoint) async throws {
        var rows: [ResponderRow] = []
        for try await response in endpoint.responses(to: request) {
            let row = ResponderRow(response)
            switch printer.format {
            case .json: break
            case .jsonl: try StandardStream.output.write(JSONText.line(row.report) + "\n")
            case .table:
                let table = TextTable(ResponderRow.columns, rows: [row.cells])
                try StandardStream.output.write(table.lines(withHeadings: rows.isEmpty, style: printer.style))
            }
            rows.append(row)
        }
        if printer.format == .json {
            try StandardStream.output.write(JSONText.document(rows.map(\.report)) + "\n")
        }
        guard !rows.isEmpty else {
            throw CommandFailure(
                .refused, "nobody answered \(options.uri)",
                hint: "members are silent about errors; check the path, --interface and --hops")
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
