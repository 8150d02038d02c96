public import CoAP
public import CoAPEngine
internal import CryptoPrimitives
public import OSCORE

extension OSCORE.VerifiedRequest: RequestProperties {
    /// The Code that the sender wrote.
    public var code: Code { message.code }
    /// The options that the sender wrote.
    public var options: Options { message.options }
    /// The payload that the sender wrote.
    public var payload: [UInt8] { message.payload }
}

/// OSCORE in the protection seam of an endpoint: any number of contexts, each with its store.
public struct OSCOREProtection: EndpointProtection {
    /// What a resource behind it takes.
    public typealias Verified = OSCORE.VerifiedRequest
    public typealias RequestBinding = OSCORERequestBinding
    public typealias ResponseBinding = OSCOREResponseBinding

    private let contexts = SecurityContextSet()
    private var associations: [PeerIdentity: Association] = [:]
    private var byContext: [ObjectIdentifier: Association] = [:]

    /// What happened with all contexts.
    public var counters: OSCOREProtectionCounters {
        associations.values.reduce(into: OSCOREProtectionCounters()) { $0.add($1.counters) }
    }

    init(_ descriptions: [OSCOREAssociation]) throws(CoAPError) {
        for description in descriptions { try add(description) }
    }

    mutating func add(_ description: OSCOREAssociation) throws(CoAPError) {
        // By this name requests are addressed, and what one peer has uploaded is kept apart from what another one has.
        guard associations[description.peer] == nil else {
            throw .invalidAssociation(
                "there are two of Recipient ID \(description.recipientID) and the same ID Context")
        }
        do {
            let context = try SecurityContext(
                masterSecret: description.masterSecret.span, masterSalt: description.masterSalt.span,
                idContext: description.idContext, senderID: description.senderID,
                recipientID: description.recipientID, algorithm: description.algorithm, hkdf: description.hkdf,
                reservation: SequenceReservation(resumingAt: description.reservedEnd), replayWindow: ReplayWindow())
            // OSC-0075: what an earlier run has accepted is not known any more.
            if description.reservedEnd > 0 { context.loseReplayWindow() }
            let association = Association(context: context, store: description.store, peer: description.peer)
            // Even if no number is ever used: the next run sees that these keys are not new.
            guard let end = context.reservation.wantedEnd else { throw ProtectionError.sequenceNumbersExhausted }
            try description.store.reserve(below: end)
            context.extendReservation(to: end)
            try contexts.add(context)
            associations[description.peer] = association
            byContext[ObjectIdentifier(context)] = association
        } catch {
            throw .invalidAssociation("\(error)")
        }
    }

    public mutating func verifyRequest(
        _ request: IncomingRequest, at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> ProtectionVerdict<OSCORE.VerifiedRequest, OSCOREResponseBinding> {
        // An endpoint without contexts does not do OSCORE: to it the option is a critical one that it does not know.
        guard !associations.isEmpty else { return .unprotected }
        let toGroup = request.path.isMulticast
        let verdict: RequestVerdict
        let context: SecurityContext?
        do {
            let message = try ProtectedMessage(request.body.span)
            (verdict, context) = contexts.verifyRequest(message)
        } catch .notProtected {
            return .unprotected
        } catch {
            return refusal(OSCOREErrorResponse.response(to: error, mayBeGroupRequest: toGroup))
        }
        guard let context, let association = byContext[ObjectIdentifier(context)] else {
            switch verdict {
            case .replay: return refusal(OSCOREErrorResponse.responseToReplay(mayBeGroupRequest: toGroup))
            case .rejected(let failure):
                return refusal(OSCOREErrorResponse.response(to: failure, mayBeGroupRequest: toGroup))
            case .verified, .unproven: return .discarded
            }
        }
        switch verdict {
        case .verified(let verified):
            return .verified(
                verified, OSCOREResponseBinding(association: association, binding: verified.binding), association.peer)
        case .unproven(let unproven):
            return prove(unproven, of: association, at: now, random: &random)
        case .replay, .rejected: return .discarded
        }
    }

    /// Asks the peer to show that its request is new; takes the one that shows it (RFC 8613 §B.1.2).
    private func prove(
        _ request: UnprovenRequest, of association: Association, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator
    ) -> ProtectionVerdict<OSCORE.VerifiedRequest, OSCOREResponseBinding> {
        let moment = Duration.nanoseconds(now.nanoseconds)
        if let challenge = association.challenge, challenge.isAnswered(by: request.echo, at: moment) {
            association.challenge = nil
            guard case .verified(let verified) = association.context.accept(request) else { return .discarded }
            return .verified(
                verified, OSCOREResponseBinding(association: association, binding: verified.binding), association.peer)
        }
        // A replay must not drive out the challenge that the peer is about to answer.
        if association.challenge.map({ moment - $0.issued > $0.lifetime }) ?? true {
            let value = (0..<EchoChallenge.valueCount).map { _ in UInt8.random(in: 0...255, using: &random) }
            association.challenge = EchoChallenge(random: value.span, at: moment)
        }
        guard let challenge = association.challenge else { return .discarded }
        var binding = request.binding
        guard association.mayChallenge(at: now), (try? association.reserve()) != nil else { return .discarded }
        let response = try? association.context.protectResponse(
            challenge.response, to: &binding, usesOwnPartialIV: true)
        return refusal(response)
    }

    private func refusal(_ response: Message?) -> ProtectionVerdict<OSCORE.VerifiedRequest, OSCOREResponseBinding> {
        response.map { .refused($0) } ?? .discarded
    }

    public mutating func protectResponse(
        _ response: Message, to binding: inout OSCOREResponseBinding
    ) -> EncodedMessage? {
        let context = binding.association.context
        if binding.binding.isRequestNonceFree {
            do throws(ProtectionError) {
                return try context.protectedResponse(response, to: &binding.binding)
            } catch .requestNonceUsed {
                // Too many later requests have been answered meanwhile to know that this one has not.
            } catch {
                return nil
            }
        }
        guard (try? binding.association.reserve()) != nil else { return nil }
        return try? context.protectedResponse(response, to: &binding.binding, usesOwnPartialIV: true)
    }

    public mutating func protectRequest(
        _ request: Message, for peer: PeerIdentity
    ) throws(ProtectionRefusal) -> (EncodedMessage, OSCORERequestBinding) {
        guard let association = associations[peer] else { throw .unknownAssociation }
        try association.reserve()
        do throws(ProtectionError) {
            let (message, binding) = try association.context.protectedRequest(request)
            return (message, OSCORERequestBinding(association: association, binding: binding))
        } catch .sequenceNumbersExhausted {
            throw .numbersExhausted
        } catch {
            throw .unsuitableMessage
        }
    }

    public mutating func verifyResponse(
        _ response: IncomingResponse, to binding: inout OSCORERequestBinding
    ) -> (message: Message, peer: PeerIdentity)? {
        let association = binding.association
        guard let message = try? ProtectedMessage(response.body.span) else { return nil }
        if binding.binding.observe == nil {
            guard case .success(let inner) = association.context.verifyResponse(message, to: binding.binding) else {
                return nil
            }
            return (inner, association.peer)
        }
        switch association.context.verifyResponse(message, to: binding.binding, number: &binding.number) {
        case .notification(let inner), .last(let inner): return (inner, association.peer)
        case .old, .rejected: return nil
        }
    }
}

@available(*, unavailable)
extension OSCOREProtection: Sendable {}

/// What responses to a request of ours are verified with.
public struct OSCORERequestBinding {
    let association: OSCOREProtection.Association
    let binding: OSCORE.RequestBinding
    var number = NotificationNumber()
}

@available(*, unavailable)
extension OSCORERequestBinding: Sendable {}

/// What answers to a request of the peer are protected with.
public struct OSCOREResponseBinding {
    let association: OSCOREProtection.Association
    var binding: OSCORE.RequestBinding
}

@available(*, unavailable)
extension OSCOREResponseBinding: Sendable {}
