import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives

extension MemberPlace {
    /// `…/nodes/NODENAME`: the member's own.
    func node(_ nodeName: String) throws(MemberRefusal) -> Decision {
        let member = try member(named: nodeName)
        switch request.code {
        case .delete: return leave(member)
        case .post: return try renew(member)
        default: return Decision(keyDistribution(senderID: member.senderID))
        }
    }

    /// DELETE: leaves the group (draft-ietf-ace-key-groupcomm-oscore §9.11, §10).
    private func leave(_ member: MemberRecord) -> Decision {
        var decision = Decision(
            // GM-0212
            ResourceResponse(.deleted), writes: group.departure(of: member, at: requester.now, evicts: false),
            events: [.left(group: group.record.name, node: member.name)])
        decision.departed = member.client
        // GM-0165
        decision.endedObservations = [
            EndedObservations(
                peer: request.peer, path: ["ace-group", group.record.name],
                answer: .problem(.notFound, .membershipTerminated))
        ]
        return decision
    }

    /// POST: a new Sender ID (§9.2). Never a rekeying (GM-0237).
    private func renew(_ member: MemberRecord) throws(MemberRefusal) -> Decision {
        guard request.payload.isEmpty else { throw .malformed }
        // GM-0230
        guard group.configuration.active else { throw .inactive }
        // GM-0231
        guard let former = member.senderID else { throw .wrongRoles }
        if let tooEarlyBy { throw MemberRefusal(.tooManyRequests, retryAfter: tooEarlyBy) }
        // GM-0232, GM-0233
        let senderID: [UInt8]
        do throws(JoinRefusal) {
            senderID = try group.unusedSenderID(for: member.client, settings: settings, now: requester.now)
        } catch .noSenderID {
            return Decision(
                JoinRefusal.noSenderID.memberRefusal.answer, writes: group.makingRoom(at: requester.now),
                events: [
                    .requestRefused(
                        node: member.name, code: Code.serviceUnavailable.rawValue,
                        error: GroupcommErrorID.noIndividualKeyingMaterial.rawValue)
                ])
        } catch {
            throw error.memberRefusal
        }
        var renewed = member
        renewed.senderID = senderID
        return Decision(
            .groupcomm(.content, SenderIDAnswer(senderID: senderID).encoded()),
            // GM-0234
            writes: [
                group.assignment(of: senderID, to: member.client, at: requester.now), .replaceMember(renewed),
            ] + stale(former),
            events: [.senderIDRenewed(group: group.record.name, node: member.name, senderID: senderID)])
    }

    /// POST `…/nodes/NODENAME/cred`: another credential (§9.4).
    func credential(
        of nodeName: String, random: inout some RandomNumberGenerator
    ) throws(MemberRefusal) -> Decision {
        guard request.options.uriPath[4] == "cred" else { throw MemberRefusal(.notFound) }
        let member = try member(named: nodeName)
        // GM-0197
        guard group.configuration.active else { throw .inactive }
        // GM-0198, GM-0203
        guard member.senderID != nil else { throw .wrongRoles }
        if let tooEarlyBy { throw MemberRefusal(.tooManyRequests, retryAfter: tooEarlyBy) }
        guard request.options.contentFormat == .aceGroupcomm else { throw .contentFormat }
        // GM-0194
        let update: CredentialUpdate
        do throws(GroupcommError) {
            update = try CredentialUpdate(decoding: request.payload.span)
        } catch {
            // GM-0196: an empty proof is well formed, and never one.
            throw error == .invalid(GroupcommLabel.clientCredVerify.rawValue)
                ? JoinRefusal.evidenceInvalid.memberRefusal : .malformed
        }
        // GM-0199
        guard !requester.client.kdcChallenge.isEmpty else { return challenge(member, random: &random) }
        let check = CredentialCheck(
            state: state, settings: settings, group: group, kdcChallenge: requester.client.kdcChallenge,
            now: requester.now)
        let provided: ProvidedCredential
        do throws(JoinRefusal) {
            // GM-0195: over the scope of the last join.
            provided = try check.check(
                update.credential, evidence: update.evidence, scope: member.scope, clientNonce: update.clientNonce)
        } catch {
            throw error.memberRefusal
        }
        var updated = member
        // GM-0073: N_C of the latest join stays what the manager proves its own key over.
        updated.credential = provided.distributed
        return Decision(
            // GM-0194, GM-0201
            ResourceResponse(.changed), writes: [.replaceMember(updated)],
            events: [.credentialChanged(group: group.record.name, node: member.name)])
    }

    /// No nonce was given out for the proof: here is one.
    private func challenge(_ member: MemberRecord, random: inout some RandomNumberGenerator) -> Decision {
        let challenge = random.bytes(8)
        return Decision(
            group.information(challenge: challenge),
            writes: [.challengeClient(recipientID: requester.client.recipientID, kdcChallenge: challenge)],
            events: [
                .requestRefused(node: member.name, code: Code.badRequest.rawValue, error: nil)
            ])
    }

    /// What a Sender ID that is given up leaves behind.
    private func stale(_ senderID: [UInt8]) -> [ManagerWrite] { [group.staleness(of: senderID)] }
}

extension GroupState {
    /// Hands out a Sender ID under the present Gid.
    ///
    /// - Parameter now: In seconds since 1970.
    func assignment(of senderID: [UInt8], to client: ClientIdentity, at now: UInt64) -> ManagerWrite {
        .assignSenderID(
            AssignedSenderIDRecord(
                groupName: record.name, groupID: record.groupID, senderID: senderID, client: client, assignedAt: now))
    }

    /// Puts a Sender ID into the set of the present version.
    func staleness(of senderID: [UInt8]) -> ManagerWrite {
        .addStaleSenderID(
            StaleSenderIDRecord(groupName: record.name, version: record.version, senderID: senderID))
    }

    /// The Sender IDs that have gone stale since a version; `nil` if not all of them are known any more.
    ///
    /// - Parameter known: Lower than the present version.
    func staleSenderIDs(since known: UInt64) -> [[UInt8]]? {
        // GM-0253, GM-0254: the set of the version that is known counts, too.
        let count = min(configuration.maximumStaleSets, Self.mostStaleSets, record.version + 1)
        guard record.version - known + 1 <= count else { return nil }
        let union = (known...record.version).reduce(into: Set<[UInt8]>()) {
            $0.formUnion(staleSenderIDs[$1] ?? [])
        }
        return union.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Less than the versions that a restore passes over: who comes from before it cannot be told who is stale.
    private static let mostStaleSets: UInt64 = 1 << 15
}
