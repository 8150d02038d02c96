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

/// The right answer to each request.
extension ScriptedManager {
    func right(
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

    func byToken(_ kid: [UInt8]) -> Client? {
        endpoint.protection.owners[kid].flatMap { clients[$0] }
    }
}
