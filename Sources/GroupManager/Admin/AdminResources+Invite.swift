import ACEGroupcomm
import Bytes
import CoAP
import CryptoPrimitives

extension AdminResources {
    /// POST `/gosc/groups/NAME/invitations`.
    func invite(
        to groupName: String, _ payload: [UInt8], random: inout some RandomNumberGenerator
    ) -> AdminDecision {
        guard let group = state.groups[groupName], let key = state.key(in: group) else {
            return AdminDecision(unknownGroup(groupName))
        }
        let request: CreateInvitationRequest
        do {
            request = try CreateInvitationRequest(decoding: payload.span)
        } catch {
            return AdminDecision(.problem(.badRequest, detail: "the invitation cannot be made: \(error)"))
        }
        // GM-0147: nobody could join with it.
        guard request.roles != .monitor || group.configuration.groupMode != nil else {
            return AdminDecision(
                .problem(
                    .conflict, detail: "\(groupName) has pairwise mode alone, in which there is nothing to monitor"))
        }
        let name = request.nodeName
        guard group.members[name] == nil else {
            return AdminDecision(
                .problem(
                    .conflict, detail: "\(name) is a member of \(groupName) already; invite the node under another name"
                ))
        }
        guard !state.openInvitations(to: groupName, for: name).contains(where: { now < $0.expiry }) else {
            return AdminDecision(
                .problem(
                    .conflict,
                    detail:
                        "\(name) has an open invitation to \(groupName); revoke it with 'gosc member revoke', or wait until it ends"
                ))
        }
        let record = InvitationRecord(
            clientSenderID: unusedClientSenderID(random: &random), managerSenderID: Self.managerSenderID,
            masterSecret: SecretField(random.secretBytes(Invitation.masterSecretCount)), groupName: groupName,
            nodeName: name, roles: request.roles.rawValue, createdAt: now, expiry: now + request.lifetime,
            consumedBy: nil)
        let invitation = Invitation(
            managerAddress: request.managerAddress, masterSecret: [UInt8](copying: record.masterSecret.bytes),
            clientSenderID: record.clientSenderID, managerSenderID: record.managerSenderID, groupName: groupName,
            nodeName: name, roles: request.roles, managerCredentialHash: SHA256.hash(key.credential.span),
            expiry: record.expiry)
        let answer = CreateInvitationAnswer(invitation: invitation.text, expiry: record.expiry)
        return AdminDecision(
            AdminResponse(code: .created, payload: answer.encoded()), writes: [.insertInvitation(record)],
            events: [.invited(group: groupName, node: name, roles: request.roles, expiry: record.expiry)])
    }

    private func unusedClientSenderID(random: inout some RandomNumberGenerator) -> [UInt8] {
        var candidate = random.bytes(Invitation.clientSenderIDCount)
        while state.invitations[candidate] != nil { candidate = random.bytes(Invitation.clientSenderIDCount) }
        return candidate
    }

    /// One byte, so that it never equals a node's seven.
    private static let managerSenderID: [UInt8] = [0x00]
}
