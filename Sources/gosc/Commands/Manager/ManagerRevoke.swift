import ArgumentParser
import Bytes
import ServiceShell

struct ManagerRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Accept a token of another authorization server no more.",
        discussion: """
            What the token has opened ends at once: its client is no member of any group any more, and they get new \
            keys without it. For nodes that were invited, see 'gosc member revoke' and 'gosc member evict'.
            """)

    @Argument(
        help: ArgumentHelp(
            "The claim cti of the token, or the SHA-256 of a token without one, in hex.", valueName: "token-id"))
    var tokenID: String

    @OptionGroup var administration: AdministrationOptions

    func run() async throws {
        guard let bytes = Hex.decode(tokenID), (1...64).contains(bytes.count) else {
            throw CommandFailure(.badInput, "the token ID is not 1 to 64 bytes in hex")
        }
        try await administration.client().revokeToken(bytes)
        administration.printer.notice("tokens with this ID are not accepted any more")
    }
}
