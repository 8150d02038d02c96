public import Bytes
internal import CoAP

/// Names a ping until its outcome is known.
public struct PingID: Hashable, Sendable {
    internal let exchange: ExchangeID
}

extension Endpoint {
    /// Asks an endpoint whether it is there (RFC 7252 §4.3). ``EndpointEffect/pingEnded(_:_:)`` tells the outcome.
    ///
    /// - Throws: When nothing was sent.
    public mutating func ping(
        _ address: SocketAddress, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [EndpointEffect]
    ) throws(SendError) -> PingID {
        var pending = takeLayerEffects()
        defer { giveBack(&pending) }
        let exchange = try layer.ping(address, at: now, random: &random, effects: &pending)
        pings.insert(exchange)
        process(&pending, at: now, random: &random, effects: &effects)
        return PingID(exchange: exchange)
    }

    /// Ends a ping early: no outcome is told. Unknown ones are ignored.
    public mutating func cancel(_ ping: PingID, at now: MonotonicInstant) {
        guard pings.remove(ping.exchange) != nil else { return }
        layer.end(ping.exchange, at: now)
    }
}
