import ACEGroupcomm
import CoAP

/// GET and FETCH of `/ace-group/GROUPNAME/creds` (RFC 9594 §4.4).
struct CredentialsProcedure: Sendable {
    let state: ManagerState
    let caller: Caller
    let groupName: String
    let request: Message

    func decide() -> Decision {
        // GM-0180
        guard let member = state.member(of: caller.association), member.groupName == groupName,
            let group = state.groups[groupName]
        else { return refused(.problem(.forbidden, .membersOnly)) }
        let found: [Peer]
        if request.code == .get {
            found = state.peers(of: groupName)
        } else {
            // GM-0366
            guard request.options.contentFormat == .aceGroupcomm else {
                return refused(.problem(.unsupportedContentFormat, detail: "Content-Format 261 is needed"))
            }
            do {
                let filter = try CredentialsRequest(decoding: request.payload.span).filter
                found = state.peers(of: groupName, matching: filter, askedWith: Roles(rawValue: member.roles))
            } catch {
                return refused(.problem(.badRequest, detail: "\(error)"))
            }
        }
        let answer = CredentialsResponse(peers: found, version: group.record.version)
        return Decision(
            answer: .groupcomm(.content, answer.encoded()),
            events: [.rosterRead(group: groupName, node: member.name)])
    }

    private func refused(_ answer: Message) -> Decision {
        Decision(
            answer: answer,
            events: [.requestRefused(node: caller.invitation.nodeName, code: answer.code.rawValue)])
    }
}
