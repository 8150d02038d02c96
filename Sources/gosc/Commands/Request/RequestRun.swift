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
            let member = try ActingMember(options.member, to: options.uri, isGroup: target.isGroup, printer)
            var configuration = options.configuration(interface)
            member?.join(&configuration)
            let endpoint = try CoAPEndpoint(configuration)
            let request = self.request(method, extra, body, to: target, as: member)
            let silence = noteSilence(request)
            defer { silence.cancel() }
            if target.isGroup, options.lowpan, let warning = FrameBudget.warning(request.message) {
                printer.notice(warning)
            }
            if target.isGroup || member?.isInGroup == true {
                try await collect(request, from: endpoint, as: member, silence)
            } else {
                let response = try await endpoint.response(to: request)
                silence.cancel()
                try report(response, to: member)
            }
            await endpoint.shutDown()
        } catch CoAPError.failed(.timeout) where isUnanswered {
            printer.notice("sent; the No-Response option (258) asks for no answer")
        } catch let error as CoAPError {
            throw CommandFailure(error, uri: options.uri, member: options.member)
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
        _ method: Code, _ extra: Options, _ body: (bytes: [UInt8], format: ContentFormat?), to target: Destination,
        as member: ActingMember? = nil
    ) -> ClientRequest {
        var message = Message(code: method, options: extra, payload: body.bytes)
        if let format = body.format { message.options.contentFormat = format }
        for option in options.option { message.options.append(option.number, option.value) }
        target.options.forEach { number, value in message.options.append(number, Array(copying: value)) }
        var request = ClientRequest(
            message, to: target.address, peer: member?.peer, reliability: options.non ? .nonConfirmable : nil)
        if let blockSize = options.blockSize { request.blockSize = blockSize.size }
        if target.isGroup {
            request.reliability = .nonConfirmable
            request.group = ResponseCollection(deadline: options.timeout?.duration ?? .seconds(10))
            if member?.isForOne == true { request.group?.completion = .responders(1) }
        } else {
            request.deadline = options.timeout?.duration ?? .seconds(90)
        }
        return request
    }

    private func report(_ response: ClientResponse, to member: ActingMember?) throws {
        let code = response.message.code
        let report = ResponseReport(response, to: member)
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
        _ request: ClientRequest, from endpoint: CoAPEndpoint, as member: ActingMember?,
        _ silence: Task<Void, any Error>
    ) async throws {
        var rows: [ResponderRow] = []
        for try await response in endpoint.responses(to: request) {
            silence.cancel()
            let row = ResponderRow(response, to: member)
            if row.isSuccess { try destination?.write(response.message.payload) }
            if printer.format != .json, destination?.outputFile == nil || printer.format == .jsonl {
                try row.print(printer, isFirst: rows.isEmpty)
            }
            rows.append(row)
        }
        if printer.format == .json {
            try StandardStream.output.write(JSONText.document(rows.map(\.report)) + "\n")
        }
        guard !rows.isEmpty else {
            guard !isUnanswered else { throw CoAPError.failed(.timeout) }
            throw CommandFailure(silentGroup: options.uri, member: options.member)
        }
        let refused = rows.count { !$0.isSuccess }
        if refused > 0 { throw QuietExit(exitCode: refused == rows.count ? .refused : .partial) }
    }
}

/// One member and its answer.
struct ResponderRow: ListRow {
    let report: ResponseReport
    let isSuccess: Bool
    /// Whether it was protected, so that it is known who has sent it.
    private let isProtected: Bool

    init(_ response: ClientResponse, to member: ActingMember? = nil) {
        report = ResponseReport(response, to: member)
        isSuccess = response.message.code.isSuccess
        isProtected = member != nil
    }

    /// Prints it as soon as it has come, the first one below headings.
    func print(_ printer: Printer, isFirst: Bool) throws(CommandFailure) {
        guard printer.format == .table else { return try StandardStream.output.write(JSONText.line(report) + "\n") }
        let table =
            isProtected
            ? TextTable(Self.memberColumns + Self.columns, rows: [memberCells + cells])
            : TextTable(Self.columns, rows: [cells])
        try StandardStream.output.write(table.lines(withHeadings: isFirst, style: printer.style))
    }

    static var columns: [TextTable.Column] {
        [
            TextTable.Column("FROM", width: 40), TextTable.Column("CODE", width: 4),
            TextTable.Column("LATENCY", .right, width: 10), TextTable.Column("ANSWER"),
        ]
    }

    private static var memberColumns: [TextTable.Column] {
        [TextTable.Column("SENDER", width: 14), TextTable.Column("MODE", width: 8)]
    }

    private var memberCells: [String] {
        [report.senderID.map { $0.isEmpty ? "''" : $0 } ?? "?", report.mode ?? "none"]
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
