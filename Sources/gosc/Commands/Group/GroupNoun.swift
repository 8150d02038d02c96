import ArgumentParser

struct GroupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "group", abstract: "Security groups: list, show, create, rekey.",
        subcommands: [GroupList.self, GroupShow.self, GroupCreate.self, GroupRekey.self])
}
