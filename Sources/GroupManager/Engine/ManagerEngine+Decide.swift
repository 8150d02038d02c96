import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine

extension ManagerEngine {
    /// Who has sent a request; `nil` if it has no rights any more (GM-0026, GM-0155).
    func caller(of request: ResourceRequest<ManagedRequest>) -> Caller? {
        let state = endpoint.protection.state
        switch request.verified.association {
        case .invitation(let key):
            return state.invitations[key.clientSenderID].map { .invitation($0, key) }
        case .client(let recipientID):
            guard let record = endpoint.protection.client(recipientID), isAuthorized(record) || isEvicted(record) else {
                return nil
            }
            return .client(record)
        }
    }

    /// Whether the token of a client still counts.
    func isAuthorized(_ record: ClientRecord) -> Bool {
        let state = endpoint.protection.state
        guard hasToken(record) else { return false }
        guard record.client.issuer == ClientIdentity.embeddedIssuer else { return true }
        return state.invitation(of: record.client).map { !state.isVoid($0, of: record.client) } ?? false
    }

    /// Whether an operator has thrown a node out of the group of its invitation: it is told so, and gets nothing else.
    private func isEvicted(_ record: ClientRecord) -> Bool {
        let state = endpoint.protection.state
        guard hasToken(record), record.client.issuer == ClientIdentity.embeddedIssuer,
            let invitation = state.invitation(of: record.client)
        else { return false }
        return state.groups[invitation.groupName]?.evictions[record.client] != nil
    }

    private func hasToken(_ record: ClientRecord) -> Bool {
        endpoint.protection.now.seconds < record.expiry
            && endpoint.protection.state.revocations[record.tokenID] == nil
    }

    /// From a caller and a path to what serves it.
    ///
    /// - Parameter rekeyedGroups: Those whose keys nobody has yet.
    func decide(
        _ request: ResourceRequest<ManagedRequest>, of caller: Caller, isNotification: Bool,
        rekeyedGroups: Set<String>, at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> Decision {
        let path = request.options.uriPath
        switch caller {
        case .invitation(let invitation, let key):
            guard path == ["token"] else { return Decision(ResourceResponse(.unauthorized)) }
            return TokenIssuing(
                state: endpoint.protection.state, settings: settings, invitation: invitation, key: key,
                request: request, now: endpoint.protection.now.seconds
            ).decide(random: &random)
        case .client(let client):
            if let refusal = refusal(of: client, path) { return refusal }
            switch path.first {
            case "token": return issueToken(to: client.client, request, random: &random)
            case "authz-info":
                return TokenUpdateProcedure(acceptance: acceptance, client: client, request: request)
                    .decide(isFreshNonce: nonceCheck(at: now, random: &random))
            case ".well-known":
                return Decision(
                    Discovery(state: endpoint.protection.state, settings: settings).links(
                        for: (try? AuthorizationScope(decoding: client.scope.span)), asked: request.options))
            case "ace-group":
                let resources = MemberResources(
                    state: endpoint.protection.state, settings: settings,
                    requester: Requester(
                        client: client, address: request.path.source.address,
                        now: endpoint.protection.now.seconds),
                    request: request, tooEarlyBy: isNotification ? nil : budget(for: request, of: client, at: now),
                    rekeyedGroups: rekeyedGroups)
                return resources.decide(random: &random)
            default: return Decision(ResourceResponse(.notFound))
            }
        }
    }

    /// POST `/token` over the association that came of the last token: a member gets another one without its invitation, which a
    /// restore may have barred.
    private func issueToken(
        to client: ClientIdentity, _ request: ResourceRequest<ManagedRequest>, random: inout some RandomNumberGenerator
    ) -> Decision {
        let state = endpoint.protection.state
        guard client.issuer == ClientIdentity.embeddedIssuer, let invitation = state.invitation(of: client),
            state.groups[invitation.groupName]?.member(client) != nil
        else { return Decision(ResourceResponse(.notFound)) }
        return TokenIssuing(
            state: state, settings: settings, invitation: invitation, key: nil, request: request,
            now: endpoint.protection.now.seconds
        ).decide(random: &random)
    }

    /// What a client hears that was evicted; `nil` if it was not.
    private func refusal(of client: ClientRecord, _ path: [String]) -> Decision? {
        let state = endpoint.protection.state
        if path.first == "ace-group", path.count > 1, state.groups[path[1]]?.evictions[client.client] != nil {
            return Decision(.problem(.forbidden, .membershipTerminated))
        }
        guard client.client.issuer == ClientIdentity.embeddedIssuer,
            let invitation = state.invitation(of: client.client), state.isVoid(invitation, of: client.client)
        else { return nil }
        return Decision(ResourceResponse(.unauthorized))
    }

    /// What is dear is served now and then only: after how many seconds to ask again, if that was too often.
    private func budget(
        for request: ResourceRequest<ManagedRequest>, of client: ClientRecord, at now: MonotonicInstant
    ) -> UInt32? {
        let path = request.options.uriPath
        if path.count == 3, path[2] == "creds" { return rosterBudget.take(client.client, at: now) }
        // GM-0351: whoever has left again and again may come back, but not at once.
        if request.code == .post, path.count == 2, let wait = departureBudget.wait(for: client.client, at: now),
            endpoint.protection.state.groups[path[1]]?.member(client.client) == nil
        {
            return wait
        }
        // What costs an identifier, a signature or a secret, or tells names (GM-0177, GM-0237, GM-0351).
        let isProof = path.count == 3 && path[2] == "kdc-cred"
        return request.code == .get && !isProof ? nil : clientBudget.take(client.client, at: now)
    }

    /// POST `/authz-info`: not even an answer says whether a token is known, unless it counts.
    func uploadToken(
        _ request: ResourceRequest<UnprotectedRequest>, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator
    ) -> Decision {
        if request.options.uriPath.first == ".well-known" {
            return Decision(
                Discovery(state: endpoint.protection.state, settings: settings).links(
                    for: nil, asked: request.options))
        }
        counters.uploads += 1
        // GM-0045
        // Anybody can send under the address of somebody else, and so use up the rate of that. Whoever has shown that it is
        // there has a rate of its own; whoever has not is asked to when the other one is used up.
        if endpoint.isReachable(request.path.source, at: now) {
            if let wait = provenUploadBudget.take(request.path.source.address, at: now) {
                return refused(request, .tooOften, retryAfter: wait, at: now)
            }
        } else if uploadBudget.take(request.path.source.address, at: now) != nil {
            return refused(request, .unproven, retryAfter: nil, at: now)
        }
        do throws(UploadRefusal) {
            let security = endpoint.protection
            let outcome = try TokenUploadProcedure(acceptance: acceptance, request: request).upload(
                isFreshNonce: nonceCheck(at: now, random: &random),
                isTaken: {
                    // Also by whoever is being told that it was evicted, under the keys of this name.
                    security.state.clients[$0] != nil || security.candidates[$0] != nil || security.departed[$0] != nil
                },
                mayCome: { self.mayCome(again: $0, from: request.path.source, at: now) },
                ownerOfMaterial: {
                    security.state.owner(ofInputMaterial: $0) ?? security.candidates.client(withInputMaterial: $0)
                },
                random: &random)
            endpoint.protection.candidates.insert(outcome.record, outcome.association)
            return Decision(
                .ace(.created, outcome.answer.encoded()),
                events: [.tokenUploaded(client: outcome.record.client.text, from: request.path.source)])
        } catch {
            return refused(request, error, retryAfter: nil, at: now)
        }
    }

    // GM-0045
    /// Whether a token may be uploaded that somebody has uploaded and not used yet.
    ///
    /// Whoever recorded a token can send it from any address, and so past the rate of each. All such uploads together have a
    /// rate. Whoever comes beyond it has to show that it is at its address, and is then bound to the rate of that: so a flood
    /// denies nobody who knows Echo anything. Who does not is denied only while his own token is replayed; the first upload
    /// of a token is never counted.
    private func mayCome(
        again inputMaterialID: [UInt8], from address: SocketAddress, at now: MonotonicInstant
    ) -> Bool {
        endpoint.protection.candidates.client(withInputMaterial: inputMaterialID) == nil
            || endpoint.isReachable(address, at: now) || repeatedUploadBudget.take(.everybody, at: now) == nil
    }

    private func refused(
        _ request: ResourceRequest<UnprotectedRequest>, _ refusal: UploadRefusal, retryAfter: UInt32?,
        at now: MonotonicInstant
    ) -> Decision {
        counters.uploadsRefused += 1
        var answer =
            refusal == .unproven ? endpoint.challenge(for: request.path.source, at: now) : refusal.answer
        if let retryAfter { answer.options.maxAge = retryAfter }
        return Decision(answer, events: [.uploadRefused(from: request.path.source, reason: refusal)])
    }

    private var acceptance: TokenAcceptance {
        TokenAcceptance(
            state: endpoint.protection.state, settings: settings, now: endpoint.protection.now.seconds)
    }

    /// Whether a nonce in a token is fresh; `nil` where none is demanded.
    private func nonceCheck(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> (([UInt8]?) -> Bool)? {
        guard settings.demandsClientNonce else { return nil }
        // Turned over first, so that the check itself needs no randomness.
        _ = nonces.nonce(at: now, random: &random)
        let nonces = nonces
        return { nonces.contains($0) }
    }
}
