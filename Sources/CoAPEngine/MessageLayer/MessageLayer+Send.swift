public import Bytes
public import CoAP

extension MessageLayer {
    /// Sends a request of our own and keeps its token open for what comes back.
    ///
    /// While the endpoint or group has NSTART interactions outstanding, or owes an answer that PROBING_RATE has not paid
    /// for, the request waits for its turn (RFC 7252 §4.7). It leaves with ``MessageLayerEffect/begun(_:)``, which does not
    /// come for a request that leaves at once.
    ///
    /// - Returns: The name of the exchange, for ``end(_:rejectsFurther:at:)`` and for matching effects.
    /// - Throws: When nothing was sent; nothing has changed then.
    public mutating func send(
        _ request: OutgoingRequest, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [MessageLayerEffect]
    ) throws(SendError) -> ExchangeID {
        try check(request)
        guard exchanges.count < limits.exchanges else { throw .tooManyExchanges }
        let destination = try destinationNumber(of: request.destination, at: now)
        let turn = try turn(at: destination, at: now, random: &random)
        var token = tokens.next(random: &random)
        while exchangesByToken[token] != nil { token = tokens.next(random: &random) }
        let id = ExchangeID(
            number: exchanges.insert(
                Exchange(token: token, destination: request.destination, expects: request.expects)))
        exchangesByToken[token] = id
        let timeout = request.timeout ?? (request.expects.isMany ? nil : parameters.exchangeLifetime)
        let message = message(request, of: id, token: token, timeout: timeout, turn: turn)
        proceed(message, to: destination, turn, at: now, random: &random, effects: &effects)
        return id
    }

    /// Sends a further request with the token of an open exchange and a new Message ID: to the same endpoint or group, or
    /// to one member of the group. NSTART and PROBING_RATE hold for it, too.
    ///
    /// How many responses are expected stays as it is, and so does the time to give up unless `request` names one. If the
    /// request to one member of a group fails, the exchange with the group goes on.
    ///
    /// - Throws: When nothing was sent; nothing has changed then.
    public mutating func send(
        _ request: OutgoingRequest, continuing exchange: ExchangeID, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [MessageLayerEffect]
    ) throws(SendError) {
        // COAP-0154
        guard let open = exchanges[exchange.number] else { throw .unknownExchange }
        try check(request)
        guard
            request.destination.isSameEndpoint(as: open.destination)
                || open.isGroup && !request.destination.address.isMulticast
        else { throw .otherDestination }
        let destination = try destinationNumber(of: request.destination, at: now)
        let turn = try turn(at: destination, at: now, random: &random)
        let message = message(request, of: exchange, token: open.token, timeout: request.timeout, turn: turn)
        proceed(message, to: destination, turn, at: now, random: &random, effects: &effects)
    }

    /// Repeats the non-confirmable request that an exchange sent last (RFC 10020 §3.1.3), to a group not before its members
    /// had time to answer. Whoever wants a protected request repeated with a new Message ID protects it anew and sends it
    /// with ``send(_:continuing:at:random:effects:)``.
    ///
    /// - Parameters:
    ///   - exchange: An open one. If its request still waits for its turn, nothing happens.
    ///   - newMessageID: With a new Message ID everybody answers again. With the same one the datagram is identical, and
    ///     reaches only those who missed it; the network must have lost it lately (EXCHANGE_LIFETIME − NON_LIFETIME).
    /// - Throws: When nothing was sent; nothing has changed then.
    public mutating func sendAgain(
        _ exchange: ExchangeID, newMessageID: Bool, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [MessageLayerEffect]
    ) throws(SendError) {
        guard let open = exchanges[exchange.number] else { throw .unknownExchange }
        guard let last = open.last, let lastID = open.main.flatMap({ sent[$0]?.messageID }), open.queued == 0 else {
            return
        }
        guard last.datagram.type == .nonConfirmable else { throw .repeatedByItself }
        // COAP-0099, COAP-0100
        guard newMessageID || mayRepeat(open, at: now) else { throw .tooLateToRepeat }
        let destination = try destinationNumber(of: last.datagram.destination, at: now)
        // COAP-0102
        let notBefore = last.settlesAfter.map { open.lastLeftAt.advanced(by: $0) } ?? now
        let turn = try turn(
            at: destination, repeating: newMessageID ? nil : lastID, notBefore: notBefore, at: now, random: &random)
        let message = OutgoingMessage(
            exchange: exchange, datagram: last.datagram, repeats: newMessageID ? nil : lastID,
            settlesAfter: last.settlesAfter, timeout: nil)
        proceed(message, to: destination, turn, at: now, random: &random, effects: &effects)
    }

    /// Ends an exchange: no retransmission, no response, no failure comes after it. Unknown exchanges are ignored.
    ///
    /// The token of a group request rests: a member may still answer (COAP-0095).
    ///
    /// - Parameter rejectsFurther: Has notifications that still come with this token answered with a reset, for a bounded
    ///   time and number, so that whoever sends them stops (RFC 7641 §3.6).
    public mutating func end(_ exchange: ExchangeID, rejectsFurther: Bool = false, at now: MonotonicInstant) {
        guard let ended = exchanges.remove(exchange.number) else { return }
        exchangesByToken[ended.token] = nil
        // COAP-0157, COAP-0188
        if ended.isGroup { tokens.rest(ended.token, at: now) }
        if rejectsFurther { rejectedTokens.insert(ended.token, of: ended.destination, at: now) }
        timers.cancel(ended.timer)
        if let main = ended.main { stopExpecting(main, at: now) }
        for number in ended.further { stopExpecting(number, at: now) }
        // They leave their queues when their turn comes, or when they are many.
        queuedRequests -= ended.queued
    }

    /// The network has refused to take a datagram. If it was a request of an open exchange, the exchange fails at once,
    /// unless it is a group's and only one member was asked; nothing else is touched (COAP-0276).
    public mutating func transmissionFailed(
        to destination: SocketAddress, messageID: MessageID, at now: MonotonicInstant,
        effects: inout [MessageLayerEffect]
    ) {
        // COAP-0064
        guard let sentNumber = sentNumbers[SentID(messageID, destination)], let message = sent[sentNumber],
            message.destination == destination,
            case .exchange(let id) = message.owner, let exchange = exchanges[id.number]
        else { return }
        counters.notSent += 1
        if let number = message.destinationNumber,
            destinations.update(number, { $0?.didNotLeave(messageID, at: now) }) == true
        {
            wake(number, at: now)
        }
        stop(sentNumber)
        guard exchange.destination == destination else { return }
        end(id, at: now)
        effects.append(.failed(id, .notSent))
    }

    /// The network has refused to take `datagram`. See ``transmissionFailed(to:messageID:at:effects:)``; what is no request
    /// of ours is ignored.
    public mutating func transmissionFailed(
        _ datagram: OutgoingDatagram, at now: MonotonicInstant, effects: inout [MessageLayerEffect]
    ) {
        guard let header = try? DatagramCodec.decode(datagram.bytes.span).header,
            header.code.isRequest || header.code.isEmpty && header.type == .confirmable
        else { return }
        transmissionFailed(to: datagram.destination, messageID: header.messageID, at: now, effects: &effects)
    }

    internal static let maximumBodyLength = 65_507 - 12

    private func check(_ request: OutgoingRequest) throws(SendError) {
        guard request.code.isRequest else { throw .notARequest }
        // COAP-0080
        guard request.reliability == .nonConfirmable || !request.destination.address.isMulticast else {
            throw .confirmableToGroup
        }
        guard request.body.count <= Self.maximumBodyLength else { throw .tooLarge }
    }

    private func message(
        _ request: OutgoingRequest, of exchange: ExchangeID, token: Token, timeout: Duration?, turn: Turn
    ) -> OutgoingMessage {
        let header = DatagramHeader(
            type: request.reliability == .confirmable ? .confirmable : .nonConfirmable, code: request.code,
            messageID: turn.messageID ?? MessageID(rawValue: 0), token: token)
        let settlesAfter =
            request.destination.address.isMulticast
            ? request.settlesAfter ?? parameters.defaultLeisure + parameters.ackTimeout : nil
        return OutgoingMessage(
            exchange: exchange,
            datagram: OutgoingDatagram(
                header: header, body: request.body, destination: request.destination, source: request.source),
            repeats: nil, settlesAfter: settlesAfter, timeout: timeout)
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

    internal var type: MessageType? { DatagramCodec.prefix(of: bytes.span)?.type }

    /// The same datagram under another Message ID.
    internal func numbered(_ messageID: MessageID) -> Self {
        guard bytes.count >= 4, DatagramCodec.prefix(of: bytes.span)?.messageID != messageID else { return self }
        var copy = self
        copy.bytes[2] = UInt8(truncatingIfNeeded: messageID.rawValue >> 8)
        copy.bytes[3] = UInt8(truncatingIfNeeded: messageID.rawValue)
        return copy
    }
}
