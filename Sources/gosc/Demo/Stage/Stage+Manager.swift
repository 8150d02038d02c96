import ACEGroupcomm
import ArgumentParser
import Bytes
import Foundation
import ServiceShell

/// What the operator of the manager does.
extension Stage {
    /// Starts the process of the manager.
    func runManager() throws(DemoError) {
        try manager.start(
            manager.launch(
                program,
                [
                    "manager", "run", "--bind", network.manager.address.description, "--port",
                    String(network.manager.port),
                ]))
    }

    /// Has the manager invite a node; the invitation is in the player's file.
    func invite(_ player: Player, as roles: Roles) async throws {
        let request = CreateInvitationRequest(
            nodeName: player.name, roles: roles, lifetime: 3600, managerAddress: network.manager.description)
        let answer = try await administration().invite(request, to: DemoGroup.name)
        let isWritten = FileManager.default.createFile(
            atPath: player.invitation, contents: Data((answer.invitation + "\n").utf8),
            attributes: [.posixPermissions: 0o600])
        guard isWritten else { throw DemoError("cannot write \(player.invitation)") }
    }

    func evict(_ player: Player) async throws {
        _ = try await administration().evict([player.name], from: DemoGroup.name)
    }

    func rekey() async throws {
        try await administration().rekey(DemoGroup.name)
    }

    func managerStatus() async throws -> ManagerStatus {
        try await administration().status()
    }

    /// How many members have keys behind an action that they did not have before. Waits for all of them, or for so long as
    /// the manager needs to give up.
    func whoGetsNewKeys(by action: () async throws -> Void) async throws -> Int {
        let before = try members.map { try status(of: $0).keyGeneration ?? 0 }.max() ?? 0
        try await action()
        let end = ContinuousClock.now + Self.timeLimit
        while true {
            let renewed = try members.count { try status(of: $0).keyGeneration ?? 0 > before }
            if renewed == members.count || .now >= end { return renewed }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private func administration() throws -> AdminClient {
        AdminClient(stateDirectory: manager.state, wait: try WaitOption.parse(["--wait", "10s"]))
    }
}
