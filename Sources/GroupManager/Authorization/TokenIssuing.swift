import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives

#if GOSC_TEST_GUARDS
    import OSCORE
#endif

/// POST `/token` at the authorization server inside the manager (RFC 9200 §5.8, RFC 9203 §3.2): whoever holds an
/// invitation gets a token for what it grants, and so does who became a member by it.
struct TokenIssuing {
    let state: ManagerState
    let settings: ManagerSettings
    let invitation: InvitationRecord
    /// The association of the invitation; `nil` if a member asks over that of its last token.
    let key: AssociationKey?
    let request: ResourceRequest<ManagedRequest>
    /// Seconds since 1970.
    let now: UInt64

    func decide(random: inout some RandomNumberGenerator) -> Decision {
        do throws(TokenRefusal) {
            return try issue(random: &random)
        } catch {
            return Decision(
                error.answer,
                events: [
                    .tokenRefused(group: invitation.groupName, node: invitation.nodeName, reason: error)
                ])
        }
    }

    private func issue(random: inout some RandomNumberGenerator) throws(TokenRefusal) -> Decision {
        guard request.options.contentFormat == .ace else { throw .contentFormat }
        guard let asked = try? TokenRequest(decoding: request.payload.span) else { throw .malformed }
        guard asked.grantType == nil || asked.grantType == TokenRequest.clientCredentials else { throw .grantType }
        guard asked.audience == nil || asked.audience == settings.audience else { throw .audience }
        try checkInvitation()
        let scope = try scope(asked)
        guard let server = state.embeddedServer else { throw .internalFault }
        // GM-0024: others for each token, so that no two clients ever share them.
        let material = OSCOREInputMaterial(
            id: random.bytes(8), masterSecret: random.bytes(16), salt: random.bytes(8))
        let expiry = now + settings.tokenLifetime
        let claims = AccessTokenClaims(
            issuer: server.issuer, subject: subject,
            audience: settings.audience, expiration: expiry, issuedAt: now, tokenID: random.bytes(8),
            confirmation: .inputMaterial(material), scope: ScopeClaim(content: scope))
        guard let token = try? AccessToken.seal(claims, key: server.key, random: &random) else { throw .internalFault }
        // GM-0012, GM-0013
        let answer = TokenResponse(
            accessToken: token, expiresIn: settings.tokenLifetime, confirmation: .inputMaterial(material),
            scope: asked.scope == scope ? nil : scope, profile: asked.asksForProfile ? .coapOSCORE : nil)
        return Decision(
            .ace(.created, answer.encoded()),
            // From now on it belongs to this state directory, which may ask again should the answer be lost.
            writes: invitation.consumedBy == nil ? key.map { [.consumeInvitation($0)] } ?? [] : [],
            events: [.tokenIssued(group: invitation.groupName, node: invitation.nodeName, expiry: expiry)])
    }

    private var subject: String {
        let subject = ClientIdentity.subject(ofInvitation: invitation.clientSenderID)
        #if GOSC_TEST_GUARDS
            if let key, let user = invitation.consumedBy, user != key.idContext { return subject + "-again" }
        #endif
        return subject
    }

    private func checkInvitation() throws(TokenRefusal) {
        guard invitation.revokedAt == nil else { throw .revoked }
        #if GOSC_TEST_GUARDS
            if TestGuards.isOff(.invitation) { return }
        #endif
        if let key, let user = invitation.consumedBy, user != key.idContext { throw .used }
        let client = ClientIdentity(invitation: invitation.clientSenderID)
        // Members get new tokens as long as they are members, or are to join again.
        guard now < invitation.expiry || state.groups[invitation.groupName]?.isMemberOrElder(client) == true else {
            throw .expired
        }
    }

    /// What is granted: what was asked for, as far as the invitation goes.
    private func scope(_ asked: TokenRequest) throws(TokenRefusal) -> [UInt8] {
        let granted = Roles(rawValue: invitation.roles)
        guard let content = asked.scope else {
            return AuthorizationScope(entries: [
                .user(ScopeEntry(groupName: invitation.groupName, roles: granted))
            ]).encoded()
        }
        // GM-0010, GM-0017
        guard let scope = try? AuthorizationScope(decoding: content.span) else { throw .scope }
        guard let wanted = scope.roles(in: invitation.groupName) else { throw .scope }
        let both = wanted.intersection(granted)
        guard !both.isEmpty else { throw .scope }
        let entry = AuthorizationScope(entries: [.user(ScopeEntry(groupName: invitation.groupName, roles: both))])
        return entry == scope ? content : entry.encoded()
    }
}

/// Why the authorization server inside the manager gave no token.
public enum TokenRefusal: Error, Hashable, Sendable {
    case contentFormat
    case malformed
    case grantType
    case audience
    case scope
    /// Another state directory has used the invitation.
    case used
    case expired
    case revoked
    case internalFault
}

extension TokenRefusal {
    /// RFC 9200 §5.8.3: a code, and one clause for people.
    var answer: ResourceResponse {
        switch self {
        case .contentFormat: ResourceResponse(.unsupportedContentFormat)
        case .malformed: error(.invalidRequest, "the request is malformed")
        case .grantType: error(.unsupportedGrantType, "only client_credentials")
        case .audience: error(.invalidRequest, "no tokens for this audience")
        case .scope: error(.invalidScope, "the invitation does not grant this")
        case .used: error(.invalidGrant, "invitation already used")
        case .expired: error(.invalidGrant, "invitation expired")
        case .revoked: error(.invalidGrant, "invitation revoked")
        case .internalFault: ResourceResponse(.internalServerError)
        }
    }

    private func error(_ code: TokenErrorCode, _ description: String) -> ResourceResponse {
        .ace(.badRequest, TokenErrorResponse(error: code, description: description).encoded())
    }
}
