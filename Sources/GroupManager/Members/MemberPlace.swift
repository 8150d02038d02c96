import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine

/// One request to one group: which resource it is for, and whether this client may ask that of it
/// (draft-ietf-ace-key-groupcomm-oscore §8.5).
struct MemberPlace: Sendable {
    let state: ManagerState
    let settings: ManagerSettings
    let requester: Requester
    let request: ResourceRequest<ManagedRequest>
    let group: GroupState
    /// What the token grants in the group.
    let roles: Roles
    let tooEarlyBy: UInt32?
    /// Whether nobody has the keys of the group yet.
    let hasUnseenKeys: Bool

    /// The membership of the client; `nil` if it has not joined.
    var membership: MemberRecord? { group.member(requester.client.client) }

    func decide(random: inout some RandomNumberGenerator) throws(MemberRefusal) -> Decision {
        let path = request.options.uriPath
        switch (path.count, path.dropFirst(2).first) {
        case (2, _): return try membershipResource(random: &random)
        case (3, "creds"): return try credentials()
        case (3, "kdc-cred"): return try managerCredential(random: &random)
        case (3, "policies"): return Decision(try policies())
        case (3, "num"): return Decision(try version())
        case (3, "active"): return Decision(try active())
        case (3, "verif-data"): return Decision(try verificationData())
        case (3, "stale-sids"): return Decision(try staleSenderIDs())
        case (4, "nodes"): return try node(path[3])
        case (5, "nodes"): return try credential(of: path[3], random: &random)
        default: throw MemberRefusal(.notFound)
        }
    }

    private func membershipResource(random: inout some RandomNumberGenerator) throws(MemberRefusal) -> Decision {
        guard request.code == .post else {
            _ = try member()
            return Decision(keyDistribution(senderID: nil))
        }
        // GM-0302, GM-0303: nobody joins as verifier.
        guard roles.intersection(.member) != [] else { throw .notGranted }
        // GM-0351: whoever comes and goes costs as much as whoever stays and joins again, and whoever is refused all the time
        // has the manager read credentials and check proofs.
        if let tooEarlyBy { throw MemberRefusal(.tooManyRequests, retryAfter: tooEarlyBy) }
        return JoinProcedure(
            state: state, settings: settings, requester: requester, group: group, granted: roles, request: request,
            hasUnseenKeys: hasUnseenKeys
        ).decide(random: &random)
    }

    /// The caller, who has to be a member.
    func member() throws(MemberRefusal) -> MemberRecord {
        guard let membership else { throw .membersOnly }
        return membership
    }

    /// The caller, who has to be a member and ask of itself.
    func member(named nodeName: String) throws(MemberRefusal) -> MemberRecord {
        let member = try member()
        // GM-0202, GM-0206
        guard member.nodeName == nodeName else { throw .notGranted }
        return member
    }

    /// Whether the caller may check signatures from outside, and is not inside.
    var isVerifier: Bool { membership == nil && roles.contains(.verifier) }
}

extension Roles {
    /// Those with which a node can join.
    static let member: Roles = [.requester, .responder, .monitor]
}
