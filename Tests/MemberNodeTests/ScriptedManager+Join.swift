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

/// What whoever joins is told and has to prove.
extension ScriptedManager {
    /// What is told of the group.
    var parameters: GroupParameters {
        isPairwiseOnly
            ? GroupParameters(groupName: "lights", algorithm: -27, parameters: .x25519, credentialFormat: .ccs)
            : GroupParameters(groupName: "lights", algorithm: -8, parameters: .ed25519, credentialFormat: .ccs)
    }

    var dhCredential: GroupDHCredential? {
        guard isPairwiseOnly, tellsDHCredential else { return nil }
        return GroupDHCredential(groupNames: ["lights"], credentialFormat: .ccs, credential: credential.bytes)
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

    func join(_ payload: [UInt8], _ client: Client) -> ResourceResponse {
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

    func isProven(_ joiner: PublicKey, by evidence: [UInt8], over input: [UInt8]) -> Bool {
        guard isPairwiseOnly else { return joiner.isValidSignature(evidence.span, for: input.span) }
        let own = seed
        guard let key = try? PrivateKey(keyKind, secret: own.span) else { return false }
        return ProofOfPossession.isValidMAC(evidence.span, own: key, peer: joiner, input: input.span)
    }

    func evidence(_ client: Client, _ nonce: [UInt8]) -> [UInt8] {
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
}
