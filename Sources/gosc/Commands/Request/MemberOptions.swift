import ArgumentParser
import ServiceShell

/// In which mode a request is protected.
enum MemberMode: String, ExpressibleByArgument, CaseIterable {
    case group
    case pairwise
}

/// As whom a request is made, and for whom. Without --state it is plain CoAP.
struct MemberOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Act as the unmanaged node whose state lies there (gosc node init): the request is protected.",
            valueName: "directory"))
    var state: String?

    @OptionGroup var key: KeyFileOptions

    @Option(
        help: ArgumentHelp(
            "How the request is protected: group or pairwise (default: pairwise with --peer if the group has it, else group).",
            valueName: "mode"))
    var mode: MemberMode?

    @Option(
        help: ArgumentHelp(
            "For one member of the group: its Sender ID, \(SenderIDArgument.form) (default: for all of them).",
            valueName: "id"))
    var peer: SenderIDArgument?

    func validate() throws {
        guard state == nil else { return }
        let names = [("--mode", mode != nil), ("--peer", peer != nil), ("--key-file", key.keyFile != nil)]
        guard let (name, _) = names.first(where: \.1) else { return }
        throw ValidationError("\(name) needs --state: the directory of the member that asks.")
    }
}
