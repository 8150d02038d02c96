import ACEGroupcomm
import Bytes
import CBOR
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupManager
import OSCORE
import TestSupport
import Testing

/// One end of an OSCORE association with the manager: protects requests, opens the answers to them.
final class TestAssociation {
    let address: SocketAddress
    private let context: SecurityContext
    private let kidContext: [UInt8]?
    private let messageIDs: MessageIDs
    private var bindings: [Token: RequestBinding] = [:]
    private var numbers: [Token: NotificationNumber] = [:]
    /// The Partial IV of each request, by token; of all that went out.
    private(set) var partialIVs: [Token: [UInt8]] = [:]
    /// The token of the last request.
    private(set) var lastToken = Token(0)

    init(
        secret: [UInt8], salt: [UInt8] = [], idContext: [UInt8]? = nil, senderID: [UInt8], recipientID: [UInt8],
        address: SocketAddress, messageIDs: MessageIDs
    ) throws {
        self.address = address
        kidContext = idContext
        self.messageIDs = messageIDs
        var reservation = SequenceReservation(resumingAt: 0)
        reservation.extend(to: 1 << 20)
        context = try SecurityContext(
            masterSecret: secret.span, masterSalt: salt.span, idContext: idContext,
            senderID: try #require(SenderID(senderID)), recipientID: try #require(SenderID(recipientID)),
            reservation: reservation, replayWindow: ReplayWindow())
    }

    convenience init(
        secret: [UInt8], salt: [UInt8] = [], idContext: [UInt8]? = nil, senderID: [UInt8], recipientID: [UInt8],
        address: SocketAddress, firstMessageID: UInt16
    ) throws {
        try self.init(
            secret: secret, salt: salt, idContext: idContext, senderID: senderID, recipientID: recipientID,
            address: address, messageIDs: MessageIDs(latest: firstMessageID))
    }

    /// The datagram of a request, confirmable and protected.
    func protect(_ request: Message) throws -> [UInt8] {
        let (message, binding) = try context.protectRequest(request)
        let datagram = frame(message)
        bindings[lastToken] = binding
        partialIVs[lastToken] = try Self.partialIV(in: datagram)
        if binding.observe != nil { numbers[lastToken] = NotificationNumber() }
        return datagram
    }

    /// The datagram of a message as it is.
    func frame(_ message: Message) -> [UInt8] {
        messageIDs.latest &+= 1
        lastToken = Token(UInt64(messageIDs.latest))
        var datagram: [UInt8] = []
        DatagramCodec.encode(
            DatagramHeader(
                type: .confirmable, code: message.code, messageID: MessageID(rawValue: messageIDs.latest),
                token: lastToken), body: message.body.span, into: &datagram)
        return datagram
    }

    /// A request again, as a datagram of its own: what a repetition behind a lost exchange looks like.
    func reframe(_ datagram: [UInt8]) throws -> [UInt8] {
        let token = lastToken
        let again = frame(try Self.message(in: datagram))
        bindings[lastToken] = bindings[token]
        partialIVs[lastToken] = try Self.partialIV(in: datagram)
        return again
    }

    /// The Partial IV in the OSCORE option of a datagram; `nil` if it has none, or no such option.
    static func partialIV(in datagram: [UInt8]) throws -> [UInt8]? {
        guard let option = try message(in: datagram).options.oscore, let flags = option.first, flags & 7 > 0 else {
            return nil
        }
        return Array(option[1...Int(flags & 7)])
    }

    /// Takes the one answer out of what the manager sent, verified if it is protected.
    func open(_ datagrams: [OutgoingDatagram]) throws -> Message {
        try #require(datagrams.count == 1, "\(datagrams.map { Hex.encode($0.bytes) }) datagrams")
        return try open(datagrams[0].bytes)
    }

    /// Takes an answer out of a datagram, verified if it is protected.
    func open(_ datagram: [UInt8]) throws -> Message {
        let (header, _) = try DatagramCodec.decode(datagram.span)
        let outer = try Self.message(in: datagram)
        guard outer.options.oscore != nil else { return outer }
        let body = outer.body
        let message = try ProtectedMessage(body.span)
        let binding = try #require(bindings[header.token])
        guard binding.observe != nil else { return try context.verifyResponse(message, to: binding).get() }
        var number = numbers[header.token] ?? NotificationNumber()
        let outcome = context.verifyResponse(message, to: binding, number: &number)
        numbers[header.token] = number
        switch outcome {
        case .notification(let inner), .last(let inner): return inner
        case .old, .rejected: throw Stale()
        }
    }

    /// Takes those answers out of what the manager sent that are for this end.
    func openOwn(_ datagrams: [OutgoingDatagram]) throws -> [Message] {
        try datagrams.filter { bindings[try DatagramCodec.decode($0.bytes.span).0.token] != nil }
            .map { try open($0.bytes) }
    }

    struct Stale: Error {}

    /// Takes a request of the manager, as a server; `nil` if it has come before.
    func verify(_ datagram: [UInt8]) throws -> OSCORE.VerifiedRequest? {
        let body = try Self.message(in: datagram).body
        let message = try ProtectedMessage(body.span)
        switch context.verifyRequest(message) {
        case .verified(let request): return request
        case .replay: return nil
        default: throw Stale()
        }
    }

    /// The datagram that acknowledges a request of the manager and answers it.
    func answer(
        _ request: OSCORE.VerifiedRequest, in datagram: [UInt8], with response: Message
    ) throws -> [UInt8] {
        var binding = request.binding
        return try Self.acknowledge(datagram, with: context.protectResponse(response, to: &binding))
    }

    /// The datagram that acknowledges a request with a message as it is.
    static func acknowledge(_ datagram: [UInt8], with message: Message) throws -> [UInt8] {
        let (header, _) = try DatagramCodec.decode(datagram.span)
        var answer: [UInt8] = []
        DatagramCodec.encode(
            DatagramHeader(
                type: .acknowledgement, code: message.code, messageID: header.messageID, token: header.token),
            body: message.body.span, into: &answer)
        return answer
    }

    /// Takes the one answer out of what the manager sent, as it is.
    static func outer(_ datagrams: [OutgoingDatagram]) throws -> Message {
        try #require(datagrams.count == 1)
        return try message(in: datagrams[0].bytes)
    }

    static func message(in datagram: [UInt8]) throws -> Message {
        let (header, offset) = try DatagramCodec.decode(datagram.span)
        return try Message(code: header.code, body: datagram.span.extracting(droppingFirst: offset))
    }

    /// Sends a protected request and opens the answer.
    func ask(_ manager: TestManager, _ request: Message) throws -> Message {
        try open(manager.deliver(protect(request), from: address))
    }

    /// Sends a request without protection and answers what comes back.
    func askOpenly(_ manager: TestManager, _ request: Message) throws -> Message {
        try Self.outer(manager.deliver(frame(request), from: address))
    }
}

/// The Message IDs, and Tokens, of one address; none of them comes again soon.
final class MessageIDs {
    var latest: UInt16

    init(latest: UInt16) { self.latest = latest }
}

/// A client with a token: the least that can upload it and join.
class TestClient {
    let name: String
    let address: SocketAddress
    /// The private key.
    let seed: [UInt8]
    let kind: KeyKind
    let credential: AuthenticationCredential
    var random: SeededGenerator
    /// What the authorization server gave out.
    var token: [UInt8] = []
    var material: OSCOREInputMaterial?
    /// Behind an upload.
    var association: TestAssociation?
    /// N_S of the last upload.
    var kdcChallenge: [UInt8] = []
    /// The manager's public key where proofs are MACs.
    var managerKey: PublicKey?
    /// Without protection.
    let open: TestAssociation
    /// Of all its associations.
    let messageIDs: MessageIDs

    init(
        seed number: UInt64, name: String = "client", kind: KeyKind = .ed25519, secret: [UInt8]? = nil,
        address: SocketAddress = SocketAddress(.loopback, port: 40_000), messageIDs: MessageIDs? = nil
    ) throws {
        var random = SeededGenerator(seed: number)
        self.name = name
        self.address = address
        self.kind = kind
        let seed = secret ?? (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        self.seed = seed
        credential = try AuthenticationCredential.ccs(
            subject: name, publicKey: PrivateKey(kind, secret: seed.span).publicKey)
        let messageIDs = messageIDs ?? MessageIDs(latest: UInt16(truncatingIfNeeded: random.next()))
        self.messageIDs = messageIDs
        open = try TestAssociation(
            secret: [1], senderID: [1], recipientID: [2], address: address, messageIDs: messageIDs)
        self.random = random
    }

    /// Random bytes of this client.
    func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) } }

    /// POST /authz-info without protection.
    func uploadMessage(_ upload: TokenUpload, format: ContentFormat? = .ace) -> Message {
        var message = Message(code: .post, payload: upload.encoded())
        message.options.uriPath = ["authz-info"]
        message.options.contentFormat = format
        return message
    }

    /// Uploads the token and takes up the association that comes of it.
    @discardableResult
    func upload(_ manager: TestManager, recipientID: [UInt8] = [0x01]) throws -> TokenUploadAnswer {
        let nonce1 = bytes(8)
        let upload = TokenUpload(
            token: token, nonce1: nonce1, clientRecipientID: recipientID, asksForSignInfo: true,
            asksForECDHInfo: true, asksForDHCredentials: true)
        let answer = try open.askOpenly(manager, uploadMessage(upload))
        try #require(answer.code == .created, "\(answer.code)")
        let payload = answer.payload
        let told = try TokenUploadAnswer(decoding: payload.span)
        try takeUp(told, nonce1: nonce1, recipientID: recipientID)
        return told
    }

    func takeUp(_ told: TokenUploadAnswer, nonce1: [UInt8], recipientID: [UInt8]) throws {
        let material = try #require(material)
        kdcChallenge = told.kdcChallenge ?? []
        let salt = OSCOREInputMaterial.masterSalt(
            salt: material.salt, nonce1: nonce1.span, nonce2: told.nonce2.span)
        association = try TestAssociation(
            secret: material.masterSecret, salt: salt, idContext: material.contextID,
            senderID: told.serverRecipientID, recipientID: recipientID, address: address, messageIDs: messageIDs)
    }

    /// Sends a protected request and opens the answer.
    func ask(_ manager: TestManager, _ request: Message) throws -> Message {
        try #require(association).ask(manager, request)
    }

    /// The association that came of the last upload.
    func link() throws -> TestAssociation { try #require(association) }

    /// Asks for a path.
    func ask(
        _ manager: TestManager, _ code: Code, _ path: String, _ payload: [UInt8] = [],
        format: ContentFormat? = nil, change: (inout Options) -> Void = { _ in }
    ) throws -> Message {
        try ask(manager, Self.message(code, path, payload, format: format, change: change))
    }

    static func message(
        _ code: Code, _ path: String, _ payload: [UInt8] = [], format: ContentFormat? = nil,
        change: (inout Options) -> Void = { _ in }
    ) -> Message {
        var message = Message(code: code, payload: payload)
        message.options.uriPath = path.split(separator: "/").map(String.init)
        message.options.contentFormat = format
        change(&message.options)
        return message
    }

    /// The proof of possession over bytes of a scope.
    func evidence(scope: [UInt8], nonce: [UInt8]) throws -> [UInt8] {
        let challenge = kdcChallenge
        let input = ProofOfPossession.clientInput(
            scope: scope.span, kdcChallenge: challenge.span, clientNonce: nonce.span)
        guard kind != .x25519 else {
            let secret = seed
            let key = try PrivateKey(kind, secret: secret.span)
            let peer = try #require(managerKey)
            return try ProofOfPossession.mac(own: key, peer: peer, input: input.span)
        }
        return try Self.sign(input, with: seed)
    }

    /// A Join Request with a proof.
    func joinRequest(
        _ group: String, _ roles: Roles, getCreds: CredentialFilter? = .relevant, nonce: [UInt8] = Array(1...8),
        controlURI: String? = nil
    ) throws -> JoinRequest {
        let entry = ScopeEntry(groupName: group, roles: roles)
        guard roles != .monitor else {
            return JoinRequest(scopeEntry: entry, getCreds: getCreds, clientNonce: nonce, controlURI: controlURI)
        }
        return JoinRequest(
            scopeEntry: entry, getCreds: getCreds, clientCredential: credential.bytes, clientNonce: nonce,
            clientEvidence: try evidence(scope: entry.encoded(), nonce: nonce), controlURI: controlURI)
    }

    static func sign(_ input: [UInt8], with seed: [UInt8]) throws -> [UInt8] {
        let key = try Ed25519PrivateKey(seed: seed.span)
        return try [UInt8](capacity: 64) { output throws(CryptoError) in try key.sign(input.span, into: &output) }
    }

    /// The message that carries a payload to the group-membership resource.
    static func joinMessage(
        _ payload: [UInt8], path: [String], format: ContentFormat? = .aceGroupcomm
    ) -> Message {
        var message = Message(code: .post, payload: payload)
        message.options.uriPath = path
        message.options.contentFormat = format
        return message
    }

    /// Joins, and answers whatever the manager says.
    func join(_ manager: TestManager, group: String, roles: Roles, nonce: [UInt8] = Array(1...8)) throws -> Message {
        try ask(
            manager,
            Self.joinMessage(
                joinRequest(group, roles, nonce: nonce).encoded(), path: ["ace-group", group]))
    }
}

/// A node that was invited.
final class TestNode: TestClient {
    let invitation: Invitation
    let idContext: [UInt8]
    /// With the authorization server inside the manager.
    let server: TestAssociation

    init(_ invitation: Invitation, seed number: UInt64, address: SocketAddress = SocketAddress(.loopback, port: 40_000))
        throws
    {
        var random = SeededGenerator(seed: number ^ 0x5eed)
        self.invitation = invitation
        idContext = (0..<16).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        let messageIDs = MessageIDs(latest: UInt16(truncatingIfNeeded: random.next()))
        server = try TestAssociation(
            secret: invitation.masterSecret, idContext: idContext, senderID: invitation.clientSenderID,
            recipientID: invitation.managerSenderID, address: address, messageIDs: messageIDs)
        try super.init(seed: number, name: invitation.nodeName, address: address, messageIDs: messageIDs)
    }

    /// POST /token.
    static func tokenMessage(_ request: TokenRequest = TokenRequest(asksForProfile: true)) -> Message {
        message(.post, "token", request.encoded(), format: .ace)
    }

    /// Gets a token.
    @discardableResult
    func requestToken(_ manager: TestManager) throws -> TokenResponse {
        let answer = try server.ask(manager, Self.tokenMessage())
        try #require(answer.code == .created, "\(answer.code)")
        let payload = answer.payload
        let response = try TokenResponse(decoding: payload.span)
        token = response.accessToken
        guard case .inputMaterial(let material) = response.confirmation else { return response }
        self.material = material
        return response
    }

    /// Gets a token and uploads it, unless that is done.
    func enrol(_ manager: TestManager) throws {
        guard association == nil else { return }
        try requestToken(manager)
        try upload(manager)
    }

    override func ask(_ manager: TestManager, _ request: Message) throws -> Message {
        try enrol(manager)
        return try super.ask(manager, request)
    }

    /// A Join Request of this node.
    func joinRequest(
        _ manager: TestManager, roles: Roles? = nil, group: String? = nil, getCreds: CredentialFilter? = .relevant,
        nonce: [UInt8] = Array(1...8), controlURI: String? = nil
    ) throws -> JoinRequest {
        try enrol(manager)
        return try joinRequest(
            group ?? invitation.groupName, roles ?? invitation.roles, getCreds: getCreds, nonce: nonce,
            controlURI: controlURI)
    }

    func joinMessage(
        _ payload: [UInt8], path: [String]? = nil, format: ContentFormat? = .aceGroupcomm
    ) -> Message {
        Self.joinMessage(payload, path: path ?? ["ace-group", invitation.groupName], format: format)
    }

    /// Joins, and answers whatever the manager says.
    func join(_ manager: TestManager, _ request: JoinRequest? = nil) throws -> Message {
        try ask(manager, joinMessage((request ?? joinRequest(manager)).encoded()))
    }

    /// The datagram of a join, once it has a token.
    func joinDatagram(_ manager: TestManager) throws -> [UInt8] {
        let message = joinMessage(try joinRequest(manager).encoded())
        return try #require(association).protect(message)
    }
}
