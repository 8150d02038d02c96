import ACEGroupcomm
import CBOR
import CoAP
import ServiceShell

/// The administration of the manager that runs in a state directory.
struct AdminClient {
    let stateDirectory: String
    let wait: WaitOption

    /// The names of all groups.
    func groupNames() async throws -> [String] {
        let payload = try await request(.get, ["manage"])
        return try decode(payload) { payload throws(GroupcommError) in try GroupCollection.decode(payload.span) }
    }

    /// Where a group lives and how it is doing.
    func summary(of group: String) async throws -> GroupSummary {
        let payload = try await request(.get, ["gosc", "groups", group])
        return try decode(payload) { payload throws(GroupcommError) in try GroupSummary(decoding: payload.span) }
    }

    /// The configuration of a group, and the URI where nodes join it.
    func configuration(of group: String) async throws -> (GroupConfiguration, joiningURI: CoAPURI?) {
        let payload = try await request(.get, ["manage", group])
        let configuration = try decode(payload) { payload throws(GroupcommError) in
            try GroupConfiguration(decodingRepresentation: payload.span)
        }
        let uri = (try? CBORValue(decoding: payload.span))?.mapValue?[GroupcommLabel.joiningURI.rawValue]?.textString
        return (configuration, uri.flatMap { try? CoAPURI(parsing: $0) })
    }

    func create(_ group: CreateGroupRequest) async throws -> CreateGroupAnswer {
        let payload = try await request(.post, ["gosc", "groups"], group.encoded())
        return try decode(payload) { payload throws(GroupcommError) in try CreateGroupAnswer(decoding: payload.span) }
    }

    func members(of group: String) async throws -> [MemberEntry] {
        let payload = try await request(.get, ["gosc", "groups", group, "members"])
        return try decode(payload) { payload throws(GroupcommError) in try MemberEntry.decodeList(payload.span) }
    }

    /// Who has or had a name in a group.
    func holders(of name: String, in group: String) async throws -> [HolderEntry] {
        let payload = try await response(
            of: group, .get, ["gosc", "groups", group, "members", name], hint: "see 'gosc member list \(group)'"
        ).payload
        return try decode(payload) { payload throws(GroupcommError) in try HolderEntry.decodeList(payload.span) }
    }

    func invite(_ invitation: CreateInvitationRequest, to group: String) async throws -> CreateInvitationAnswer {
        let payload = try await request(.post, ["gosc", "groups", group, "invitations"], invitation.encoded())
        return try decode(payload) { payload throws(GroupcommError) in
            try CreateInvitationAnswer(decoding: payload.span)
        }
    }

    /// Takes an invitation back.
    func revokeInvitation(of node: String, to group: String) async throws -> RevokeInvitationAnswer {
        let payload = try await response(
            of: group, .delete, ["gosc", "groups", group, "invitations", node], hint: "see 'gosc member list \(group)'"
        ).payload
        return try decode(payload) { payload throws(GroupcommError) in
            try RevokeInvitationAnswer(decoding: payload.span)
        }
    }

    /// Gives a group new keys.
    func rekey(_ group: String) async throws {
        _ = try await request(.post, ["gosc", "groups", group, "rekey"])
    }

    /// Throws members out and keeps out who was one: all that are named, or nobody.
    func evict(_ names: [String], from group: String) async throws -> EvictAnswer {
        let payload = try await request(
            .post, ["gosc", "groups", group, "evictions"], EvictRequest(names: names).encoded())
        return try decode(payload) { payload throws(GroupcommError) in try EvictAnswer(decoding: payload.span) }
    }

    /// Lets somebody come back who was thrown out.
    func readmit(_ member: String, to group: String) async throws -> ReadmitAnswer {
        let payload = try await response(
            of: group, .delete, ["gosc", "groups", group, "evictions", member],
            hint: "see 'gosc audit list --group \(group)'"
        ).payload
        return try decode(payload) { payload throws(GroupcommError) in try ReadmitAnswer(decoding: payload.span) }
    }

    /// Has a token count no more.
    func revokeToken(_ tokenID: [UInt8]) async throws {
        _ = try await request(.post, ["gosc", "revocations"], RevokeTokenRequest(tokenID: tokenID).encoded())
    }

    /// Has the manager sign its audit record as far as it has come.
    func signAudit() async throws {
        _ = try await request(.post, ["gosc", "audit", "checkpoints"])
    }

    /// How the manager is.
    func status() async throws -> ManagerStatus {
        let payload = try await request(.get, ["gosc", "status"])
        return try decode(payload) { payload throws(GroupcommError) in try ManagerStatus(decoding: payload.span) }
    }

    private func request(_ code: Code, _ path: [String], _ payload: [UInt8] = []) async throws -> [UInt8] {
        try await response(code, path, payload).payload
    }

    private func response(_ code: Code, _ path: [String], _ payload: [UInt8] = []) async throws -> AdminResponse {
        let response = try await response(to: AdminRequest(code: code, path: path, payload: payload))
        guard response.code.isSuccess else { throw Self.failure(response) }
        return response
    }

    /// The same for something in a group.
    ///
    /// - Parameter hint: For when the group is there, but that is not.
    private func response(
        of group: String, _ code: Code, _ path: [String], hint: String
    ) async throws -> AdminResponse {
        let response = try await response(to: AdminRequest(code: code, path: path))
        guard !response.code.isSuccess else { return response }
        let failure = Self.failure(response)
        guard response.code == .notFound, try await groupNames().contains(group) else { throw failure }
        throw CommandFailure(failure.exitCode, failure.message, hint: hint)
    }

    private func response(to request: AdminRequest) async throws -> AdminResponse {
        try await wait.untilReachable { () throws(ServiceError) in
            try ManagerRemote.request(request, stateDirectory: stateDirectory)
        }
    }

    private func decode<Value>(
        _ payload: [UInt8], _ body: ([UInt8]) throws(GroupcommError) -> Value
    ) throws(CommandFailure) -> Value {
        do throws(GroupcommError) {
            return try body(payload)
        } catch {
            throw CommandFailure(
                .internalFault, "the answer of the manager in \(stateDirectory) cannot be read (\(error))",
                hint: "check that both are of one version: gosc version")
        }
    }

    /// What a refusal means for the operator.
    static func failure(_ response: AdminResponse) -> CommandFailure {
        let problem = try? ProblemDetails(decoding: response.payload.span)
        let detail = problem?.detail ?? problem?.title ?? "the manager answered \(response.code)"
        return switch response.code {
        case .badRequest: CommandFailure(.badInput, detail)
        case .unauthorized, .forbidden: CommandFailure(.notAuthorised, detail)
        case .notFound: CommandFailure(.refused, detail, hint: "see 'gosc group list'")
        case .serviceUnavailable where problem?.error == nil:
            CommandFailure(.tryAgain, detail, hint: "try again in a moment")
        case .internalServerError: CommandFailure(.storage, detail, hint: "see the log of the manager")
        default: CommandFailure(.refused, detail)
        }
    }
}
