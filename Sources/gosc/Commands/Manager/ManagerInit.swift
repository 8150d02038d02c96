import ACEGroupcomm
import ArgumentParser
import Bytes
import COSE
import Foundation
import ServiceShell

struct ManagerInit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a new manager with its key pair, and groups in it.")

    @Option(help: ArgumentHelp("A file that describes a group to create; may be repeated.", valueName: "file"))
    var group: [String] = []

    @OptionGroup var state: ManagerStateOptions
    @OptionGroup var key: KeyFileOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let printer = Printer(output)
        // Before anything is made: a wrong file leaves nothing behind.
        var files: [GroupFile] = []
        for path in group {
            let file = try GroupFile(contentsOf: path)
            if let other = files.firstIndex(where: { $0.name == file.name }) {
                throw CommandFailure(.badInput, "\(group[other]) and \(path) both describe group \(file.name)")
            }
            files.append(file)
        }
        for warning in SharedAddresses.warnings(files) { printer.notice(warning) }
        var options = ManagerOptions(stateDirectory: try state.directory(), keyFile: key.keyFile)
        options.credentialReader = .available
        options.credentialMakers = .available
        let answers = try RunningManager.initialize(
            options, groups: files.map(\.request), environment: ProcessInfo.processInfo.environment,
            notice: { printer.notice($0) })
        try printer.list(answers.map(CreatedGroup.init))
        printer.notice(
            "made the manager in \(options.stateDirectory); start it with '\(state.command("gosc manager run"))'")
    }
}

/// A group that now exists.
struct CreatedGroup: ListRow, Described {
    let group: String
    let address: String
    let port: UInt16

    init(_ answer: CreateGroupAnswer) {
        group = answer.groupName
        address = answer.address.description
        port = answer.port
    }

    static var columns: [TextTable.Column] {
        [TextTable.Column("GROUP"), TextTable.Column("ADDRESS"), TextTable.Column("PORT", .right)]
    }
    var cells: [String] { [group, address, String(port)] }
    var lines: [(name: String, value: String)] {
        [("group", group), ("address", address), ("port", String(port))]
    }
}
