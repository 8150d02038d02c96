import ArgumentParser
import Bytes
import DatagramTransport
import Foundation
import Glibc
import ServiceShell
import Synchronization

/// A process without any key that sends what it was given: one datagram a line of standard input, in hex. When the input
/// ends it says how many datagrams came back meanwhile.
struct AttackerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attacker", abstract: "Send recorded datagrams to a group.", shouldDisplay: false)

    @OptionGroup var attack: AttackOptions

    @Flag(help: "Give each datagram a fresh Message ID and Token.")
    var rewrite = false

    func run() throws {
        let socket = try attack.socket()
        let answers = AnswerCount()
        let receiver = try DatagramReceiver(socket) { answers.count.add($0.count, ordering: .relaxed) }
        defer { receiver.stop() }
        var random = SystemRandomNumberGenerator()
        var sent = 0
        while let line = readLine() {
            guard var datagram = Hex.decode(line) else {
                throw CommandFailure(.badInput, "standard input must be one datagram a line, in hex")
            }
            if rewrite { Self.rewriteHeader(&datagram, random: &random) }
            sent += socket.send([OutboundDatagram(datagram, to: attack.destination)])
            // Buffers of the receivers hold this many; losing datagrams here would prove nothing.
            if sent.isMultiple(of: 16) { usleep(2_000) }
        }
        try AttackReport(sent: sent, answers: answers.count.load(ordering: .relaxed)).print()
    }

    /// Changes Message ID and Token and nothing else (RFC 7252 §3): neither is protected.
    static func rewriteHeader(_ datagram: inout [UInt8], random: inout some RandomNumberGenerator) {
        guard datagram.count >= 4 else { return }
        let tokenLength = Int(datagram[0] & 0x0f)
        for index in 2..<min(4 + tokenLength, datagram.count) {
            datagram[index] = .random(in: .min ... .max, using: &random)
        }
    }
}

/// How many datagrams have come back.
private final class AnswerCount: Sendable {
    let count = Atomic<Int>(0)
}

/// The attacker as the demo sees it.
struct Attacker {
    private let stage: Stage
    private let process: ChildProcess
    private let input: Pipe
    private let output: String

    /// Starts the process.
    static func start(on stage: Stage, rewritingHeaders: Bool) throws(DemoError) -> Attacker {
        let input = try Pipe()
        let output = "\(stage.directory)/attack-\(UInt32.random(in: .min ... .max)).json"
        let process = try stage.attack(
            "attacker", rewritingHeaders ? ["--rewrite"] : [], input: .descriptor(input.reading), output: output)
        input.closeReading()
        return Attacker(stage: stage, process: process, input: input, output: output)
    }

    /// Has it send a datagram.
    func send(_ datagram: [UInt8]) {
        input.write(Hex.encode(datagram) + "\n")
    }

    /// Lets it end.
    func finish() async throws -> AttackReport {
        input.closeWriting()
        return try await stage.report(of: process, name: "attacker", output: output)
    }
}
