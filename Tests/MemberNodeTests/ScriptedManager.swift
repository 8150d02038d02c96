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
    var seed: [UInt8]
    var keyKind = KeyKind.ed25519
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
    /// What it tells with keys that are asked for.
    var overlap: UInt64? = 10
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
    var isPairwiseOnly: Bool { keyKind == .x25519 }
    var lifetime: UInt64 = 86_400
    /// N1 of each upload that was taken.
    var uploads: [[UInt8]] = []
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

    func drawSenderID() -> [UInt8] {
        defer { nextSenderID += 1 }
        return [nextSenderID]
    }

    func peers(besides own: Client) -> [ACEGroupcomm.Peer] {
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
