import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import OSCORE

/// A question to the Group Manager that is open.
struct ManagerRequest {
    enum Kind {
        case join
        case roster
    }
    let kind: Kind
    let binding: RequestBinding
}

extension NodeEngine {
    /// Sends a request to the manager over the association.
    func ask(
        _ request: Message, kind: ManagerRequest.Kind, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) throws(JoinFailure) {
        guard let association, let record = associationRecord,
            let destination = Self.managerEndpoint(record.managerAddress)
        else { throw .badManagerAddress }
        let protected: (Message, RequestBinding)
        do {
            protected = try association.protectRequest(request)
        } catch {
            throw .storage
        }
        var layerEffects: [MessageLayerEffect] = []
        do {
            let exchange = try messageLayer.send(
                OutgoingRequest(
                    message: protected.0, destination: destination, reliability: .confirmable, expects: .oneResponse),
                at: now, random: &random, effects: &layerEffects)
            managerRequests[exchange] = ManagerRequest(kind: kind, binding: protected.1)
        } catch {
            throw .unreachable
        }
        reserve()
        process(layerEffects, at: now, random: &random, effects: &effects)
    }

    /// Verifies what came back from the manager.
    func takeManagerResponse(
        _ incoming: IncomingResponse, exchange: ExchangeID, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard let request = managerRequests.removeValue(forKey: exchange), let association else { return }
        let body = incoming.body
        let result: Result<Message, VerificationFailure>
        do {
            result = association.verifyResponse(try ProtectedMessage(body.span), to: request.binding)
        } catch {
            result = .failure(error)
        }
        switch (request.kind, result) {
        case (.join, .success(let response)):
            takeJoinResponse(response, effects: &effects)
        case (.roster, .success(let response)):
            takeRoster(response, at: now, effects: &effects)
        // OSC-0111: an unprotected error is a hint for the operator, not more.
        case (.join, .failure(let failure)):
            isJoining = false
            effects.append(.joinFailed(failure == .notProtected ? .unprotectedAnswer(incoming.code) : .malformedAnswer))
        case (.roster, .failure):
            rosterFailed(at: now, effects: &effects)
        }
    }

    func managerRequestFailed(
        _ exchange: ExchangeID, at now: MonotonicInstant, effects: inout [NodeEffect]
    ) {
        guard let request = managerRequests.removeValue(forKey: exchange) else { return }
        switch request.kind {
        case .join:
            isJoining = false
            effects.append(.joinFailed(.unreachable))
        case .roster:
            rosterFailed(at: now, effects: &effects)
        }
    }
}
