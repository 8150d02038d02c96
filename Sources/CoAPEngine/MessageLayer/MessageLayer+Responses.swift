public import Bytes
internal import CoAP

extension MessageLayer {
    internal mutating func receiveResponse(
        _ datagram: Span<UInt8>, _ header: DatagramHeader, _ body: Span<UInt8>, _ path: DatagramPath,
        at now: MonotonicInstant, effects: inout [MessageLayerEffect]
    ) {
        // COAP-0044
        guard header.type != .reset else {
            counters.malformed += 1
            return
        }
        let id = match(header, path)
        let expects = id.flatMap { exchanges[$0.number]?.expects }
        // Where one response ends the exchange, a non-confirmable one that comes again finds none. If it did not end it
        // because it is not genuine, it is that no more the second time.
        let isRemembered =
            header.type == .confirmable || header.type == .nonConfirmable && expects.map(\.isMany) ?? false
        let key = isRemembered ? DeduplicationCache.Key(datagram, path: path, messageID: header.messageID) : nil
        if let key, answerDuplicate(key, header.type, at: now, effects: &effects) { return }
        guard let id, let expects else {
            receiveUnmatched(header, path, at: now, effects: &effects)
            return
        }
        // COAP-0051: a response says that the request has arrived, acknowledged or not.
        // Unless it may be forged: then only the upper layer can tell.
        answered(id, by: header, path, isCertain: !expects.isVerified, at: now)
        guard isUsable(body) else {
            // COAP-0025: rejected before it is acknowledged.
            counters.unusableResponses += 1
            refuse(header.type, header.messageID, path, effects: &effects)
            if expects == .oneResponse { fail(id, .unusableResponse, at: now, effects: &effects) }
            return
        }
        if let key {
            let number = remember(key, header.type, at: now)
            if header.type == .confirmable {
                // COAP-0061
                let acknowledgement = emptyMessage(.acknowledgement, header.messageID, path)
                if let number { seen.remember(acknowledgement, for: number) }
                effects.append(.transmit(acknowledgement))
            }
        }
        if expects == .oneResponse { end(id, at: now) }
        effects.append(.response(id, IncomingResponse(path: path, code: header.code, body: [UInt8](copying: body))))
    }

    /// A response to a request that expects ``OutgoingRequest/Expectation/manyVerifiedResponses`` was genuine: the request
    /// has arrived where it came from and is not sent there again. Others may follow.
    ///
    /// - Parameter source: Who sent it: of a group, what was sent to other members is not answered by it.
    public mutating func verified(_ exchange: ExchangeID, from source: SocketAddress, at now: MonotonicInstant) {
        guard let open = exchanges[exchange.number] else { return }
        for number in open.further + [open.main].compactMap({ $0 }) {
            guard let message = sent[number],
                message.destination.address.isMulticast || message.destination.isSameEndpoint(as: source)
            else { continue }
            answered(message, at: now)
            stop(number)
        }
    }

    /// COAP-0061, COAP-0098: a confirmable response that nobody waits for is reset; any other is ignored, unless it is a
    /// notification of what we have ended.
    private mutating func receiveUnmatched(
        _ header: DatagramHeader, _ path: DatagramPath, at now: MonotonicInstant, effects: inout [MessageLayerEffect]
    ) {
        counters.unmatchedResponses += 1
        let isAcknowledgement = header.type == .acknowledgement
        if isAcknowledgement { answeredLate(header.messageID, from: path.source, at: now) }
        if tokens.isResting(header.token) { counters.lateGroupResponses += 1 }
        if header.type == .nonConfirmable, rejectedTokens.take(header.token, from: path.source, at: now) {
            counters.rejectedNotifications += 1
            reset(header.messageID, path, effects: &effects)
        } else {
            refuse(header.type, header.messageID, path, effects: &effects)
        }
    }

    /// The exchange that a response belongs to.
    private func match(_ header: DatagramHeader, _ path: DatagramPath) -> ExchangeID? {
        guard let id = exchangesByToken[header.token], let exchange = exchanges[id.number] else { return nil }
        // COAP-0065, COAP-0082: the token alone decides for a group, whose members answer from their own addresses.
        guard exchange.isGroup || exchange.destination.isSameEndpoint(as: path.source) else { return nil }
        // Nothing can be answered that has not left yet.
        guard exchange.main != nil else { return nil }
        // COAP-0062: a piggybacked response answers the Message ID too, and only a confirmable request gets one.
        if header.type == .acknowledgement {
            guard let number = sentNumbers[SentID(header.messageID, path.source)], let message = sent[number],
                message.owner == .exchange(id),
                message.destination.isSameEndpoint(as: path.source),
                message.retransmission != nil || exchange.expects.isVerified
            else { return nil }
        }
        return id
    }

    /// A response has come: the requests that it may answer are outstanding no more, and are not sent again if it is
    /// certain that they have arrived.
    private mutating func answered(
        _ id: ExchangeID, by header: DatagramHeader, _ path: DatagramPath, isCertain: Bool, at now: MonotonicInstant
    ) {
        exchanges.update(id.number) { $0?.isAnswered = true }
        guard let exchange = exchanges[id.number] else { return }
        if let main = exchange.main { settle(main, path, isCertain: isCertain, at: now) }
        for number in exchange.further { settle(number, path, isCertain: isCertain, at: now) }
    }

    private mutating func settle(
        _ number: UInt64, _ path: DatagramPath, isCertain: Bool, at now: MonotonicInstant
    ) {
        guard let message = sent[number],
            message.destination.address.isMulticast || message.destination.isSameEndpoint(as: path.source)
        else { return }
        answered(message, at: now)
        if isCertain { stop(number) }
    }

    /// Whether every critical option of a response is understood and well-formed.
    private func isUsable(_ body: Span<UInt8>) -> Bool {
        var reader = OptionReader(body)
        var previous: OptionNumber?
        // The format has been checked: it does not throw.
        while (try? reader.advance()) == true {
            let number = reader.number
            defer { previous = number }
            guard number.isCritical else { continue }
            guard understoodInResponses.contains(number), let lengths = number.valueLengths,
                lengths.contains(reader.value.count), number.isRepeatable || previous != number
            else { return false }
        }
        return true
    }
}
