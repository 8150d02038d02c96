import ACEGroupcomm
import ArgumentParser
import Foundation
import GroupManager
import ServiceShell

struct ManagerRestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Make a manager of a backup, or of a database that was copied or put back.",
        discussion: """
            Every group gets new keys, and nobody gets them before you have said who stays: without --keep-all, --evict or \
            --eviction-log the members are listed, the command ends with 2, and the manager does not run yet. Invitations from \
            before are void; members come back by themselves while their tokens last. The manager must not be running. A database \
            that is in its place and looks like the latest is left alone, unless you say that it went back (--rolled-back). An \
            eviction log that the manager has kept must be named if it knows more than the database.
            """)

    @Argument(help: ArgumentHelp("The backup (default: the database in the state directory).", valueName: "file"))
    var file: String?

    @Flag(help: "Keep the database that is there aside, as gosc.sqlite.replaced-TIME.")
    var replace = false

    @Flag(help: "The database that is there went back with a snapshot of its disk, though it does not look like it.")
    var rolledBack = false

    @Flag(help: "Nobody was evicted since: all members stay.")
    var keepAll = false

    @Option(
        help: ArgumentHelp(
            "A member that does not stay: GROUP/NAME, or NAME where only one group has it; may be repeated.",
            valueName: "name"))
    var evict: [String] = []

    @Option(
        help: ArgumentHelp(
            "What 'gosc manager run --eviction-log' has written: whoever is named there does not stay, and --evict adds to it.",
            valueName: "file"))
    var evictionLog: String?

    @OptionGroup var state: ManagerStateOptions
    @OptionGroup var key: KeyFileOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard !keepAll || evict.isEmpty && evictionLog == nil else {
            throw ValidationError("--keep-all goes without --evict and --eviction-log.")
        }
        guard file != nil || !replace else { throw ValidationError("--replace goes with a backup.") }
        guard file == nil || !rolledBack else { throw ValidationError("--rolled-back goes without a backup.") }
    }

    func run() async throws {
        let printer = Printer(output)
        let options = ManagerOptions(stateDirectory: try state.directory(), keyFile: key.keyFile)
        let outcome = try ManagerRestore.restore(
            options, backup: file, replaces: replace, isRolledBack: rolledBack, decision: decision(),
            evictionLog: evictionLog, at: Self.now, environment: ProcessInfo.processInfo.environment,
            notice: { printer.notice($0) })
        try printer.list(outcome.members.map(MemberLine.init))
        if let replaced = outcome.replaced { printer.notice("the database that was there is \(replaced) now") }
        guard outcome.isComplete else {
            printer.notice(
                "nobody gets the new keys yet: run '\(state.command("gosc manager restore"))' again, with --keep-all, --evict NAME or --eviction-log FILE"
            )
            throw QuietExit(exitCode: .partial)
        }
        if !evict.isEmpty, evictionLog == nil {
            printer.notice(
                "whom --evict names is in no eviction log: name them again should you restore this backup once more")
        }
        printer.notice(
            "restored; start the manager with '\(state.command("gosc manager run"))', and invite again who has not joined yet"
        )
    }

    private func decision() -> RestoreDecision? {
        keepAll || !evict.isEmpty || evictionLog != nil ? RestoreDecision(evicted: evict) : nil
    }

    /// Such as 20261122T201500Z.
    private static var now: String {
        Date().formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted))
    }
}

/// A member of a restored group.
private struct MemberLine: ListRow {
    let group: String
    let name: String
    let roles: String
    let joined: String
    let state: String

    init(_ member: RestoredMember) {
        group = member.groupName
        name = member.name
        roles = Roles(rawValue: member.roles).description
        joined = Moment.text(member.joinedAt)
        state = member.standing.rawValue
    }

    static var columns: [TextTable.Column] {
        [
            TextTable.Column("GROUP"), TextTable.Column("NAME"), TextTable.Column("ROLES"), TextTable.Column("JOINED"),
            TextTable.Column("STATE"),
        ]
    }
    var cells: [String] { [group, name, roles, joined, state] }
}
