import ACEGroupcomm
import Bytes
import COSE
import CryptoPrimitives

/// Opens a token and checks what it claims (RFC 9200 §5.10.1.1), in an order that is fixed.
struct TokenAcceptance {
    let state: ManagerState
    let settings: ManagerSettings
    /// Seconds since 1970.
    let now: UInt64

    /// What a token says, once all of it holds.
    struct Accepted {
        let client: ClientIdentity
        let confirmation: Confirmation
        let tokenID: [UInt8]
        /// The content of the claim.
        let scope: [UInt8]
        let expiry: UInt64
    }

    /// - Parameter isFreshNonce: Whether a nonce in the token was given out lately; `nil` where none is demanded.
    func accept(
        _ token: [UInt8], isFreshNonce: (([UInt8]?) -> Bool)?
    ) throws(UploadRefusal) -> Accepted {
        let servers = (state.embeddedServer.map { [$0] } ?? []) + settings.authorizationServers
        let claims: AccessTokenClaims
        let server: AuthorizationServer
        do throws(AccessTokenError) {
            let opened = try AccessToken.open(token.span, keys: servers.map(\.key))
            claims = opened.claims
            server = servers[opened.keyIndex]
        } catch {
            switch error {
            case .malformed: throw .malformedToken
            case .notAuthentic, .notEncrypted: throw .notAuthentic
            }
        }
        // GM-0042: issuer, expiry, audience, scope; the first that fails decides.
        guard claims.issuer == nil || claims.issuer == server.issuer else { throw .foreignIssuer }
        // GM-0018
        guard let expiry = claims.expiration else { throw .incomplete }
        guard now < expiry, claims.notBefore.map({ $0 <= now }) ?? true else { throw .expired }
        guard claims.audiences.contains(settings.audience) else { throw .foreignAudience }
        // GM-0001, GM-0011, GM-0014
        guard let scope = claims.scope else { throw .incomplete }
        guard let content = scope.content, (try? scope.scope()) != nil else { throw .unknownScope }
        guard let confirmation = claims.confirmation else { throw .incomplete }
        // GM-0046
        if let isFreshNonce, !isFreshNonce(claims.clientNonce) { throw .staleNonce }
        let tokenID: [UInt8]
        do {
            tokenID = try claims.tokenID ?? AccessToken.name(of: token.span)
        } catch {
            throw .malformedToken
        }
        guard state.revocations[tokenID] == nil else { throw .revoked }
        let client = try client(of: claims, server: server, confirmation: confirmation)
        return Accepted(client: client, confirmation: confirmation, tokenID: tokenID, scope: content, expiry: expiry)
    }

    private func client(
        of claims: AccessTokenClaims, server: AuthorizationServer, confirmation: Confirmation
    ) throws(UploadRefusal) -> ClientIdentity {
        let id =
            switch confirmation {
            case .inputMaterial(let material): material.id
            case .keyID(let id): id
            }
        guard let client = ClientIdentity(issuer: server.issuer, subject: claims.subject, inputMaterialID: id) else {
            throw .malformedToken
        }
        if server.issuer == ClientIdentity.embeddedIssuer {
            // A token outlives the invitation that it came of, but not its revocation.
            guard let invitation = state.invitation(of: client), !state.isVoid(invitation, of: client) else {
                throw .revoked
            }
        }
        return client
    }
}

/// Why a token was not accepted.
public enum UploadRefusal: Error, Hashable, Sendable {
    /// Another Content-Format than 19.
    case contentFormat
    /// Not a message of the OSCORE profile.
    case malformed
    case malformedToken
    /// Made under no key that counts.
    case notAuthentic
    case foreignIssuer
    case expired
    case foreignAudience
    case unknownScope
    /// A claim is missing that has to be there.
    case incomplete
    /// Without a nonce that was given out lately.
    case staleNonce
    case revoked
    /// The token is bound to another key than the association.
    case otherKey
    /// Another client has OSCORE input material of the same name.
    case materialTaken
    /// Algorithms or identifiers that OSCORE does not have here.
    case unsupported
    case tooOften
    /// Too many uploads from an address that may be forged, or of known tokens from such addresses.
    case unproven
}

extension ManagerState {
    /// The invitation that a client of the authorization server inside the manager was given.
    func invitation(of client: ClientIdentity) -> InvitationRecord? {
        client.invitation.flatMap { invitations[$0] }
    }
}
