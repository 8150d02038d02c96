import ACEGroupcomm
import Bytes
import CBOR
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupOSCORE
import OSCORE

extension ScriptedManager {
    /// Gives the group new keys; nobody is told yet.
    ///
    /// - Parameter evicted: The names of the clients that are no members any more.
    func rekey(evicting evicted: [String] = []) {
        for client in clients.values where evicted.contains(client.invitation.nodeName) {
            if let senderID = client.senderID { stale[version, default: []].append(senderID) }
            client.senderID = nil
            client.joins = []
        }
        version += 1
        groupID = [0xb1, 0, UInt8(version)]
        masterSecret = random.bytes(16)
        masterSalt = random.bytes(8)
    }

    /// What it tells members of the present keys.
    func rekeyingMessage(overlap: UInt64? = 10, newcomers: [ACEGroupcomm.Peer]? = nil) -> RekeyingMessage {
        RekeyingMessage(
            masterSecret: masterSecret, masterSalt: masterSalt, groupID: groupID, version: version,
            expiration: expiration, expiresIn: 86_400, staleSenderIDs: stale[version - 1] ?? [], newcomers: newcomers,
            overlap: overlap)
    }

    /// The client of this name.
    func client(_ name: String) -> Client? {
        clients.values.first { $0.invitation.nodeName == name }
    }

    /// A request to the control resource of a member, over the association that it has made last.
    func ask(
        _ name: String, at address: SocketAddress, _ message: Message, now: MonotonicInstant
    ) -> [OutgoingDatagram] {
        guard let client = client(name), let kid = endpoint.protection.latest[client.invitation.clientSenderID] else {
            return []
        }
        var effects: [EndpointEffect] = []
        let request = ClientRequest(message, to: address, peer: .association(kid))
        if let id = try? endpoint.start(request, at: now, random: &random, effects: &effects) { told.insert(id) }
        return carryOut(effects, at: now)
    }

    /// Notes what members answer.
    func note(_ effects: [EndpointEffect]) {
        for effect in effects {
            switch effect {
            case .response(let id, let response) where told.remove(id) != nil: answers.append(response.message.code)
            case .ended(let id, _) where told.remove(id) != nil: answers.append(nil)
            default: continue
            }
        }
    }

    func keyDistribution(of client: Client) -> ResourceResponse {
        let isMonitor = client.joins.last?.scopeEntry.roles == .monitor
        return ResourceResponse(
            .content, .aceGroupcomm,
            KeyDistribution(
                key: keyMap(senderID: isMonitor ? nil : client.senderID), version: version, expiration: expiration,
                expiresIn: 86_400, overlap: overlap
            ).encoded())
    }

    func staleSenderIDs(_ payload: [UInt8]) -> ResourceResponse {
        guard let known = try? StaleSenderIDs.decodeRequest(payload.span), known < version else {
            return ResourceResponse(.badRequest)
        }
        guard knowsStale else { return ResourceResponse(.content) }
        let union = (known...version).flatMap { stale[$0] ?? [] }
        return ResourceResponse(.content, .cbor, StaleSenderIDs.encodeAnswer(union))
    }

    /// The path of a member's control resource.
    static let controlPath = ["ace-group", "lights", "node"]

    /// POST of new keys, or of anything that pretends to be.
    static func post(
        _ payload: [UInt8], _ format: ContentFormat? = .aceGroupcomm, path: [String] = controlPath
    ) -> Message {
        var options = Options()
        options.uriPath = path
        options.contentFormat = format
        return Message(code: .post, options: options, payload: payload)
    }

    static var delete: Message {
        var options = Options()
        options.uriPath = controlPath
        return Message(code: .delete, options: options)
    }
}
