import ArgumentParser
import Bytes
import CryptoPrimitives
import GroupManager
import Persistence
import ServiceShell

struct AuditExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the whole audit record as JSON lines, with the manager's signatures.",
        discussion: """
            A manager that runs signs all of it first. Keep the file, or its last line, where the manager's host cannot \
            change it: 'gosc audit verify --checkpoint' proves with it that nothing was cut off since. Where confidential \
            parts were removed from the database, there is none but with --redacted.
            """)

    @Option(
        help: ArgumentHelp(
            "Write to this new file, which only this user may read, instead of standard output.", valueName: "file"))
    var out: String?

    @Flag(
        help: """
            Leave out who is not everybody's business: hashes of credentials, clients, descriptions and application groups. \
            The export can still be verified.
            """)
    var redacted = false

    @OptionGroup var state: ManagerStateOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let printer = Printer(output)
        let directory = try state.directory()
        // Refuses what is no manager's before anything is asked for.
        let audit = try AuditSource(directory: directory)
        try await sign(in: directory, printer)
        let checkpoints = try audit.stored.checkpoints()
        let last = try audit.stored.lastSequence()
        let file = try out.map { path throws(CommandFailure) in try SecretFile(creating: path) }
        do {
            try write(audit, upTo: last, checkpoints, to: file)
        } catch {
            file?.remove()
            throw error
        }
        printer.notice(
            "wrote \(last) \(last == 1 ? "record" : "records")\(out.map { " to \($0)" } ?? ""), signed up to "
                + "\(checkpoints.last?.sequence ?? 0); manager credential \(Hex.encode(audit.manager))")
    }

    /// A manager that does not run cannot sign: the export ends with the latest signature then.
    private func sign(in directory: String, _ printer: Printer) async throws {
        do {
            try await AdminClient(stateDirectory: directory, wait: WaitOption.parse([])).signAudit()
        } catch let error as ServiceError where error.exitCode == .unreachable {
            printer.notice("no manager is running in \(directory): what came behind its latest signature is not signed")
        }
    }

    private func write(
        _ audit: AuditSource, upTo last: UInt64, _ checkpoints: [AuditCheckpoint], to file: SecretFile?
    ) throws {
        func put(_ text: String) throws(CommandFailure) {
            if let file { try file.write(text) } else { try StandardStream.output.write(text) }
        }
        // A manager that runs may have gone on; what is signed is there in any case.
        let signed = checkpoints.filter { $0.sequence <= last }
        try put(
            JSONText.line(
                AuditHeaderLine(
                    gosc_audit: AuditHeaderLine.version, manager_credential: Hex.encode(audit.credential),
                    records: last, checkpoints: signed.count, redacted: redacted)) + "\n")
        var text = ""
        try audit.forEach(upTo: last) { record, hash in
            // The first line says that nothing is left out.
            guard redacted || !record.isRedacted else {
                throw CommandFailure(
                    .refused, "the confidential part of record \(record.sequence) of \(audit.directory) was removed",
                    hint: "see 'gosc audit verify'; --redacted exports all records without these parts")
            }
            text += JSONText.line(AuditLine(redacted ? record.redacted : record, hash: hash)) + "\n"
            guard text.utf8.count > 1 << 20 else { return }
            try put(text)
            text = ""
        }
        for checkpoint in signed { text += JSONText.line(AuditCheckpointLine(checkpoint)) + "\n" }
        try put(text)
    }
}
