internal import Bytes
internal import CoAP

extension MessageLayer {
    /// Sends a request of our own and keeps its token open for what comes back.
    ///
    /// - Returns: The name of the exchange, for ``end(_:at:)`` and for matching effects.
    /// - Throws: When nothing was sent; nothing has changed then.
    public mutating func send(
        _ request: OutgoingRequest, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [MessageLayerEffect]
    ) throws(SendError) -> ExchangeID {
        guard request.code.isRequest else { throw .notARequest }
        // COAP-0080
        guard request.reliability == .nonConfirmable || !request.destination.address.isMulticast else {
            throw .confirmableToGroup
        }
        guard request.body.count <= Self.maximumBodyLength else { throw .tooLarge }
        guard exchanges.count < limits.exchanges else { throw .tooManyExchanges }
        guard let messageID = messageIDs.next(for: .ownMessage, at: now, random: &random) else {
            throw .messageIDsExhausted
        }
        var token = tokens.next(random: &random)
        while exchangesByToken[token] != nil { token = tokens.next(random: &random) }
        let type: MessageType = request.reliability == .confirmable ? .confirmable : .nonConfirmable
        let id = ExchangeID(number: nextNumber())
        exchanges[id] = Exchange(
            token: token, messageID: messageID, destination: request.destination, expects: request.expects)
        exchangesByToken[token] = id
        exchangesByMessageID[messageID] = id
        let datagram = OutgoingDatagram(
            header: DatagramHeader(type: type, code: request.code, messageID: messageID, token: token),
            body: request.body, destination: request.destination, source: request.source)
        if type == .confirmable {
            start(datagram, messageID: messageID, exchange: id, at: now, random: &random)
        }
        if let timeout = request.timeout ?? (request.expects == .manyResponses ? nil : parameters.exchangeLifetime) {
            timers.set(.exchange(id), at: now.advanced(by: timeout))
        }
        effects.append(.transmit(datagram))
        return id
    }

    /// Ends an exchange: no retransmission, no response, no failure comes after it. Unknown exchanges are ignored.
    ///
    /// The token of a group request rests: a member may still answer (COAP-0095).
    public mutating func end(_ exchange: ExchangeID, at now: MonotonicInstant) {
        guard let ended = exchanges.removeValue(forKey: exchange) else { return }
        exchangesByToken[ended.token] = nil
        exchangesByMessageID[ended.messageID] = nil
        if ended.isGroup { tokens.rest(ended.token, at: now) }
        timers.cancel(.exchange(exchange))
        stop(ended.messageID)
    }

    internal static let maximumBodyLength = 65_507 - 12

    /// Begins waiting for the acknowledgement of a confirmable message.
    internal mutating func start(
        _ datagram: OutgoingDatagram, messageID: MessageID, exchange: ExchangeID?, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator
    ) {
        // COAP-0047: the first wait is drawn between ACK_TIMEOUT and ACK_TIMEOUT · ACK_RANDOM_FACTOR.
        let shortest = parameters.ackTimeout.saturatedNanoseconds
        let longest = max(shortest, (parameters.ackTimeout * parameters.ackRandomFactor).saturatedNanoseconds)
        let timeout = Duration.nanoseconds(Int64.random(in: shortest...longest, using: &random))
        transmissions[messageID] = Transmission(datagram: datagram, exchange: exchange, timeout: timeout)
        timers.set(.transmission(messageID), at: now.advanced(by: timeout))
    }

    /// Stops retransmitting.
    internal mutating func stop(_ messageID: MessageID) {
        guard transmissions.removeValue(forKey: messageID) != nil else { return }
        timers.cancel(.transmission(messageID))
    }
}

extension OutgoingDatagram {
    internal init(
        header: DatagramHeader, body: [UInt8], destination: SocketAddress, source: IPv6Address?
    ) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(header.encodedLength + body.count)
        DatagramCodec.encode(header, body: body.span, into: &bytes)
        self.init(bytes: bytes, destination: destination, source: source)
    }
}
