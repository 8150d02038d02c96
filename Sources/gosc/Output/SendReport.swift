import CoAP
import ServiceShell

/// The answers to a group request as they come, one row a member, and what they amount to.
struct SendReport {
    private let group: String
    private let printer: Printer
    private var rows: [SendRow] = []
    private var summary: SendSummary?

    init(group: String, printer: Printer) {
        self.group = group
        self.printer = printer
    }

    /// Takes what comes next. Rows are printed at once, except in one JSON document.
    mutating func take(_ update: SendUpdate) throws(CommandFailure) {
        switch update {
        case .response(let response):
            try add(SendRow(response))
        case .completed(let summary):
            self.summary = summary
            for name in summary.missing { try add(SendRow(missing: name)) }
        case .failed(let message, let exitCode):
            throw CommandFailure(ServiceShell.ExitCode(rawValue: exitCode) ?? .refused, message)
        }
    }

    /// Prints what is left and says how the command ends.
    func finish() throws(CommandFailure) -> ServiceShell.ExitCode {
        guard let summary else {
            throw CommandFailure(.internalFault, "the request to \(group) ended without a result", hint: "try again")
        }
        let verdict = SendVerdict(rows: rows, summary: summary)
        switch printer.format {
        case .table: break
        case .json: try StandardStream.output.write(JSONText.document(verdict.document(group, rows)) + "\n")
        case .jsonl: try StandardStream.output.write(JSONText.line(verdict.document(group, nil)) + "\n")
        }
        printer.notice(verdict.line(group))
        return verdict.exitCode
    }

    private mutating func add(_ row: SendRow) throws(CommandFailure) {
        switch printer.format {
        case .table:
            let table = TextTable(SendRow.columns, rows: [row.cells])
            let text = table.lines(withHeadings: rows.isEmpty, style: printer.style)
            try StandardStream.output.write(row.isSuccess ? text : printer.style.bad(text))
        case .json: break
        case .jsonl: try StandardStream.output.write(JSONText.line(row) + "\n")
        }
        rows.append(row)
    }
}

/// What a group request amounts to.
struct SendVerdict {
    let exitCode: ServiceShell.ExitCode
    private let summary: SendSummary
    private let done: Int
    private let refused: Int

    init(rows: [SendRow], summary: SendSummary) {
        self.summary = summary
        done = rows.count { $0.isSuccess }
        refused = rows.count { $0.code != nil && !$0.isSuccess }
        exitCode =
            if done == 0 {
                .refused
            } else if refused > 0 || !summary.missing.isEmpty {
                .partial
            } else {
                .done
            }
    }

    /// For people.
    func line(_ group: String) -> String {
        guard summary.expected > 0 || summary.answered > 0 else {
            return "group \(group) has no responder that this member knows; invite one with --role responder"
        }
        let all = max(summary.expected, summary.answered)
        var text = "\(done) of \(all) \(all == 1 ? "responder" : "responders") of \(group) did it"
        if refused > 0 { text += ", \(refused) refused" }
        guard !summary.missing.isEmpty else { return text }
        text += ", \(summary.missing.count) did not answer"
        // RFC 10020 §3.1.2: members are silent about errors in group requests.
        return done > 0 ? text : text + "; check that they run and that the resource takes this value"
    }

    func document(_ group: String, _ rows: [SendRow]?) -> SendDocument {
        SendDocument(
            group: group, responses: rows, expected: summary.expected, answered: summary.answered, done: done,
            missing: summary.missing, datagramsSent: summary.datagramsSent,
            leisureMilliseconds: Double(summary.leisure) / 1e6, timeoutMilliseconds: Double(summary.deadline) / 1e6,
            requestLength: summary.datagramLength, requestOverhead: summary.overhead)
    }
}

/// One member and its answer.
struct SendRow: ListRow {
    let name: String?
    let senderID: String?
    /// `nil` if no answer came.
    let code: String?
    let isSuccess: Bool
    let answer: String?
    let latencyMilliseconds: Double?

    static var columns: [TextTable.Column] {
        [
            TextTable.Column("NAME", width: 16), TextTable.Column("SENDER ID"), TextTable.Column("CODE", width: 4),
            TextTable.Column("LATENCY", .right, width: 10), TextTable.Column("ANSWER"),
        ]
    }

    var cells: [String] {
        let latency = latencyMilliseconds.map { Duration.nanoseconds(Int64($0 * 1e6)).shown }
        return [name ?? "–", senderID ?? "–", code ?? "–", latency ?? "–", answer ?? "no answer"]
    }
}

extension SendRow {
    init(_ response: SendResponse) {
        name = response.name
        senderID = response.senderID
        code = response.code
        isSuccess = response.isSuccess
        answer = String(showing: response.payload)
        latencyMilliseconds = Double(response.latency) / 1e6
    }

    init(missing name: String) {
        self.name = name
        senderID = nil
        code = nil
        isSuccess = false
        answer = nil
        latencyMilliseconds = nil
    }
}

/// A group request in JSON.
struct SendDocument: Encodable {
    let group: String
    /// Left out where each has its own line.
    let responses: [SendRow]?
    let expected: Int
    let answered: Int
    let done: Int
    let missing: [String]
    let datagramsSent: Int
    let leisureMilliseconds: Double
    let timeoutMilliseconds: Double
    /// Bytes of the datagram, and how many of them protection added.
    let requestLength: Int
    let requestOverhead: Int
}
