internal import CoAP

extension Endpoint {
    /// Begins an operation: a request with its whole body, to one endpoint or to a group.
    ///
    /// - Returns: The name under which its responses and its end come.
    /// - Throws: What ``RequestClient/start(_:at:random:effects:)`` throws. Nothing has been sent then.
    public mutating func start(
        _ request: ClientRequest, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [EndpointEffect]
    ) throws(ClientRefusal) -> OperationID {
        var wanted = takeClientEffects()
        defer { giveBack(&wanted) }
        let id = try client.start(request, at: now, random: &random, effects: &wanted)
        carryOut(&wanted, at: now, random: &random, effects: &effects)
        return id
    }

    /// Ends an operation early. Unknown ones are ignored.
    public mutating func cancel(
        _ operation: OperationID, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [EndpointEffect]
    ) {
        var wanted = takeClientEffects()
        client.cancel(operation, at: now, random: &random, effects: &wanted)
        carryOut(&wanted, at: now, random: &random, effects: &effects)
    }

    /// Sets PROBING_RATE: how fast an endpoint that does not answer is sent requests (RFC 7252 §4.7).
    ///
    /// - Parameter rate: In bytes a second; cut to 1 to 1,000,000,000.
    public mutating func probe(at rate: Int) {
        layer.probe(at: rate)
    }

    /// The system has refused to send a datagram: the operation that it belongs to fails, no other (COAP-0276).
    public mutating func transmissionFailed(
        _ datagram: OutgoingDatagram, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [EndpointEffect]
    ) {
        var pending = takeLayerEffects()
        layer.transmissionFailed(datagram, at: now, effects: &pending)
        process(&pending, at: now, random: &random, effects: &effects)
    }

    /// Verifies a response and gives it to its operation.
    mutating func accept(
        _ response: IncomingResponse, on exchange: ExchangeID, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        guard var binding = exchanges[exchange.number] else { return }
        let received: ReceivedResponse
        if var inner = binding.protection {
            let verified = protection.verifyResponse(response, to: &inner, at: now)
            binding.protection = inner
            guard let verified else {
                exchanges.set(exchange.number, binding)
                counters.responsesRefused += 1
                return
            }
            received = ReceivedResponse(
                path: response.path, peer: verified.peer, message: verified.message, security: verified.security)
            if binding.endsWithResponse {
                exchanges.remove(exchange.number)
                layer.end(exchange, at: now)
            } else {
                exchanges.set(exchange.number, binding)
                layer.verified(exchange, from: response.path.source, at: now)
            }
        } else {
            let message = response.message
            // What is protected cannot be an answer to a request that was not.
            guard !message.options.contains(.oscore) else {
                counters.responsesRefused += 1
                // The message layer has ended the exchange with it: no other comes.
                if binding.endsWithResponse {
                    fail(exchange, .unusableResponse, at: now, random: &random, effects: &effects)
                }
                return
            }
            received = ReceivedResponse(path: response.path, peer: .endpoint(response.path.source), message: message)
            if binding.endsWithResponse { exchanges.remove(exchange.number) }
        }
        var wanted = takeClientEffects()
        client.receive(received, on: exchange, at: now, random: &random, effects: &wanted)
        carryOut(&wanted, at: now, random: &random, effects: &effects)
    }

    /// An exchange is over without the response that it was opened for.
    mutating func fail(
        _ exchange: ExchangeID, _ failure: ExchangeFailure, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        exchanges.remove(exchange.number)
        var wanted = takeClientEffects()
        client.failed(exchange, failure, at: now, random: &random, effects: &wanted)
        carryOut(&wanted, at: now, random: &random, effects: &effects)
    }

    /// Carries out what the client wants. The array comes back empty.
    mutating func carryOut(
        _ wanted: inout [ClientEffect], at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [EndpointEffect]
    ) {
        for effect in wanted {
            switch effect {
            case .transmit(let id, let transmission):
                transmit(transmission, id, at: now, random: &random, effects: &effects)
            case .repeatRequest(let exchange):
                var pending = takeLayerEffects()
                try? layer.sendAgain(exchange, newMessageID: false, at: now, random: &random, effects: &pending)
                process(&pending, at: now, random: &random, effects: &effects)
            case .endExchange(let exchange, rejectsNotifications: let rejectsNotifications):
                exchanges.remove(exchange.number)
                layer.end(exchange, rejectsFurther: rejectsNotifications, at: now)
            case .response(let operation, let response):
                effects.append(.response(operation, response))
            case .responseLost(let operation, let peer, let failure):
                effects.append(.responseLost(operation, peer, failure))
            case .ended(let operation, let end):
                effects.append(.ended(operation, end))
            }
        }
        giveBack(&wanted)
    }

    private mutating func transmit(
        _ transmission: ClientTransmission, _ id: TransmissionID, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        let outer: EncodedMessage
        var binding = ExchangeBinding(endsWithResponse: transmission.expects == .oneResponse)
        if case .association = transmission.peer {
            do throws(ProtectionRefusal) {
                let open = transmission.continuing.flatMap { exchanges[$0.number]?.protection }
                let protected = try protection.protectRequest(
                    transmission.message, for: transmission.peer, continuing: open, at: now)
                guard isUnfragmented(protected.0) else { throw .unsuitableMessage }
                outer = protected.0
                binding.protection = protected.1
            } catch {
                counters.unprotectable += 1
                fail(id, .unprotectable(error), at: now, random: &random, effects: &effects)
                return
            }
        } else {
            outer = EncodedMessage(transmission.message)
        }
        let request = OutgoingRequest(
            code: outer.code, body: outer.body, destination: transmission.destination,
            reliability: transmission.reliability,
            // Until a response has been verified, anybody may have sent it.
            expects: binding.protection == nil
                ? transmission.expects
                : transmission.expects == .oneResponse ? .verifiedResponse : .manyVerifiedResponses,
            timeout: transmission.timeout)
        var pending = takeLayerEffects()
        do throws(SendError) {
            let exchange: ExchangeID
            if let open = transmission.continuing {
                try layer.send(request, continuing: open, at: now, random: &random, effects: &pending)
                exchange = open
            } else {
                exchange = try layer.send(request, at: now, random: &random, effects: &pending)
            }
            exchanges.set(exchange.number, binding)
            var wanted = takeClientEffects()
            client.opened(id, as: exchange, isQueued: pending.isEmpty, at: now, effects: &wanted)
            carryOut(&wanted, at: now, random: &random, effects: &effects)
            process(&pending, at: now, random: &random, effects: &effects)
        } catch {
            giveBack(&pending)
            fail(id, .notSent, at: now, random: &random, effects: &effects)
        }
    }

    private mutating func fail(
        _ id: TransmissionID, _ failure: OperationFailure, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        var wanted = takeClientEffects()
        client.notOpened(id, failure, at: now, random: &random, effects: &wanted)
        carryOut(&wanted, at: now, random: &random, effects: &effects)
    }
}
