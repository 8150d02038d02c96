import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupManager
import OSCORE
import TestSupport
import Testing

/// A node's end of the association with a manager: the least that can join.
final class TestNode {
    let invitation: Invitation
    let idContext: [UInt8]
    let seed: [UInt8]
    let credential: AuthenticationCredential
    let address: SocketAddress
    private let context: SecurityContext
    private var nextMessageID: UInt16
    private var binding: RequestBinding?

    init(_ invitation: Invitation, seed number: UInt64, address: SocketAddress = SocketAddress(.loopback, port: 40_000))
        throws
    {
        var random = SeededGenerator(seed: number)
        self.invitation = invitation
        self.address = address
        idContext = (0..<16).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let seed = (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        self.seed = seed
        nextMessageID = UInt16(truncatingIfNeeded: random.next())
        credential = try AuthenticationCredential.ccs(
            subject: invitation.nodeName, publicKey: Ed25519PrivateKey(seed: seed.span).publicKey)
        var reservation = SequenceReservation(resumingAt: 0)
        reservation.extend(to: 1 << 20)
        let salt: [UInt8] = []
        context = try SecurityContext(
            masterSecret: invitation.masterSecret.span, masterSalt: salt.span, idContext: idContext,
            senderID: try #require(SenderID(invitation.clientSenderID)),
            recipientID: try #require(SenderID(invitation.managerSenderID)), reservation: reservation,
            replayWindow: ReplayWindow())
    }

    /// The datagram of a request, confirmable and protected.
    func protect(_ request: Message) throws -> [UInt8] {
        let (message, binding) = try context.protectRequest(request)
        self.binding = binding
        return frame(message)
    }

    /// The datagram of a message as it is.
    func frame(_ message: Message) -> [UInt8] {
        nextMessageID &+= 1
        var datagram: [UInt8] = []
        DatagramCodec.encode(
            DatagramHeader(
                type: .confirmable, code: message.code, messageID: MessageID(rawValue: nextMessageID),
                token: Token(UInt64(nextMessageID))), body: message.body.span, into: &datagram)
        return datagram
    }

    /// The last request again, as a datagram of its own: what a retransmission behind a lost association looks like.
    func reframe(_ datagram: [UInt8]) throws -> [UInt8] {
        frame(try Self.message(in: datagram))
    }

    /// Takes the one answer out of what the manager sent, verified if it is protected.
    func open(_ datagrams: [OutgoingDatagram]) throws -> Message {
        let outer = try Self.outer(datagrams)
        guard outer.options.oscore != nil else { return outer }
        let body = outer.body
        let message = try ProtectedMessage(body.span)
        return try context.verifyResponse(message, to: try #require(binding)).get()
    }

    /// Takes the one answer out of what the manager sent, as it is.
    static func outer(_ datagrams: [OutgoingDatagram]) throws -> Message {
        try #require(datagrams.count == 1)
        return try message(in: datagrams[0].bytes)
    }

    private static func message(in datagram: [UInt8]) throws -> Message {
        let (header, offset) = try DatagramCodec.decode(datagram.span)
        return try Message(code: header.code, body: datagram.span.extracting(droppingFirst: offset))
    }

    /// A Join Request of this node.
    func joinRequest(
        roles: Roles? = nil, group: String? = nil, getCreds: CredentialFilter? = .relevant,
        nonce: [UInt8] = Array(1...8),
        controlURI: String? = nil
    ) throws -> JoinRequest {
        let entry = ScopeEntry(groupName: group ?? invitation.groupName, roles: roles ?? invitation.roles)
        guard entry.roles != .monitor else {
            return JoinRequest(scopeEntry: entry, getCreds: getCreds, clientNonce: nonce, controlURI: controlURI)
        }
        let (secret, idContext) = (invitation.masterSecret, idContext)
        let challenge = try InvitationAssociation.kdcChallenge(masterSecret: secret.span, idContext: idContext.span)
        let input = ProofOfPossession.clientInput(
            scope: entry.encoded().span, kdcChallenge: challenge.span, clientNonce: nonce.span)
        return JoinRequest(
            scopeEntry: entry, getCreds: getCreds, clientCredential: credential.bytes, clientNonce: nonce,
            clientEvidence: try Self.sign(input, with: seed), controlURI: controlURI)
    }

    static func sign(_ input: [UInt8], with seed: [UInt8]) throws -> [UInt8] {
        let key = try Ed25519PrivateKey(seed: seed.span)
        return try [UInt8](capacity: 64) { output throws(CryptoError) in try key.sign(input.span, into: &output) }
    }

    /// The message that carries a payload to the group-membership resource.
    func joinMessage(_ payload: [UInt8], path: [String]? = nil, format: ContentFormat? = .aceGroupcomm) -> Message {
        var message = Message(code: .post, payload: payload)
        message.options.uriPath = path ?? ["ace-group", invitation.groupName]
        message.options.contentFormat = format
        return message
    }

    /// Sends a protected request and opens the answer.
    func ask(_ manager: TestManager, _ request: Message) throws -> Message {
        try open(manager.deliver(protect(request), from: address))
    }

    /// Joins, and answers whatever the manager says.
    func join(_ manager: TestManager, _ request: JoinRequest? = nil) throws -> Message {
        try ask(manager, joinMessage((request ?? joinRequest()).encoded()))
    }
}
