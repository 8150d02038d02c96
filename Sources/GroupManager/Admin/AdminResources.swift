import ACEGroupcomm
import CoAP

/// The resources of the administrator: `/manage` and `/gosc`.
struct AdminResources {
    let state: ManagerState
    let settings: ManagerSettings
    let status: () -> ManagerStatus
    /// Whether the members of a group are being told of new keys.
    let isDistributing: (String) -> Bool
    /// Seconds since 1970.
    let now: UInt64

    func decide(_ request: AdminRequest, random: inout some RandomNumberGenerator) -> AdminDecision {
        let path = request.path
        switch (path.count, path.first, path.dropFirst().first, path.last) {
        case (1, "manage", _, _):
            return only(.get, request) { collection() }
        case (2, "manage", _, let name?):
            return only(.get, request) { configuration(of: name) }
        case (2, "gosc", "status", _):
            return only(.get, request) { AdminResponse(code: .content, payload: status().encoded()) }
        case (2, "gosc", "revocations", _):
            guard request.code == .post else { return methodNotAllowed(request) }
            return revokeToken(request.payload)
        case (3, "gosc", "audit", "checkpoints"):
            guard request.code == .post else { return methodNotAllowed(request) }
            // Without a write if the latest record is signed already.
            return AdminDecision(
                AdminResponse(code: .changed), writes: state.checkpoint(at: now).map { [$0] } ?? [])
        case (2, "gosc", "groups", _):
            guard request.code == .post else { return methodNotAllowed(request) }
            return createGroup(request.payload, random: &random)
        case (3, "gosc", "groups", let name?):
            return only(.get, request) { summary(of: name) }
        case (4, "gosc", "groups", "rekey"):
            guard request.code == .post else { return methodNotAllowed(request) }
            return rekey(path[2])
        case (4, "gosc", "groups", "members"):
            return only(.get, request) { members(of: path[2]) }
        case (4, "gosc", "groups", "invitations"):
            guard request.code == .post else { return methodNotAllowed(request) }
            return invite(to: path[2], request.payload, random: &random)
        case (4, "gosc", "groups", "evictions"):
            guard request.code == .post else { return methodNotAllowed(request) }
            return evictAll(request.payload, from: path[2])
        case (5, "gosc", "groups", let name?) where path[3] == "members":
            if request.code == .get { return AdminDecision(holders(of: name, in: path[2])) }
            guard request.code == .delete else { return methodNotAllowed(request) }
            return evict(name, from: path[2])
        case (5, "gosc", "groups", let name?) where path[3] == "evictions":
            guard request.code == .delete else { return methodNotAllowed(request) }
            return readmit(name, to: path[2])
        case (5, "gosc", "groups", let name?) where path[3] == "invitations":
            guard request.code == .delete else { return methodNotAllowed(request) }
            return revokeInvitation(of: name, to: path[2])
        default:
            return AdminDecision(.problem(.notFound, detail: "no such resource: /\(path.joined(separator: "/"))"))
        }
    }

    private func only(_ code: Code, _ request: AdminRequest, _ answer: () -> AdminResponse) -> AdminDecision {
        request.code == code ? AdminDecision(answer()) : methodNotAllowed(request)
    }

    private func methodNotAllowed(_ request: AdminRequest) -> AdminDecision {
        AdminDecision(
            .problem(.methodNotAllowed, detail: "not possible on /\(request.path.joined(separator: "/"))"))
    }

    private func collection() -> AdminResponse {
        AdminResponse(code: .content, payload: GroupCollection.encode(state.groups.keys.sorted()))
    }

    private func configuration(of name: String) -> AdminResponse {
        guard let group = state.groups[name] else { return unknownGroup(name) }
        // No secret is in it: GM-0456.
        var configuration = group.configuration
        configuration.expiration = group.record.expiration
        return AdminResponse(
            code: .content, payload: configuration.encodedRepresentation(joiningURI: settings.joiningURI(of: name)))
    }

    private func summary(of name: String) -> AdminResponse {
        guard let group = state.groups[name] else { return unknownGroup(name) }
        let record = group.record
        let summary = GroupSummary(
            name: name, address: record.address, port: record.port, linkRate: record.linkRate,
            maximumGroupSize: record.maximumGroupSize, resources: record.resources, groupID: record.groupID,
            version: record.version, memberCount: UInt64(group.members.count),
            active: group.configuration.active, applicationGroups: group.configuration.applicationGroups,
            rekeying: record.rekeyingPolicy,
            isRekeyingDue: record.dueRekeying != nil,
            confirmedCount: UInt64(group.members.count - group.behindCount), isDistributing: isDistributing(name))
        return AdminResponse(code: .content, payload: summary.encoded())
    }

    private func members(of name: String) -> AdminResponse {
        guard let group = state.groups[name] else { return unknownGroup(name) }
        var entries = group.members.values.map {
            MemberEntry(
                name: $0.name, senderID: $0.senderID, roles: Roles(rawValue: $0.roles), state: .joined,
                joinedAt: $0.joinedAt, expiry: nil, keyVersion: $0.keyVersion)
        }
        var known = Set(group.members.keys)
        // The latest invitation of a name says how it stands.
        let open = state.openInvitations.filter { $0.groupName == name }
        for invitation in open.sorted(by: { $0.expiry > $1.expiry }) where known.insert(invitation.nodeName).inserted {
            entries.append(
                MemberEntry(
                    name: invitation.nodeName, senderID: nil, roles: Roles(rawValue: invitation.roles),
                    state: now < invitation.expiry ? .invited : .expired, joinedAt: nil, expiry: invitation.expiry))
        }
        return AdminResponse(
            code: .content, payload: MemberEntry.encodeList(entries.sorted { $0.name < $1.name }))
    }

    func unknownGroup(_ name: String) -> AdminResponse {
        .problem(.notFound, detail: "there is no group named \(name)")
    }
}
