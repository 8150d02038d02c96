import CoAP
import CoAPEngine
import CoAPSecurity
import OSCORE

/// OSCORE with the two sides of the Group Manager: the authorization server inside it, and the manager itself.
///
/// Numbers towards the authorization server have to be durable before they are used; whoever owns the link sees to that.
/// The keys towards the manager are fresh after each upload of the token and are forgotten with the process.
struct ManagerProtection: EndpointProtection {
    typealias Verified = OSCORE.VerifiedRequest

    /// What the answer to a request of the manager is protected with.
    struct ResponseBinding {
        fileprivate let context: SecurityContext
        fileprivate var binding: OSCORE.RequestBinding
    }

    /// What the response to one request is verified with: the context may have been replaced meanwhile.
    struct RequestBinding {
        fileprivate let peer: PeerIdentity
        fileprivate let context: SecurityContext
        fileprivate let binding: OSCORE.RequestBinding
    }

    static let authorizationServer = PeerIdentity.association([0])
    static let manager = PeerIdentity.association([1])

    var contexts: [PeerIdentity: SecurityContext] = [:]
    /// The first answer without protection since the last genuine one: no more than a hint.
    var hints: [PeerIdentity: Message] = [:]
    /// Responses that were not accepted since this was looked at.
    var rejected: [VerificationFailure: UInt64] = [:]

    // GM-0315: the window is there from the moment on that there is a context. It lives as long as its keys.
    mutating func verifyRequest(
        _ request: IncomingRequest, at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> ProtectionVerdict<OSCORE.VerifiedRequest, ResponseBinding> {
        guard !request.path.isMulticast else { return .discarded }
        let body = request.body
        do {
            let message = try ProtectedMessage(body.span)
            guard let context = contexts[Self.manager], case .verified(let verified) = context.verifyRequest(message)
            else { return .refused(Message(code: .unauthorized)) }
            return .verified(verified, ResponseBinding(context: context, binding: verified.binding), Self.manager)
        } catch .notProtected {
            return .unprotected
        } catch {
            // GM-0355: whatever it is, it is not the manager's.
            return .refused(Message(code: .unauthorized))
        }
    }

    mutating func protectResponse(_ response: Message, to binding: inout ResponseBinding) -> EncodedMessage? {
        (try? binding.context.protectResponse(response, to: &binding.binding)).map { EncodedMessage($0) }
    }

    mutating func protectRequest(
        _ request: Message, for peer: PeerIdentity, continuing open: RequestBinding?, at now: MonotonicInstant
    ) throws(ProtectionRefusal) -> (EncodedMessage, RequestBinding) {
        guard let context = contexts[peer] else { throw .unknownAssociation }
        do {
            let (message, binding) = try context.protectRequest(request)
            return (EncodedMessage(message), RequestBinding(peer: peer, context: context, binding: binding))
        } catch .sequenceNumberNotReserved {
            throw .notStored("no number is reserved")
        } catch .sequenceNumbersExhausted {
            throw .numbersExhausted
        } catch {
            throw .unsuitableMessage
        }
    }

    mutating func verifyResponse(
        _ response: IncomingResponse, to binding: inout RequestBinding, at now: MonotonicInstant
    ) -> SecuredResponse? {
        let body = response.body
        let result: Result<Message, VerificationFailure>
        do {
            result = binding.context.verifyResponse(try ProtectedMessage(body.span), to: binding.binding)
        } catch {
            result = .failure(error)
        }
        switch result {
        case .success(let message):
            hints[binding.peer] = nil
            return SecuredResponse(message: message, peer: binding.peer, security: .oscore)
        case .failure(let failure):
            // OSC-0111: what is not genuine may be forged.
            rejected[failure, default: 0] += 1
            if failure == .notProtected, hints[binding.peer] == nil { hints[binding.peer] = response.message }
            return nil
        }
    }
}
