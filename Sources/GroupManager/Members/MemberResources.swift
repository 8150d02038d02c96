import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine

/// The resources under `/ace-group`. They take a request that was verified, of a client that has shown a token.
struct MemberResources: Sendable {
    let state: ManagerState
    let settings: ManagerSettings
    let requester: Requester
    let request: ResourceRequest<ManagedRequest>
    /// After how many seconds to ask again, if the client has asked too often for what is dear; `nil` if not.
    let tooEarlyBy: UInt32?
    /// The groups whose keys nobody has yet.
    let rekeyedGroups: Set<String>

    func decide(random: inout some RandomNumberGenerator) -> Decision {
        let path = request.options.uriPath
        do throws(MemberRefusal) {
            if path.count == 1 { return Decision(try groupNames()) }
            // GM-0156: the token first, whether there is such a group second.
            guard let roles = requester.roles(in: path[1]) else { throw .withoutRights(request) }
            guard let group = state.groups[path[1]] else { throw .groupGone }
            let place = MemberPlace(
                state: state, settings: settings, requester: requester, request: request, group: group, roles: roles,
                tooEarlyBy: tooEarlyBy, hasUnseenKeys: rekeyedGroups.contains(path[1]))
            return try place.decide(random: &random)
        } catch {
            return refused(error)
        }
    }

    private func refused(_ refusal: MemberRefusal) -> Decision {
        let path = request.options.uriPath
        let group = path.count > 1 ? state.groups[path[1]] : nil
        return Decision(
            refusal.answer,
            events: [
                .requestRefused(
                    node: requester.name(in: group), code: refusal.code.rawValue, error: refusal.error?.rawValue)
            ])
    }

    /// FETCH `/ace-group` (RFC 9594 §4.2.1): which groups have these Gids.
    private func groupNames() throws(MemberRefusal) -> ResourceResponse {
        // GM-0177
        if let tooEarlyBy { throw MemberRefusal(.tooManyRequests, retryAfter: tooEarlyBy) }
        guard request.options.contentFormat == .aceGroupcomm else { throw .contentFormat }
        guard let asked = try? GroupNamesRequest(decoding: request.payload.span) else { throw .malformed }
        // GM-0175: a former Gid is none.
        let found = asked.groupIDs.compactMap { groupID -> GroupNamesAnswer.Group? in
            state.groupNames[groupID].map { name in
                GroupNamesAnswer.Group(groupID: groupID, name: name, uri: "/ace-group/\(name)")
            }
        }
        // GM-0174
        return .groupcomm(
            .content, found.isEmpty ? NothingFound.payload : GroupNamesAnswer(groups: found).encoded())
    }
}
