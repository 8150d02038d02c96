import ArgumentParser

struct GroupCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a group as a file describes it.")

    @Option(help: ArgumentHelp("The description, such as groups/demo-lights.yaml.", valueName: "file"))
    var file: String

    @OptionGroup var administration: AdministrationOptions

    func run() async throws {
        let description = try GroupFile(contentsOf: file)
        let client = try administration.client()
        let answer = try await client.create(description.request)
        let printer = administration.printer
        try printer.show(CreatedGroup(answer))
        if let member = description.members.first {
            printer.notice(
                "invite its members, such as: gosc member invite \(description.name) \(member.name) "
                    + "--role \(member.roles)")
        }
    }
}
