import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import OSCORE

/// A question to the Group Manager that is open.
struct ManagerRequest {
    enum Kind {
        case join
        /// Asked because of a stranger, or to refresh what is known.
        case roster(aboutStrangers: Bool)
    }
    let kind: Kind
    let binding: RequestBinding
    /// What an answer without protection said; only a hint.
    var hint: Code?
    /// When to take the hint for the answer, because no genuine one has come.
    var givesUpAt: MonotonicInstant?
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
                    message: protected.0, destination: destination, reliability: .confirmable,
                    expects: .verifiedResponse),
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
        guard let request = managerRequests[exchange], let association else { return }
        let body = incoming.body
        let result: Result<Message, VerificationFailure>
        do {
            result = association.verifyResponse(try ProtectedMessage(body.span), to: request.binding)
        } catch {
            result = .failure(error)
        }
        switch (request.kind, result) {
        case (.join, .success(let response)):
            close(exchange, at: now)
            takeJoinResponse(response, effects: &effects)
        case (.roster(let aboutStrangers), .success(let response)):
            close(exchange, at: now)
            takeRoster(response, aboutStrangers: aboutStrangers, at: now, effects: &effects)
        // OSC-0111: what is not genuine may be forged. It is a hint for the operator, should nothing better come.
        case (_, .failure(let failure)):
            counters.rejected[failure, default: 0] += 1
            guard request.hint == nil else { return }
            managerRequests[exchange]?.hint = incoming.code
            managerRequests[exchange]?.givesUpAt = now.advanced(by: configuration.patience)
        }
    }

    /// Ends questions that got a hint and no answer.
    func endManagerRequests(at now: MonotonicInstant, effects: inout [NodeEffect]) {
        for (exchange, request) in managerRequests {
            guard let givesUpAt = request.givesUpAt, givesUpAt <= now else { continue }
            messageLayer.end(exchange, at: now)
            managerRequestFailed(exchange, at: now, effects: &effects)
        }
    }

    private func close(_ exchange: ExchangeID, at now: MonotonicInstant) {
        managerRequests[exchange] = nil
        messageLayer.end(exchange, at: now)
    }

    func managerRequestFailed(
        _ exchange: ExchangeID, at now: MonotonicInstant, effects: inout [NodeEffect]
    ) {
        guard let request = managerRequests.removeValue(forKey: exchange) else { return }
        switch request.kind {
        case .join:
            isJoining = false
            effects.append(.joinFailed(request.hint.map(JoinFailure.unprotectedAnswer) ?? .unreachable))
        case .roster(let aboutStrangers):
            rosterFailed(aboutStrangers: aboutStrangers, at: now, effects: &effects)
        }
    }
}
