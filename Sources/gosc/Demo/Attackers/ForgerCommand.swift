import ArgumentParser
import Bytes
import COSE
import CoAP
import CryptoPrimitives
import DatagramTransport
import Foundation
import GroupOSCORE
import MemberNode
import OSCORE
import Persistence
import ServiceShell

/// What a member could do that holds all keys of its group and wants to be somebody else: it signs a request in another
/// member's name with its own private key.
struct ForgerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forger", abstract: "Sign as somebody else with a member's own key.", shouldDisplay: false)

    @OptionGroup var attack: AttackOptions

    @Option(help: "A copy of the state of the member.")
    var state: String

    @Option(help: "Its sealing key.")
    var keyFile: String

    @Option(help: "The member to sign as.")
    var victim: String

    @Option(help: "The Partial IV of the request.")
    var partialIV: UInt64

    func run() throws {
        var random = SecureRandom()
        let bytes = try SealingKeyFile.load(
            role: "node", file: keyFile, environment: [:], mayCreate: false, random: &random, notice: { _ in })
        let key = try SealingKey(bytes.bytes)
        let store = try SQLiteNodeStore(directory: state, key: key, mayCreate: false)
        let member = try store.loadAnyway()
        guard let identity = member.identity, let membership = member.membership,
            let victim = member.peers.first(where: { $0.name == victim })
        else { throw CommandFailure(.refused, "\(state) knows no member named \(victim)") }
        let datagram = try forge(identity: identity, membership: membership, victim: victim, random: &random)
        let sent = try attack.socket().send([OutboundDatagram(datagram, to: attack.destination)])
        try AttackReport(sent: sent, answers: 0, kid: Hex.encode(victim.senderID)).print()
    }

    private func forge(
        identity: IdentityRecord, membership: MembershipRecord, victim: PeerRecord,
        random: inout some RandomNumberGenerator
    ) throws -> [UInt8] {
        guard let groupID = GroupID(membership.groupID), let senderID = SenderID(victim.senderID) else {
            throw CommandFailure(.internalFault, "the state does not fit together")
        }
        var reservation = SequenceReservation(resumingAt: partialIV)
        reservation.extend(to: partialIV + 1)
        let credential = try AuthenticationCredential(
            parsing: victim.credential.span, format: membership.credentialFormat)
        let ownKey = try PrivateKey(identity.keyKind, secret: identity.privatePart.bytes)
        // Everything genuine but the private key.
        let context = try GroupContext(
            groupID: groupID, masterSecret: membership.masterSecret.bytes, masterSalt: membership.masterSalt,
            algorithms: membership.algorithms, managerCredential: membership.managerCredential, senderID: senderID,
            credential: credential, uncheckedPrivateKey: ownKey, reservation: reservation)
        var options = Options()
        options.uriPath = [DemoGroup.resource]
        options.contentFormat = .textPlain
        let request = Message(code: .put, options: options, payload: Array("off".utf8))
        let protected = try context.protectRequest(request).0
        // Version 1, non-confirmable, a Token of four bytes; Message ID and Token are drawn.
        let header = [0x54, protected.code.rawValue] + (0..<6).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        return header + protected.body
    }
}

/// The forger as the demo sees it.
enum Forger {
    /// Has a lamp sign as the switch, once.
    static func run(on stage: Stage, lamp: Player, partialIV: UInt64) async throws -> AttackReport {
        // A copy, so that the lamp goes on undisturbed. SQLite writes beside it only what readers need.
        let copy = "\(stage.directory)/forger"
        try Stage.makeDirectory(copy)
        for file in try FileManager.default.contentsOfDirectory(atPath: lamp.state) where file.hasPrefix("gosc.sqlite")
        {
            guard !file.hasSuffix("-shm") else { continue }
            try FileManager.default.copyItem(atPath: "\(lamp.state)/\(file)", toPath: "\(copy)/\(file)")
        }
        let output = "\(copy)/report.json"
        let process = try stage.attack(
            "forger",
            [
                "--state", copy, "--key-file", lamp.keyFile, "--victim", stage.lightSwitch.name, "--partial-iv",
                String(partialIV),
            ], output: output)
        return try await stage.report(of: process, name: "forger", output: output)
    }
}
