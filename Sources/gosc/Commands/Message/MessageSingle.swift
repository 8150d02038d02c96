import ArgumentParser
import Bytes
import COSE
import MessageWorkbench
import ServiceShell

struct MessageProtect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "protect", abstract: "Protect one message and print it in hex.")

    @OptionGroup var source: MessageSource
    @OptionGroup var state: MessageStateOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try MessageAnswer.print(.protect, source.read(), output, state.workbench())
    }
}

struct MessageUnprotect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unprotect", abstract: "Verify and decrypt one message.",
        discussion: "Ends with 1 if the message is not accepted; the error says at which step.")

    @OptionGroup var source: MessageSource
    @OptionGroup var state: MessageStateOption
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try MessageAnswer.print(.unprotect, source.read(), output, state.workbench())
    }
}

struct MessageCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Check who countersigned one message, from outside the group.",
        discussion: """
            Takes the Signature Encryption Key and no Master Secret; nothing is decrypted. Ends with 1 if the \
            signature is not valid, or if nothing can be said of it.
            """)

    @OptionGroup var source: MessageSource
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try MessageAnswer.print(.check, source.read(), output)
    }
}

struct MessageDecode: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode", abstract: "Show what stands in one message, or in one credential; takes no key.",
        discussion: """
            A credential is shown with what members keep of it, its key and its times. It may be a CCS, CWT, X.509 or \
            C509 credential, a chain or a bag of them, or a PEM file.
            """)

    @OptionGroup var source: MessageSource

    @Option(
        help: ArgumentHelp("The CoAP message in hex, in the place of a JSON object.", valueName: "message"))
    var hex: String?

    @Option(help: ArgumentHelp("A file with a credential, or '-', in the place of a message.", valueName: "file"))
    var credential: String?

    @Option(
        help: ArgumentHelp(
            "What the credential is, by name or label (default: seen from its bytes).", valueName: "format"))
    var format: CredentialFormatName?

    @Option(
        help: ArgumentHelp(
            "Refuse a credential that is not valid at this time: now, or Unix seconds (default: any time).",
            valueName: "time"))
    var validAt: ValidityTime?

    @OptionGroup var output: OutputOptions

    func validate() throws {
        let given = [hex != nil, credential != nil, source.file != "-"].filter(\.self)
        guard given.count < 2 else { throw ValidationError("Give one of a file, --hex and --credential") }
        guard credential != nil || format == nil && validAt == nil else {
            throw ValidationError("--format and --valid-at go with --credential")
        }
    }

    func run() async throws {
        if let credential {
            let object: JSONObject = [
                "cred": .text(Hex.encode(try CredentialFile.read(credential))),
                "cred_fmt": format.map { .integer(Int64($0.format.rawValue)) } ?? .null,
                "valid_at": validAt.map { .integer($0.seconds) } ?? .null,
            ]
            return try MessageAnswer.print(.decode, Array(JSONValue.object(object).line.utf8), output)
        }
        guard let hex else {
            let text = try source.read()
            guard !text.starts(with: "-----BEGIN ".utf8) else {
                throw CommandFailure(
                    .badInput, "\(source.name) is PEM, not JSON", hint: "read a certificate with --credential")
            }
            return try MessageAnswer.print(.decode, text, output)
        }
        let object = JSONValue.object(["message": .text(hex)])
        try MessageAnswer.print(.decode, Array(object.line.utf8), output)
    }
}

struct MessageExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Protect or unprotect one message, and show each step with its bytes.",
        discussion: "A message with an OSCORE option is unprotected, any other is protected.")

    @OptionGroup var source: MessageSource

    @Flag(help: "Show keys, keying material and keystreams too.")
    var reveal = false

    @OptionGroup var output: OutputOptions

    func run() async throws {
        try MessageAnswer.print(
            .explain, source.read(), output, (Workbench(revealsSecrets: reveal, credentials: .available), nil))
    }
}

struct MessageDerive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "derive", abstract: "Derive every key of a context. All that is printed is secret.")

    @OptionGroup var source: MessageSource
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try MessageAnswer.print(.derive, source.read(), output)
    }
}

/// The answer to one object, in the form that was asked for.
private enum MessageAnswer {
    static func print(
        _ operation: Workbench.Operation, _ line: [UInt8], _ options: OutputOptions,
        _ bench: (workbench: Workbench, state: MessageStateFile?) = (Workbench(credentials: .available), nil)
    ) throws(CommandFailure) {
        let answer: JSONObject
        do throws(WorkbenchFailure) {
            answer = try bench.workbench.perform(operation, line)
        } catch {
            throw CommandFailure(error)
        }
        try bench.state?.store(bench.workbench)
        let text =
            switch options.output {
            case .table: MessageText(answer).text
            case .json: JSONValue.object(answer).document + "\n"
            case .jsonl: JSONValue.object(answer).line + "\n"
            }
        try StandardStream.output.write(text)
        // An explanation is printed as far as it goes.
        guard answer["ok"] != .bool(false) else {
            throw CommandFailure(
                .refused, answer["detail"]?.textValue ?? "not accepted", error: answer["error"]?.textValue)
        }
    }
}

extension CommandFailure {
    fileprivate init(_ failure: WorkbenchFailure) {
        let exitCode: ServiceShell.ExitCode =
            switch failure.kind {
            case .json, .field, .context, .decode, .unsupported: .badInput
            case .internal: .internalFault
            default: .refused
            }
        self.init(exitCode, failure.detail, error: failure.kind.rawValue)
    }
}
