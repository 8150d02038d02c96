import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import CoAPSecurity
import MemberNode
import OSCORE

/// OSCORE contexts of a server, found by kid.
struct ScriptedProtection: EndpointProtection {
    typealias Verified = OSCORE.VerifiedRequest

    struct RequestBinding {
        let context: SecurityContext
        let binding: OSCORE.RequestBinding
        let peer: PeerIdentity
    }

    struct ResponseBinding {
        let context: SecurityContext
        var binding: OSCORE.RequestBinding
    }

    var invitations: [[UInt8]: Invitation] = [:]
    /// Whose token a context comes from.
    var owners: [[UInt8]: [UInt8]] = [:]
    var contexts: [[UInt8]: SecurityContext] = [:]

    mutating func establish(_ kid: [UInt8], own: [UInt8], masterSecret: [UInt8], salt: [UInt8], for client: [UInt8]) {
        guard let senderID = SenderID(own), let recipientID = SenderID(kid), let window = try? ReplayWindow() else {
            return
        }
        contexts[kid] = try? SecurityContext(
            masterSecret: masterSecret.span, masterSalt: salt.span, senderID: senderID, recipientID: recipientID,
            reservation: .withoutRestart, replayWindow: window)
        owners[kid] = client
        latest[client] = kid
    }

    /// Forgets every client, as a manager without memory.
    mutating func forgetClients() {
        for kid in owners.keys { contexts[kid] = nil }
        owners = [:]
    }

    /// Knows no invitation of before any more, as a manager that was restored.
    mutating func barInvitations() {
        invitations = [:]
        contexts = contexts.filter { owners[$0.key] != nil }
    }

    mutating func verifyRequest(
        _ request: IncomingRequest, at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> ProtectionVerdict<OSCORE.VerifiedRequest, ResponseBinding> {
        let body = request.body
        do {
            let message = try ProtectedMessage(body.span)
            guard let kidSpan = message.option.kid else { return .discarded }
            let kid = [UInt8](copying: kidSpan)
            var name = kid
            if let invitation = invitations[kid], let idContext = message.option.kidContext {
                // One context for each state directory.
                name += [UInt8](copying: idContext)
                if contexts[name] == nil, let senderID = SenderID(invitation.managerSenderID),
                    let recipientID = SenderID(kid)
                {
                    contexts[name] = try? SecurityContext(
                        masterSecret: invitation.masterSecret.span, masterSalt: [UInt8]().span,
                        idContext: [UInt8](copying: idContext), senderID: senderID, recipientID: recipientID,
                        reservation: .withoutRestart, replayWindow: ReplayWindow())
                }
            }
            guard let context = contexts[name] else { return .refused(Message(code: .unauthorized)) }
            guard case .verified(let verified) = context.verifyRequest(message) else {
                return .refused(Message(code: .unauthorized))
            }
            return .verified(
                verified, ResponseBinding(context: context, binding: verified.binding), .association(kid))
        } catch {
            return .unprotected
        }
    }

    mutating func protectResponse(_ response: Message, to binding: inout ResponseBinding) -> EncodedMessage? {
        (try? binding.context.protectResponse(response, to: &binding.binding)).map { EncodedMessage($0) }
    }

    /// The context that a client has made last.
    private(set) var latest: [[UInt8]: [UInt8]] = [:]

    mutating func protectRequest(
        _ request: Message, for peer: PeerIdentity, continuing open: RequestBinding?, at now: MonotonicInstant
    ) throws(ProtectionRefusal) -> (EncodedMessage, RequestBinding) {
        guard case .association(let kid) = peer, let context = contexts[kid],
            let (message, binding) = try? context.protectRequest(request)
        else { throw .unknownAssociation }
        return (EncodedMessage(message), RequestBinding(context: context, binding: binding, peer: peer))
    }

    mutating func verifyResponse(
        _ response: IncomingResponse, to binding: inout RequestBinding, at now: MonotonicInstant
    ) -> SecuredResponse? {
        let body = response.body
        guard let message = try? ProtectedMessage(body.span),
            case .success(let verified) = binding.context.verifyResponse(message, to: binding.binding)
        else { return nil }
        return SecuredResponse(message: verified, peer: binding.peer, security: .oscore)
    }
}
