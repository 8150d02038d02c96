import ArgumentParser
import Bytes
import DatagramTransport
import Foundation

/// Where an attacker of the demo sends to, and from where.
struct AttackOptions: ParsableArguments {
    @Option var group: AddressArgument
    @Option var groupPort: UInt16
    @Option var interface: String
    @Option var hopLimit: UInt8
    @Option var bind: AddressArgument?

    /// A socket on a port of its own.
    func socket() throws -> DatagramSocket {
        let multicast = MulticastSending(
            interface: try InterfaceTable.index(named: interface), hopLimit: hopLimit, loopsBack: true)
        return try DatagramSocket.unicast(
            bind: SocketAddress(bind?.address ?? .unspecified, port: 0), multicast: multicast)
    }

    var destination: SocketAddress { SocketAddress(group.address, port: groupPort) }
}

/// What an attacker says when it is done, as JSON on standard output.
struct AttackReport: Codable {
    /// Datagrams that the kernel accepted.
    var sent: Int
    /// Datagrams that came back.
    var answers: Int
    /// The kid that the datagrams claim, in hex.
    var kid = ""

    func print() throws {
        let data = try JSONEncoder().encode(self)
        try StandardStream.output.write(String(decoding: data, as: UTF8.self) + "\n")
    }
}

extension Stage {
    /// Starts one of the attackers.
    func attack(
        _ name: String, _ arguments: [String] = [], input: ChildProcess.Launch.Input = .nothing, output: String
    ) throws(DemoError) -> ChildProcess {
        var options = [
            "--group", group.address.description, "--group-port", String(group.port), "--interface", network.interface,
            "--hop-limit", String(network.hopLimit),
        ]
        if let ownAddress { options += ["--bind", ownAddress.description] }
        var launch = program.launch(["demo", name] + options + arguments)
        launch.input = input
        launch.output = .file(output)
        launch.errors = .file("\(directory)/\(name).log")
        return try ChildProcess.start(launch)
    }

    /// What an attacker said when it was done.
    func report(of process: ChildProcess, name: String, output: String) async throws -> AttackReport {
        let ending = await process.wait(atMost: .seconds(10))
        guard ending == .exited(0) else {
            throw DemoError("the \(name) failed: \(Self.lastLine(of: "\(directory)/\(name).log"))")
        }
        return try JSONDecoder().decode(AttackReport.self, from: Data(contentsOf: URL(filePath: output)))
    }
}
