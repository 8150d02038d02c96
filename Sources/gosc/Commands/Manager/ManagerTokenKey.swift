import ArgumentParser
import Bytes
import Foundation
import ServiceShell

struct ManagerTokenKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token-key",
        abstract: "Print the public key that authorization servers encrypt tokens to.",
        discussion: "An X25519 key, 32 bytes in hex. The manager must not be running.")

    @OptionGroup var state: ManagerStateOptions
    @OptionGroup var key: KeyFileOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let printer = Printer(output)
        let options = ManagerOptions(stateDirectory: try state.directory(), keyFile: key.keyFile)
        let key = try RunningManager.tokenKey(
            options, environment: ProcessInfo.processInfo.environment, notice: { printer.notice($0) })
        try printer.show(TokenKeyReport(publicKey: Hex.encode(key)))
    }
}

private struct TokenKeyReport: Described {
    let publicKey: String

    var lines: [(name: String, value: String)] { [("public key", publicKey)] }
}
