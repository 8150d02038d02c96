import ACEGroupcomm
import Bytes
import CryptoPrimitives

/// Makes the Join Response for one joiner.
struct JoinAnswer: Sendable {
    let state: ManagerState
    let caller: Caller
    let group: ManagerState.Group
    let join: JoinRequest
    let senderID: [UInt8]?

    /// The payload. Holds the Master Secret.
    func encode(random: inout some RandomNumberGenerator) throws(JoinRefusal) -> [UInt8] {
        guard let identity = state.identity else { throw .internalFault }
        // GM-0072: fresh and 8 bytes.
        let kdcNonce = random.bytes(8)
        let expiration = group.record.expiration
        var response = JoinResponse(
            key: group.keyMap(senderID: senderID), version: group.record.version, expiration: expiration,
            // GM-0108
            expiresIn: expiration > caller.now ? expiration - caller.now : 0,
            policies: group.configuration.policies,
            // GM-0092, GM-0119: the roster only if it was asked for; the joiner is not in it yet.
            peers: join.getCreds.map {
                state.peers(of: group.record.name, matching: $0, askedWith: join.scopeEntry.roles)
            },
            kdcCredential: identity.credential, kdcNonce: kdcNonce,
            kdcEvidence: try evidence(of: identity, kdcNonce: kdcNonce),
            network: NetworkParameters(
                groupAddress: group.record.address, port: group.record.port, linkRate: group.record.linkRate,
                maximumGroupSize: group.record.maximumGroupSize,
                applicationGroups: group.configuration.applicationGroups, memberName: caller.invitation.nodeName))
        defer { response.key.wipe() }
        return response.encoded()
    }

    // GM-0144, GM-0145
    private func evidence(
        of identity: ManagerIdentityRecord, kdcNonce: [UInt8]
    ) throws(JoinRefusal) -> [UInt8] {
        let input = ProofOfPossession.managerInput(clientNonce: join.clientNonce.span, kdcNonce: kdcNonce.span)
        do {
            let key = try Ed25519PrivateKey(seed: identity.signingSeed.bytes)
            return try [UInt8](capacity: Ed25519PublicKey.signatureLength) { output throws(CryptoError) in
                try key.sign(input.span, into: &output)
            }
        } catch {
            throw .internalFault
        }
    }
}

extension ManagerState.Group {
    /// The key map for one member. Holds the Master Secret.
    func keyMap(senderID: [UInt8]?) -> GroupKeyMap {
        // GM-0109, GM-0111
        GroupKeyMap(
            masterSecret: [UInt8](copying: record.masterSecret.bytes), masterSalt: record.masterSalt,
            groupID: record.groupID,
            senderID: senderID, credentialFormat: configuration.credentialFormat, hkdf: configuration.hkdf,
            groupMode: configuration.groupMode, pairwiseMode: configuration.pairwiseMode)
    }
}
