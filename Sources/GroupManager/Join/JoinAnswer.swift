import ACEGroupcomm
import Bytes
import CryptoPrimitives

/// Makes the Join Response for one joiner (draft-ietf-ace-key-groupcomm-oscore §6.3).
struct JoinAnswer: Sendable {
    let state: ManagerState
    let group: GroupState
    let join: JoinRequest
    /// As it will be.
    let member: MemberRecord
    /// `nil` for a monitor.
    let publicKey: PublicKey?
    /// Seconds since 1970.
    let now: UInt64

    /// The payload. Holds the Master Secret.
    func encode(random: inout some RandomNumberGenerator) throws(JoinRefusal) -> [UInt8] {
        let proof: ManagerCredentialAnswer
        do {
            proof = try ManagerProof(state: state, group: group).prove(
                clientNonce: join.clientNonce, peer: publicKey, random: &random)
        } catch {
            throw .internalFault
        }
        let expiration = group.record.expiration
        var response = JoinResponse(
            key: group.keyMap(senderID: member.senderID), version: group.record.version, expiration: expiration,
            // GM-0108
            expiresIn: expiration > now ? expiration - now : 0,
            policies: group.configuration.policies,
            // GM-0092, GM-0119: only if they were asked for, and the joiner is no peer of its own.
            peers: join.getCreds.map { filter in
                group.peers(matching: filter, askedWith: Roles(rawValue: member.roles))
                    .filter { $0.name != member.name }
            },
            kdcCredential: proof.credential, kdcNonce: proof.nonce, kdcEvidence: proof.evidence,
            network: NetworkParameters(
                groupAddress: group.record.address, port: group.record.port, linkRate: group.record.linkRate,
                maximumGroupSize: group.record.maximumGroupSize,
                applicationGroups: group.configuration.applicationGroups, memberName: member.name))
        defer { response.key.wipe() }
        return response.encoded()
    }
}
