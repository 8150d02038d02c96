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

/// Tokens, and the associations that come of them.
extension ScriptedManager {
    func token(_ payload: [UInt8], _ client: Client) -> ResourceResponse {
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

    func upload(_ payload: [UInt8]) -> ResourceResponse {
        guard let request = try? TokenUpload(decoding: payload.span), let nonce1 = request.nonce1,
            let own = request.clientRecipientID, let client = clients[Array(request.token.prefix(7))],
            Array(request.token.dropFirst(7)) == client.salt
        else { return ResourceResponse(.unauthorized) }
        uploads.append(nonce1)
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
}
