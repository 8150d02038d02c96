import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "The audit record of a manager: every change of members, keys and configuration.",
        discussion:
            "Reads the manager's state directory, whether the manager runs or not. Needs no key: no secret is in it.",
        subcommands: [AuditList.self, AuditTail.self, AuditVerify.self, AuditExport.self])
}
