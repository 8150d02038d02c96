public import Bytes
internal import CoAP

extension MessageLayer {
    /// Asks an endpoint whether it is there, with an empty confirmable message (RFC 7252 §4.3). NSTART holds for it, too.
    ///
    /// - Returns: The name of an exchange that fails: with ``ExchangeFailure/reset`` if the endpoint is there.
    /// - Throws: When nothing was sent; nothing has changed then.
    public mutating func ping(
        _ address: SocketAddress, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [MessageLayerEffect]
    ) throws(SendError) -> ExchangeID {
        guard !address.address.isMulticast else { throw .confirmableToGroup }
        guard exchanges.count < limits.exchanges else { throw .tooManyExchanges }
        let destination = try destinationNumber(of: address, at: now)
        let turn = try turn(at: destination, at: now, random: &random)
        // The token is not sent, and no response finds the exchange.
        let id = ExchangeID(
            number: exchanges.insert(
                Exchange(token: tokens.next(random: &random), destination: address, expects: .oneResponse)))
        // COAP-0063
        let header = DatagramHeader(
            type: .confirmable, code: .empty, messageID: turn.messageID ?? MessageID(rawValue: 0), token: .empty)
        let message = OutgoingMessage(
            exchange: id, datagram: OutgoingDatagram(header: header, body: [], destination: address, source: nil),
            repeats: nil, settlesAfter: nil, timeout: parameters.exchangeLifetime)
        proceed(message, to: destination, turn, at: now, random: &random, effects: &effects)
        return id
    }
}
