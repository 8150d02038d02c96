internal import Bytes
internal import CoAP

extension Endpoint {
    /// Takes one datagram from a socket.
    ///
    /// - Parameters:
    ///   - datagram: The UDP payload, borrowed for this call only.
    ///   - path: Who sent it to which address.
    ///   - now: The moment of arrival.
    ///   - random: The only source of randomness.
    ///   - effects: Receives what to do, in order.
    public mutating func receive(
        _ datagram: Span<UInt8>, from path: DatagramPath, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        var pending = takeLayerEffects()
        layer.receive(datagram, from: path, at: now, random: &random, effects: &pending)
        process(&pending, at: now, random: &random, effects: &effects)
    }

    /// Does what is due.
    public mutating func handleTimers(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        var pending = takeLayerEffects()
        expireOuterBlocks(at: now)
        layer.handleTimers(at: now, random: &random, effects: &pending)
        process(&pending, at: now, random: &random, effects: &effects)
        var open: [ServerEffect<UnprotectedRequest>] = []
        openServer.handleTimers(at: now, random: &random, effects: &open)
        carryOut(open, of: .open, at: now, random: &random, effects: &effects)
        var protected: [ServerEffect<Protection.Verified>] = []
        protectedServer.handleTimers(at: now, random: &random, effects: &protected)
        carryOut(protected, of: .protected, at: now, random: &random, effects: &effects)
        var wanted = takeClientEffects()
        client.handleTimers(at: now, random: &random, effects: &wanted)
        carryOut(&wanted, at: now, random: &random, effects: &effects)
    }

    /// Carries out what the message layer wants. The array comes back empty.
    mutating func process(
        _ pending: inout [MessageLayerEffect], at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [EndpointEffect]
    ) {
        for effect in pending {
            switch effect {
            case .transmit(let datagram):
                effects.append(.transmit(datagram))
            case .request(let request):
                receive(request, at: now, random: &random, effects: &effects)
            case .response(let exchange, let response):
                receive(response, on: exchange, at: now, random: &random, effects: &effects)
            case .begun(let exchange):
                var wanted = takeClientEffects()
                client.begun(exchange, at: now, effects: &wanted)
                carryOut(&wanted, at: now, random: &random, effects: &effects)
            case .failed(let exchange, let failure) where pings.remove(exchange) != nil:
                effects.append(.pingEnded(PingID(exchange: exchange), failure))
            case .failed(let exchange, let failure):
                if fetchFailed(exchange, at: now, random: &random, effects: &effects) { continue }
                fail(exchange, failure, at: now, random: &random, effects: &effects)
            case .notification(let id, let outcome):
                noteNotification(id, outcome, at: now, random: &random, effects: &effects)
            }
        }
        giveBack(&pending)
    }

    // One array serves every input. Whoever takes it while it is in use gets a fresh one.

    mutating func takeLayerEffects() -> [MessageLayerEffect] {
        var taken: [MessageLayerEffect] = []
        swap(&taken, &layerEffects)
        return taken
    }

    mutating func giveBack(_ used: inout [MessageLayerEffect]) {
        used.removeAll(keepingCapacity: true)
        if used.capacity > layerEffects.capacity { swap(&used, &layerEffects) }
    }

    mutating func takeClientEffects() -> [ClientEffect] {
        var taken: [ClientEffect] = []
        swap(&taken, &clientEffects)
        return taken
    }

    mutating func giveBack(_ used: inout [ClientEffect]) {
        used.removeAll(keepingCapacity: true)
        if used.capacity > clientEffects.capacity { swap(&used, &clientEffects) }
    }
}
