import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CoAPEngine
import CoAPSecurity
import CryptoPrimitives
import GroupOSCORE
import MemberNode
import OSCORE
import TestSupport

/// The wire of a Group Manager and its authorization server, without their judgement: one group, invitations without end,
/// and any answer that a test puts in place of the right one.
final class ScriptedManager {
    /// A client and what it said last.
    final class Client {
        let invitation: Invitation
        var masterSecret: [UInt8] = []
        var salt: [UInt8] = []
        var challenge: [UInt8] = []
        var nodeName = ""
        var joins: [JoinRequest] = []
        /// The last of them as it came.
        var joinPayload: [UInt8] = []
        var senderID: [UInt8]?

        init(_ invitation: Invitation) {
            self.invitation = invitation
        }
    }

    let address = SocketAddress(IPv6Address(high: 0xfd00_0000_0000_0000, low: 1), port: 5683)
    var endpoint: Endpoint<ScriptedProtection>
    var random: SeededGenerator
    private(set) var clients: [[UInt8]: Client] = [:]
    /// Method and path of each request that came through.
    var requests: [String] = []
    /// What to answer instead, in order, by method and path.
    var instead: [String: [ResourceResponse]] = [:]
    /// Changes a right answer before it leaves.
    var alter: (_ request: String, inout ResourceResponse) -> Void = { _, _ in }

    var credential: AuthenticationCredential
    private var seed: [UInt8]
    private var keyKind = KeyKind.ed25519
    /// Whether uploads are told which algorithms and credentials the group has; else a refused join is.
    var tellsAtUpload = true
    /// Whether its credential is told where proofs are MACs.
    var tellsDHCredential = true
    var groupID: [UInt8] = [0xb1, 0, 0]
    var version: UInt64 = 0
    var masterSecret: [UInt8] = Array(1...16)
    var masterSalt: [UInt8] = Array(1...8)
    /// `exp` of the present keys.
    var expiration: UInt64 = 1_893_456_000
    /// Who has gone stale under which version.
    var stale: [UInt64: [[UInt8]]] = [:]
    /// Whether it can tell exactly and completely who has.
    var knowsStale = true
    /// Its own requests that are under way.
    var told: Set<OperationID> = []
    /// What members have answered to its requests, in order; `nil` where nothing genuine came.
    var answers: [Code?] = []
    var isActive = true
    var policies = GroupPolicies()
    var extraPeers: [ACEGroupcomm.Peer] = []
    private var isPairwiseOnly: Bool { keyKind == .x25519 }
    var lifetime: UInt64 = 86_400
    var nextSenderID: UInt8 = 1

    init(seed number: UInt64) throws {
        random = SeededGenerator(seed: number)
        let key = try Ed25519PrivateKey.generate(using: &random)
        seed = [UInt8](copying: key.seed)
        credential = AuthenticationCredential.ccs(subject: "manager", publicKey: key.publicKey)
        var open = ResourceTree<UnprotectedRequest>()
        open.register(path: ["authz-info"], Resource(methods: [.post: .driver]))
        var protected = ResourceTree<OSCORE.VerifiedRequest>()
        protected.register(path: ["token"], Resource(methods: [.post: .driver]))
        let group: [ResourceTree<OSCORE.VerifiedRequest>.Segment] = [.text("ace-group"), .parameter]
        protected.register(pattern: group, Resource(methods: [.post: .driver, .get: .driver]))
        for (name, methods) in [
            "creds": [Code.get, .fetch], "num": [.get], "active": [.get], "policies": [.get], "kdc-cred": [.get],
            "stale-sids": [.fetch],
        ] {
            protected.register(
                pattern: group + [.text(name)],
                Resource(methods: Dictionary(uniqueKeysWithValues: methods.map { ($0, .driver) })))
        }
        protected.register(
            pattern: group + [.text("nodes"), .parameter],
            Resource(methods: [.get: .driver, .post: .driver, .delete: .driver]))
        endpoint = Endpoint(
            protection: ScriptedProtection(), openServer: RequestServer(resources: open),
            protectedServer: RequestServer(resources: protected))
    }

    /// Another key pair.
    func renewCredential() throws {
        seed = random.bytes(32)
        let own = seed
        credential = try AuthenticationCredential.ccs(
            subject: "manager-2", publicKey: PrivateKey(keyKind, secret: own.span).publicKey)
    }

    /// The group has pairwise mode alone, and X25519 keys.
    func becomePairwiseOnly() throws {
        keyKind = .x25519
        try renewCredential()
    }

    /// What is told of the group.
    private var parameters: GroupParameters {
        isPairwiseOnly
            ? GroupParameters(groupName: "lights", algorithm: -27, parameters: .x25519, credentialFormat: .ccs)
            : GroupParameters(groupName: "lights", algorithm: -8, parameters: .ed25519, credentialFormat: .ccs)
    }

    private var dhCredential: GroupDHCredential? {
        guard isPairwiseOnly, tellsDHCredential else { return nil }
        return GroupDHCredential(groupNames: ["lights"], credentialFormat: .ccs, credential: credential.bytes)
    }

    func invite(_ name: String, roles: Roles) -> Invitation {
        let invitation = Invitation(
            managerAddress: address.description, masterSecret: random.bytes(16), clientSenderID: random.bytes(7),
            managerSenderID: [0], groupName: "lights", nodeName: name, roles: roles,
            managerCredentialHash: SHA256.hash(credential.bytes.span), expiry: 1_900_000_000)
        clients[invitation.clientSenderID] = Client(invitation)
        endpoint.protection.invitations[invitation.clientSenderID] = invitation
        return invitation
    }

    func receive(
        _ datagram: [UInt8], from path: DatagramPath, at now: MonotonicInstant
    ) -> [OutgoingDatagram] {
        var effects: [EndpointEffect] = []
        endpoint.receive(datagram.span, from: path, at: now, random: &random, effects: &effects)
        return carryOut(effects, at: now)
    }

    func handleTimers(at now: MonotonicInstant) -> [OutgoingDatagram] {
        var effects: [EndpointEffect] = []
        endpoint.handleTimers(at: now, random: &random, effects: &effects)
        return carryOut(effects, at: now)
    }

    func carryOut(_ effects: [EndpointEffect], at now: MonotonicInstant) -> [OutgoingDatagram] {
        var effects = effects
        for asked in endpoint.takeAsked() {
            let response =
                switch asked {
                case .open(_, let request, _): answer(request, nil)
                case .protected(_, let request, _): answer(request, request.peer)
                }
            endpoint.complete(asked.call, with: response, at: now, random: &random, effects: &effects)
        }
        note(effects)
        return effects.compactMap { if case .transmit(let datagram) = $0 { datagram } else { nil } }
    }

    private func answer(_ request: ResourceRequest<some RequestProperties>, _ peer: PeerIdentity?) -> ResourceResponse {
        let name = "\(Self.methods[request.code] ?? "?") /" + request.options.uriPath.joined(separator: "/")
        requests.append(name)
        // What the right answer would have done is done.
        var response = right(request, name, peer)
        if var planned = instead[name], !planned.isEmpty {
            response = planned.removeFirst()
            instead[name] = planned
        }
        alter(name, &response)
        return response
    }

    private func right(
        _ request: ResourceRequest<some RequestProperties>, _ name: String, _ peer: PeerIdentity?
    ) -> ResourceResponse {
        let payload = request.payload
        if name == "POST /authz-info" { return upload(payload) }
        guard case .association(let kid)? = peer, let client = clients[kid] ?? byToken(kid) else {
            return ResourceResponse(.unauthorized)
        }
        switch (request.code, request.options.uriPath.last) {
        case (.post, "token"): return token(payload, client)
        case (.post, "lights"): return join(payload, client)
        case (.get, "num"): return ResourceResponse(.content, .aceGroupcomm, VersionNumber.encode(version))
        case (.get, "active"): return ResourceResponse(.content, .cbor, ActiveStatus.encode(isActive))
        case (.get, "policies"):
            return ResourceResponse(.content, .aceGroupcomm, PoliciesAnswer(policies: policies).encoded())
        case (.get, "creds"), (.fetch, "creds"):
            return ResourceResponse(
                .content, .aceGroupcomm, CredentialsResponse(peers: peers(besides: client), version: version).encoded())
        case (.get, "kdc-cred"):
            let nonce = random.bytes(8)
            return ResourceResponse(
                .content, .aceGroupcomm,
                ManagerCredentialAnswer(
                    credential: credential.bytes, nonce: nonce,
                    evidence: evidence(client, nonce)
                ).encoded())
        case (.fetch, "stale-sids"): return staleSenderIDs(payload)
        case (.get, _): return keyDistribution(of: client)
        case (.post, _):
            if let former = client.senderID { stale[version, default: []].append(former) }
            client.senderID = drawSenderID()
            return ResourceResponse(
                .content, .aceGroupcomm, SenderIDAnswer(senderID: client.senderID ?? []).encoded())
        case (.delete, _):
            client.senderID = nil
            client.joins = []
            return ResourceResponse(.deleted)
        default: return ResourceResponse(.notFound)
        }
    }

    private func byToken(_ kid: [UInt8]) -> Client? {
        endpoint.protection.owners[kid].flatMap { clients[$0] }
    }

    private func token(_ payload: [UInt8], _ client: Client) -> ResourceResponse {
        guard let request = try? TokenRequest(decoding: payload.span), request.scope != nil else {
            return ResourceResponse(.badRequest)
        }
        client.masterSecret = random.bytes(16)
        client.salt = random.bytes(8)
        let material = OSCOREInputMaterial(
            id: client.invitation.clientSenderID, masterSecret: client.masterSecret, salt: client.salt)
        // A token is opaque to clients: here it is the name of the client.
        return ResourceResponse(
            .created, .ace,
            TokenResponse(
                accessToken: client.invitation.clientSenderID + client.salt, expiresIn: lifetime,
                confirmation: .inputMaterial(material), profile: .coapOSCORE
            ).encoded())
    }

    private func upload(_ payload: [UInt8]) -> ResourceResponse {
        guard let request = try? TokenUpload(decoding: payload.span), let nonce1 = request.nonce1,
            let own = request.clientRecipientID, let client = clients[Array(request.token.prefix(7))],
            Array(request.token.dropFirst(7)) == client.salt
        else { return ResourceResponse(.unauthorized) }
        let kid = random.bytes(3)
        let nonce2 = random.bytes(8)
        client.challenge = random.bytes(8)
        let salt = OSCOREInputMaterial.masterSalt(salt: client.salt, nonce1: nonce1.span, nonce2: nonce2.span)
        endpoint.protection.establish(
            kid, own: own, masterSecret: client.masterSecret, salt: salt, for: client.invitation.clientSenderID)
        let told = tellsAtUpload ? [parameters] : nil
        return ResourceResponse(
            .created, .ace,
            TokenUploadAnswer(
                nonce2: nonce2, serverRecipientID: kid, kdcChallenge: client.challenge,
                signInfo: isPairwiseOnly ? nil : told, ecdhInfo: isPairwiseOnly ? told : nil,
                dhCredentials: tellsAtUpload ? dhCredential.map { [$0] } : nil
            ).encoded())
    }

    /// The 4.00 that says what the group has.
    var information: ResourceResponse {
        ResourceResponse(
            .badRequest, .aceGroupcomm,
            JoinErrorInformation(
                signature: isPairwiseOnly ? nil : parameters, keyAgreement: isPairwiseOnly ? parameters : nil,
                dhCredential: dhCredential, kdcChallenge: nil
            ).encoded())
    }

    private func join(_ payload: [UInt8], _ client: Client) -> ResourceResponse {
        guard !payload.isEmpty else { return information }
        guard let request = try? JoinRequest(decoding: payload.span) else { return ResourceResponse(.badRequest) }
        let isMonitor = request.scopeEntry.roles == .monitor
        let isRepeated = client.senderID != nil && client.joins.last?.clientNonce == request.clientNonce
        client.joins.append(request)
        client.joinPayload = payload
        if !isMonitor {
            let input = ProofOfPossession.clientInput(
                scope: request.scope.span, kdcChallenge: client.challenge.span, clientNonce: request.clientNonce.span)
            let given = request.clientCredential ?? []
            let evidence = request.clientEvidence ?? []
            guard let credential = try? AuthenticationCredential(parsing: given.span, format: .ccs),
                isProven(credential.publicKey, by: evidence, over: input)
            else { return problem(.badRequest, .invalidEvidence) }
            if !isRepeated { client.senderID = drawSenderID() }
        }
        client.nodeName = "n-" + client.invitation.nodeName
        let nonce = random.bytes(8)
        var response = ResourceResponse(
            isRepeated ? .changed : .created, .aceGroupcomm,
            JoinResponse(
                key: keyMap(senderID: isMonitor ? nil : client.senderID),
                version: version, expiration: expiration, expiresIn: 86_400, policies: policies,
                peers: peers(besides: client), kdcCredential: credential.bytes, kdcNonce: nonce,
                kdcEvidence: evidence(client, nonce),
                network: NetworkParameters(
                    groupAddress: IPv6Address(high: 0xff35_0030_fd00_0000, low: 0x8000_0001), port: 5683,
                    linkRate: 125_000, maximumGroupSize: 16, applicationGroups: ["light"],
                    memberName: client.invitation.nodeName)
            ).encoded())
        response.options.locationPath = ["ace-group", "lights", "nodes", client.nodeName]
        return response
    }

    func keyMap(senderID: [UInt8]?) -> GroupKeyMap {
        GroupKeyMap(
            masterSecret: masterSecret, masterSalt: masterSalt, groupID: groupID, senderID: senderID,
            credentialFormat: .ccs, hkdf: .hkdfSHA256,
            groupMode: isPairwiseOnly ? nil : GroupConfiguration.defaultGroupMode,
            pairwiseMode: isPairwiseOnly ? GroupConfiguration.defaultPairwiseMode : nil)
    }

    func problem(_ code: Code, _ error: GroupcommErrorID) -> ResourceResponse {
        ResourceResponse(code, .problemDetails, ProblemDetails(error: error).encoded())
    }

    private func isProven(_ joiner: PublicKey, by evidence: [UInt8], over input: [UInt8]) -> Bool {
        guard isPairwiseOnly else { return joiner.isValidSignature(evidence.span, for: input.span) }
        let own = seed
        guard let key = try? PrivateKey(keyKind, secret: own.span) else { return false }
        return ProofOfPossession.isValidMAC(evidence.span, own: key, peer: joiner, input: input.span)
    }

    private func evidence(_ client: Client, _ nonce: [UInt8]) -> [UInt8] {
        let clientNonce = client.joins.last?.clientNonce ?? []
        let input = ProofOfPossession.managerInput(clientNonce: clientNonce.span, kdcNonce: nonce.span)
        let own = seed
        let given = client.joins.last?.clientCredential ?? []
        let evidence: [UInt8]?
        if isPairwiseOnly {
            evidence = try? ProofOfPossession.mac(
                own: PrivateKey(keyKind, secret: own.span),
                peer: AuthenticationCredential(parsing: given.span, format: .ccs).publicKey, input: input.span)
        } else {
            evidence = try? [UInt8](capacity: Ed25519PublicKey.signatureLength) { output throws(CryptoError) in
                try Ed25519PrivateKey(seed: own.span).sign(input.span, into: &output)
            }
        }
        return evidence ?? []
    }

    private func drawSenderID() -> [UInt8] {
        defer { nextSenderID += 1 }
        return [nextSenderID]
    }

    private func peers(besides own: Client) -> [ACEGroupcomm.Peer] {
        let members: [ACEGroupcomm.Peer] = clients.values.compactMap { client in
            guard client !== own, let senderID = client.senderID, let last = client.joins.last,
                let credential = last.clientCredential
            else { return nil }
            return ACEGroupcomm.Peer(
                credential: credential, roles: last.scopeEntry.roles, senderID: senderID,
                name: client.invitation.nodeName)
        }
        return members.sorted { $0.senderID[0] < $1.senderID[0] } + extraPeers
    }

    private static let methods: [Code: String] = [.get: "GET", .post: "POST", .fetch: "FETCH", .delete: "DELETE"]
}

/// OSCORE contexts of a server, found by kid.
struct ScriptedProtection: EndpointProtection {
    typealias Verified = OSCORE.VerifiedRequest

    struct RequestBinding {
        let context: SecurityContext
        let binding: OSCORE.RequestBinding
        let peer: PeerIdentity
    }

    struct ResponseBinding {
        let context: SecurityContext
        var binding: OSCORE.RequestBinding
    }

    var invitations: [[UInt8]: Invitation] = [:]
    /// Whose token a context comes from.
    var owners: [[UInt8]: [UInt8]] = [:]
    var contexts: [[UInt8]: SecurityContext] = [:]

    mutating func establish(_ kid: [UInt8], own: [UInt8], masterSecret: [UInt8], salt: [UInt8], for client: [UInt8]) {
        guard let senderID = SenderID(own), let recipientID = SenderID(kid), let window = try? ReplayWindow() else {
            return
        }
        contexts[kid] = try? SecurityContext(
            masterSecret: masterSecret.span, masterSalt: salt.span, senderID: senderID, recipientID: recipientID,
            reservation: .withoutRestart, replayWindow: window)
        owners[kid] = client
        latest[client] = kid
    }

    /// Forgets every client, as a manager without memory.
    mutating func forgetClients() {
        for kid in owners.keys { contexts[kid] = nil }
        owners = [:]
    }

    mutating func verifyRequest(
        _ request: IncomingRequest, at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> ProtectionVerdict<OSCORE.VerifiedRequest, ResponseBinding> {
        let body = request.body
        do {
            let message = try ProtectedMessage(body.span)
            guard let kidSpan = message.option.kid else { return .discarded }
            let kid = [UInt8](copying: kidSpan)
            var name = kid
            if let invitation = invitations[kid], let idContext = message.option.kidContext {
                // One context for each state directory.
                name += [UInt8](copying: idContext)
                if contexts[name] == nil, let senderID = SenderID(invitation.managerSenderID),
                    let recipientID = SenderID(kid)
                {
                    contexts[name] = try? SecurityContext(
                        masterSecret: invitation.masterSecret.span, masterSalt: [UInt8]().span,
                        idContext: [UInt8](copying: idContext), senderID: senderID, recipientID: recipientID,
                        reservation: .withoutRestart, replayWindow: ReplayWindow())
                }
            }
            guard let context = contexts[name] else { return .refused(Message(code: .unauthorized)) }
            guard case .verified(let verified) = context.verifyRequest(message) else {
                return .refused(Message(code: .unauthorized))
            }
            return .verified(
                verified, ResponseBinding(context: context, binding: verified.binding), .association(kid))
        } catch {
            return .unprotected
        }
    }

    mutating func protectResponse(_ response: Message, to binding: inout ResponseBinding) -> EncodedMessage? {
        (try? binding.context.protectResponse(response, to: &binding.binding)).map { EncodedMessage($0) }
    }

    /// The context that a client has made last.
    private(set) var latest: [[UInt8]: [UInt8]] = [:]

    mutating func protectRequest(
        _ request: Message, for peer: PeerIdentity, continuing open: RequestBinding?, at now: MonotonicInstant
    ) throws(ProtectionRefusal) -> (EncodedMessage, RequestBinding) {
        guard case .association(let kid) = peer, let context = contexts[kid],
            let (message, binding) = try? context.protectRequest(request)
        else { throw .unknownAssociation }
        return (EncodedMessage(message), RequestBinding(context: context, binding: binding, peer: peer))
    }

    mutating func verifyResponse(
        _ response: IncomingResponse, to binding: inout RequestBinding, at now: MonotonicInstant
    ) -> SecuredResponse? {
        let body = response.body
        guard let message = try? ProtectedMessage(body.span),
            case .success(let verified) = binding.context.verifyResponse(message, to: binding.binding)
        else { return nil }
        return SecuredResponse(message: verified, peer: binding.peer, security: .oscore)
    }
}
