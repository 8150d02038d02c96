import ACEGroupcomm
import BuildingAutomation
import Bytes
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupOSCORE
import MemberNode
import OSCORE
import TestSupport
import Testing

/// Members whose credentials the manager hands out in chains.
struct ChainedCredentialTests {
    /// What is authenticated is the end entity's credential, at both ends.
    @Test(.requirement("GM-0191", "GOSC-0060"))
    func aMemberInAChainIsHeard() throws {
        let bench = try Bench(seed: 61)
        let vector = try #require(CredentialVectors.cwt.credentials.first { $0.name == "chain of 3 CCS, tagged" })
        bench.manager.extraPeers = [
            ACEGroupcomm.Peer(
                credential: vector.inputBytes, roles: .requester, senderID: [0x40], name: "chained")
        ]
        let lamp = try bench.add("lamp", roles: .responder)
        try #require(!lamp.lamp.isOn)
        let network = try #require(lamp.engine.snapshot.membership?.network)
        let datagram = OutgoingDatagram(
            bytes: try Self.switchOn(vector, bench.manager),
            destination: SocketAddress(network.groupAddress, port: network.port))
        bench.inject(datagram, from: SocketAddress(IPv6Address(high: 0xfd00_0000_0000_0000, low: 99), port: 4_000))
        bench.run(for: .seconds(20))
        #expect(lamp.lamp.isOn)
    }

    /// `PUT /light` of the member, which has its credential without the chain.
    private static func switchOn(_ vector: CredentialVectors.Accepted, _ manager: ScriptedManager) throws -> [UInt8] {
        let (masterSecret, masterSalt) = (Array<UInt8>(1...16), Array<UInt8>(1...8))
        let own = vector.credentialBytes
        let secret = try #require(vector.key.private.flatMap { Hex.decode($0) })
        var reservation = SequenceReservation(resumingAt: 0)
        reservation.extend(to: 10)
        let context = try GroupContext(
            groupID: try #require(GroupID(manager.groupID)), masterSecret: masterSecret.span, masterSalt: masterSalt,
            algorithms: GroupAlgorithms(
                aead: nil, groupEncryption: .aesCCM_16_64_128, signature: .edDSA, pairwiseKeyAgreement: nil),
            managerCredential: manager.credential.bytes, senderID: try #require(SenderID([0x40] as [UInt8])),
            credential: AuthenticationCredential(parsing: own.span, format: .ccs),
            privateKey: PrivateKey(.ed25519, secret: secret.span), reservation: reservation)
        var request = Message(code: .put, payload: Array("on".utf8))
        request.options.uriPath = ["light"]
        request.options.contentFormat = .textPlain
        let (message, _) = try context.protectRequest(request)
        var datagram: [UInt8] = []
        DatagramCodec.encode(
            DatagramHeader(
                type: .nonConfirmable, code: message.code, messageID: MessageID(rawValue: 7), token: Token(9)),
            body: message.body.span, into: &datagram)
        return datagram
    }
}
