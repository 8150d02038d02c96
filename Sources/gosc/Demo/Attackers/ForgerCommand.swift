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

/// What somebody could do who holds all keys that a member has: sign a request with its private key, in the name of another
/// member, or in its own although it is none any more.
struct ForgerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forger", abstract: "Sign with a member's key, from a copy of its state.", shouldDisplay: false)

    @OptionGroup var attack: AttackOptions

    @Option(help: "A copy of the state of the member.")
    var state: String

    @Option(help: "Its sealing key.")
    var keyFile: String

    @Option(help: "The member to sign as, if not itself.")
    var victim: String?

    @Option(help: "The Partial IV of the request.")
    var partialIV: UInt64

    func run() throws {
        var random = SecureRandom()
        let bytes = try SealingKeyFile.load(
            role: "node", file: keyFile, environment: [:], mayCreate: false, random: &random, notice: { _ in })
        let key = try SealingKey(bytes.bytes)
        let store = try SQLiteNodeStore(directory: state, key: key, mayCreate: false)
        let member = try store.loadAnyway()
        guard let identity = member.identity, let membership = member.membership else {
            throw CommandFailure(.refused, "\(state) is of no member")
        }
        let speaker =
            try victim.map { try peer(named: $0, among: member.peers) }
            ?? (senderID: membership.senderID, credential: identity.credential)
        let datagram = try forge(identity: identity, membership: membership, speaker: speaker, random: &random)
        let sent = try attack.socket().send([OutboundDatagram(datagram, to: attack.destination)])
        try AttackReport(sent: sent, answers: 0, kid: Hex.encode(speaker.senderID)).print()
    }

    private func peer(
        named name: String, among peers: [PeerRecord]
    ) throws(CommandFailure) -> (senderID: [UInt8], credential: [UInt8]) {
        guard let peer = peers.first(where: { $0.name == name }) else {
            throw CommandFailure(.refused, "\(state) knows no member named \(name)")
        }
        return (peer.senderID, peer.credential)
    }

    private func forge(
        identity: IdentityRecord, membership: MembershipRecord,
        speaker: (senderID: [UInt8], credential: [UInt8]), random: inout some RandomNumberGenerator
    ) throws -> [UInt8] {
        guard let groupID = GroupID(membership.groupID), let senderID = SenderID(speaker.senderID) else {
            throw CommandFailure(.internalFault, "the state does not fit together")
        }
        var reservation = SequenceReservation(resumingAt: partialIV)
        reservation.extend(to: partialIV + 1)
        let credential = try AuthenticationCredential(
            parsing: speaker.credential.span, format: membership.credentialFormat)
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
    /// What somebody has who copies a node's disk.
    ///
    /// - Returns: The directory of the copy.
    static func copyState(of player: Player, on stage: Stage) throws -> String {
        // SQLite writes beside it only what readers need.
        let copy = "\(stage.directory)/disk-of-\(player.name)"
        try Stage.makeDirectory(copy)
        for file in try FileManager.default.contentsOfDirectory(atPath: player.state)
        where file.hasPrefix("gosc.sqlite") && !file.hasSuffix("-shm") {
            try FileManager.default.copyItem(atPath: "\(player.state)/\(file)", toPath: "\(copy)/\(file)")
        }
        return copy
    }

    /// Has somebody with the disk of a member sign, once.
    ///
    /// - Parameters:
    ///   - state: From ``copyState(of:on:)``.
    ///   - victim: In whose name; `nil`: in the member's own.
    static func run(
        on stage: Stage, state: String, of player: Player, as victim: Player? = nil, partialIV: UInt64
    ) async throws -> AttackReport {
        let output = "\(state)/report-\(partialIV).json"
        let name = victim.map { ["--victim", $0.name] } ?? []
        let process = try stage.attack(
            "forger",
            ["--state", state, "--key-file", player.keyFile, "--partial-iv", String(partialIV)] + name,
            output: output)
        return try await stage.report(of: process, name: "forger", output: output)
    }
}
