import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupManager
import OSCORE

/// A member as a rekeying meets it: the records of it, and the other end of its association, which confirms everything.
final class RekeyMember {
    let client: ClientRecord
    let member: MemberRecord
    let address: SocketAddress
    private let context: SecurityContext

    init(_ number: Int, random: inout SecureRandom) throws {
        address = SocketAddress(Building.address(of: number), port: Building.port)
        let name = Building.name(of: number)
        let roles = Building.roles(of: number)
        let recipientID = [7, UInt8(number >> 8), UInt8(number & 0xff)]
        let secret = Self.bytes(16, &random)
        let salt = Self.bytes(8, &random)
        client = ClientRecord(
            recipientID: recipientID, senderID: [1], client: ClientIdentity(stored: "as.example\nsub:\(name)"),
            inputMaterialID: Self.bytes(8, &random), masterSecret: SecretField(copying: secret.span), masterSalt: salt,
            idContext: nil, algorithm: AEADAlgorithm.aesCCM_16_64_128.rawValue,
            hkdf: HKDFAlgorithm.hkdfSHA256.rawValue, tokenID: Self.bytes(8, &random),
            scope: ScopeEntry(groupName: Building.groupName, roles: roles).encoded(), expiry: .max >> 1,
            kdcChallenge: Self.bytes(8, &random),
            replayWindow: ReplayWindowRecord(size: 32, highest: nil, words: [0], isValid: true), reservedSequenceEnd: 0)
        member = MemberRecord(
            groupName: Building.groupName, name: name, nodeName: name, client: client.client, roles: roles.rawValue,
            senderID: [UInt8(number >> 8), UInt8(number & 0xff)], credential: Self.bytes(64, &random), scope: [],
            clientNonce: Self.bytes(8, &random), controlURI: "coap://\(address)/ace-group/\(Building.groupName)/node",
            joinedAt: 1)
        guard let own = SenderID(recipientID), let manager = SenderID([1]) else { throw BenchmarkError.library }
        context = try SecurityContext(
            masterSecret: secret.span, masterSalt: salt.span, senderID: own, recipientID: manager,
            reservation: SequenceReservation(resumingAt: 0), replayWindow: ReplayWindow())
    }

    /// What it answers to new keys: that it has them.
    ///
    /// - Throws: ``BenchmarkError/notTold`` unless they are new keys.
    func confirm(_ datagram: [UInt8]) throws -> [UInt8] {
        let (header, offset) = try DatagramCodec.decode(datagram.span)
        let outer = try Message(code: header.code, body: datagram.span.extracting(droppingFirst: offset))
        let body = outer.body
        guard case .verified(let request) = context.verifyRequest(try ProtectedMessage(body.span)) else {
            throw BenchmarkError.notTold
        }
        let payload = request.message.payload
        _ = try RekeyingMessage(decoding: payload.span)
        var binding = request.binding
        let answer = try context.protectResponse(Message(code: .changed), to: &binding)
        var bytes: [UInt8] = []
        DatagramCodec.encode(
            DatagramHeader(
                type: .acknowledgement, code: answer.code, messageID: header.messageID, token: header.token),
            body: answer.body.span, into: &bytes)
        return bytes
    }

    private static func bytes(_ count: Int, _ random: inout SecureRandom) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
}
