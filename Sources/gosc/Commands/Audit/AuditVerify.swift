import ArgumentParser
import Bytes
import GroupManager
import Persistence
import ServiceShell

struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Find out whether the audit record was altered.",
        discussion: """
            Exits with 0 if nothing in it is wrong, and with 1 and the first record that is. Says what it cannot prove: \
            whether records were cut off at the end, unless a checkpoint tells that was kept elsewhere. Behind a restore \
            an export from after the backup does not fit any more: look for 'restored' in 'gosc audit list'.
            """)

    @Argument(
        help: ArgumentHelp("An export (default: what is in the manager's state directory).", valueName: "file"))
    var file: String?

    @Option(
        help: ArgumentHelp(
            "A file with a checkpoint that was kept elsewhere: an earlier export, or the last line of one.",
            valueName: "file"))
    var checkpoint: String?

    @Option(
        help: ArgumentHelp(
            "The SHA-256 of the manager's credential, as an earlier verification or an export has told it.",
            valueName: "hash"))
    var managerCredential: String?

    @Flag(help: "Exit with 1 also if a record is not covered by a signature of the manager.")
    var requireSigned = false

    @OptionGroup var state: ManagerStateOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let managerCredential, Hex.decode(managerCredential)?.count != 32 {
            throw ValidationError("--manager-credential must be 32 bytes in hex.")
        }
        guard file == nil || state.state == nil else {
            throw ValidationError("A file and --state cannot both be verified.")
        }
    }

    func run() async throws {
        let kept = try checkpoint.map { path throws(CommandFailure) in try AuditFile.checkpoints(in: path) } ?? []
        let name: String
        let verdict: AuditVerdict
        if let file {
            name = file
            verdict = try verify { () throws in try AuditFile(file).verdict(kept: kept) }
        } else {
            let source = try AuditSource(directory: try state.directory())
            name = source.directory
            verdict = try verify { () throws in try source.verdict(kept: kept) }
        }
        if let managerCredential, Hex.decode(managerCredential) != verdict.manager {
            throw CommandFailure(
                .refused,
                "\(name) is the record of another manager, with the credential \(Hex.encode(verdict.manager))",
                hint: "compare it with an export that was kept elsewhere")
        }
        if requireSigned { try requireSignature(verdict, name) }
        try Printer(output).show(AuditReport(verdict, of: name, isKnown: managerCredential != nil))
    }

    private func requireSignature(_ verdict: AuditVerdict, _ name: String) throws(CommandFailure) {
        let signed = verdict.signed?.sequence ?? 0
        guard signed < verdict.records else { return }
        throw CommandFailure(
            .refused,
            (signed == 0 ? "\(name): no record is signed" : "\(name): records behind \(signed) are not signed")
                + ", of \(verdict.records) in which nothing is wrong",
            hint: "an export that was made while the manager runs is signed to its end")
    }

    private func verify(_ body: () throws -> AuditVerdict) throws -> AuditVerdict {
        do {
            return try body()
        } catch let fault as AuditFault {
            throw CommandFailure(
                .refused, "\(file ?? "the audit record"): \(fault)",
                hint: "keep it as it is, and compare it with exports that were kept elsewhere")
        }
    }
}

extension AuditSource {
    /// - Throws: ``AuditFault``, the first one.
    fileprivate func verdict(kept: [AuditCheckpoint]) throws -> AuditVerdict {
        // In this order: a manager that runs goes on, and signs what it appends.
        let last = try stored.lastSequence()
        let checkpoints = try stored.checkpoints()
        var verifier = try AuditVerifier(credential: credential, checkpoints: checkpoints, kept: kept)
        try forEachRow { row in
            try verifier.take(row.record, number: row.sequence, hash: row.hash)
            return true
        }
        let verdict = try verifier.finish()
        try AuditVerifier.requireSignatures(checkpoints, upTo: last)
        return verdict
    }
}
