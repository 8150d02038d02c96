public import CoAP
public import CoAPEngine
internal import GroupOSCORE
internal import OSCORE

extension EndpointSecurity {
    /// Finds the context of a request and verifies it (RFC 10021 §6, RFC 8613 §8.2).
    public mutating func verifyRequest(
        _ request: IncomingRequest, at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> ProtectionVerdict<SecuredRequest, SecuredResponseBinding> {
        // An endpoint without contexts does not do OSCORE: to it the option is a critical one that it does not know.
        guard !pairs.isEmpty || !groups.isEmpty else { return .unprotected }
        // COAP-0273, GOSC-0189
        let toGroup = request.path.isMulticast
        let verdict: Reception.Verdict
        do {
            verdict = reception.verifyRequest(try ProtectedMessage(request.body.span), now: now.sinceStart)
        } catch .notProtected {
            return .unprotected
        } catch {
            rejections.rejectedRequests[error, default: 0] += 1
            return refusal(OSCOREErrorResponse.response(to: error, mayBeGroupRequest: toGroup))
        }
        switch verdict {
        case .oscore(let context, let verdict):
            guard let association = pairsByContext[ObjectIdentifier(context)] else { return .discarded }
            switch verdict {
            case .verified(let verified):
                return .verified(
                    .oscore(verified), .pair(PairResponseBinding(association, verified.binding)), association.peer)
            case .unproven(let unproven): return association.prove(unproven, at: now, random: &random)
            case .replay:
                association.counters.replays += 1
                return refusal(OSCOREErrorResponse.responseToReplay(mayBeGroupRequest: toGroup))
            case .rejected(let failure):
                return refusal(OSCOREErrorResponse.response(to: failure, mayBeGroupRequest: toGroup))
            }
        case .group(let generations, let verdict, establishedAt: _):
            guard let association = groupsByContext[ObjectIdentifier(generations)] else { return .discarded }
            switch verdict {
            case .verified(let verified): return association.admit(verified, isMulticast: toGroup)
            case .unproven(let unproven):
                return association.prove(unproven, isMulticast: toGroup, at: now, random: &random)
            case .replay:
                association.counters.replays += 1
                return refusal(OSCOREErrorResponse.responseToReplay(mayBeGroupRequest: toGroup))
            case .rejected(let failure):
                return refusal(OSCOREErrorResponse.response(to: failure, mayBeGroupRequest: toGroup))
            }
        case .discarded(let failure):
            rejections.rejectedRequests[failure, default: 0] += 1
            return refusal(OSCOREErrorResponse.response(to: failure, mayBeGroupRequest: toGroup))
        }
    }

    public mutating func protectResponse(
        _ response: Message, to binding: inout SecuredResponseBinding
    ) -> EncodedMessage? {
        switch binding.kind {
        case .pair(var pair):
            defer { binding.kind = .pair(pair) }
            return pair.protect(response)
        case .member(let member): return member.protect(response)
        }
    }

    public mutating func protectRequest(
        _ request: Message, for peer: PeerIdentity, continuing open: SecuredRequestBinding?, at now: MonotonicInstant
    ) throws(ProtectionRefusal) -> (EncodedMessage, SecuredRequestBinding) {
        if let association = pairs[peer] {
            let earlier: PairRequestBinding? = if case .pair(let pair) = open?.kind { pair } else { nil }
            let (message, binding) = try association.protect(request, continuing: earlier)
            return (message, SecuredRequestBinding(kind: .pair(binding)))
        }
        guard let target = GroupPeer(peer), let association = groups[target.group] else { throw .unknownAssociation }
        let earlier: MemberRequestBinding? = if case .member(let member) = open?.kind { member } else { nil }
        let (message, binding) = try association.protect(request, for: target, continuing: earlier, at: now)
        return (message, SecuredRequestBinding(kind: .member(binding)))
    }

    public mutating func verifyResponse(
        _ response: IncomingResponse, to binding: inout SecuredRequestBinding, at now: MonotonicInstant
    ) -> SecuredResponse? {
        do {
            let message = try ProtectedMessage(response.body.span)
            switch binding.kind {
            case .pair(var pair):
                defer { binding.kind = .pair(pair) }
                return pair.verify(message).map {
                    SecuredResponse(message: $0, peer: pair.association.peer, security: .oscore)
                }
            case .member(let member): return member.verify(message, at: now)
            }
        } catch {
            rejections.rejectedResponses[error, default: 0] += 1
            return nil
        }
    }

    private func refusal(_ response: Message?) -> ProtectionVerdict<SecuredRequest, SecuredResponseBinding> {
        response.map { .refused($0) } ?? .discarded
    }
}

extension MonotonicInstant {
    /// As the contexts count time.
    var sinceStart: Duration { .nanoseconds(nanoseconds) }
}
