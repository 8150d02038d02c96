internal import Bytes
internal import CoAP

extension MessageLayer {
    /// Takes one datagram from the socket.
    ///
    /// - Parameters:
    ///   - datagram: The UDP payload, borrowed for this call only.
    ///   - path: Who sent it to which address.
    ///   - now: The moment of arrival.
    ///   - random: The only source of randomness.
    ///   - effects: Receives what to do. Untouched if the datagram is dropped.
    public mutating func receive(
        _ datagram: Span<UInt8>, from path: DatagramPath, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [MessageLayerEffect]
    ) {
        counters.received += 1
        // Nobody can be answered at such an address.
        guard !path.source.address.isMulticast, path.source.port != 0 else {
            counters.malformed += 1
            return
        }
        let header: DatagramHeader
        let body: Span<UInt8>
        do throws(CoAPFormatError) {
            let (decoded, offset) = try DatagramCodec.decode(datagram)
            header = decoded
            body = datagram.extracting(droppingFirst: offset)
            try DatagramCodec.checkBody(body)
        } catch {
            counters.malformed += 1
            // COAP-0002: without a prefix that can be trusted there is silence.
            guard let prefix = DatagramCodec.prefix(of: datagram) else { return }
            refuse(prefix.type, prefix.messageID, path, effects: &effects)
            return
        }
        if path.isMulticast {
            // COAP-0087, COAP-0088: a group gets non-confirmable requests and nothing else.
            guard header.type == .nonConfirmable, header.code.isRequest else {
                counters.refusedFromGroup += 1
                return
            }
        }
        if header.code.isEmpty {
            receiveEmpty(header, path, at: now, effects: &effects)
        } else if header.code.isRequest {
            let key = DeduplicationCache.Key(datagram, path: path, messageID: header.messageID)
            receiveRequest(header, body, path, key, at: now, effects: &effects)
        } else if header.code.isResponse {
            let key = DeduplicationCache.Key(datagram, path: path, messageID: header.messageID)
            receiveResponse(header, body, path, key, at: now, effects: &effects)
        } else {
            // COAP-0045: reserved classes.
            counters.malformed += 1
            refuse(header.type, header.messageID, path, effects: &effects)
        }
    }

    /// Rejects a message: a reset for a confirmable one that was sent to us alone, silence for everything else.
    internal mutating func refuse(
        _ type: MessageType, _ messageID: MessageID, _ path: DatagramPath, effects: inout [MessageLayerEffect]
    ) {
        // COAP-0044, COAP-0046, COAP-0087
        guard type == .confirmable, !path.isMulticast else { return }
        counters.resetsSent += 1
        effects.append(.transmit(emptyMessage(.reset, messageID, path)))
    }

    internal func emptyMessage(_ type: MessageType, _ messageID: MessageID, _ path: DatagramPath) -> OutgoingDatagram {
        // COAP-0043: from the address that was asked.
        OutgoingDatagram(
            header: DatagramHeader(type: type, code: .empty, messageID: messageID), body: [],
            destination: path.answerDestination, source: path.answerSource)
    }

    private mutating func receiveEmpty(
        _ header: DatagramHeader, _ path: DatagramPath, at now: MonotonicInstant,
        effects: inout [MessageLayerEffect]
    ) {
        switch header.type {
        case .confirmable:
            // COAP-0063: ping.
            counters.pings += 1
            refuse(.confirmable, header.messageID, path, effects: &effects)
        case .nonConfirmable:
            // COAP-0046: never empty.
            counters.malformed += 1
        case .acknowledgement:
            guard let transmission = transmissions[header.messageID],
                transmission.datagram.destination.isSameEndpoint(as: path.source)
            else {
                counters.unmatched += 1
                return
            }
            // Four bytes that anybody can forge must not end the retransmission of what only a genuine answer ends.
            if let id = transmission.exchange, exchanges[id]?.expects == .verifiedResponse { return }
            // COAP-0050: the exchange stays open for the separate response.
            stop(header.messageID)
        case .reset:
            receiveReset(header.messageID, path, at: now, effects: &effects)
        }
    }

    private mutating func receiveReset(
        _ messageID: MessageID, _ path: DatagramPath, at now: MonotonicInstant, effects: inout [MessageLayerEffect]
    ) {
        if let id = exchangesByMessageID[messageID], let exchange = exchanges[id] {
            // One member of a group, or who says to be one, cannot end the exchange with all of them.
            guard !exchange.isGroup, exchange.expects != .verifiedResponse,
                exchange.destination.isSameEndpoint(as: path.source)
            else {
                counters.unmatched += 1
                return
            }
            counters.resetsReceived += 1
            end(id, at: now)
            effects.append(.failed(id, .reset))
        } else if let transmission = transmissions[messageID],
            transmission.datagram.destination.isSameEndpoint(as: path.source)
        {
            counters.resetsReceived += 1
            stop(messageID)
        } else {
            counters.unmatched += 1
        }
    }

    private mutating func receiveRequest(
        _ header: DatagramHeader, _ body: Span<UInt8>, _ path: DatagramPath, _ key: DeduplicationCache.Key,
        at now: MonotonicInstant, effects: inout [MessageLayerEffect]
    ) {
        // COAP-0044
        guard header.type == .confirmable || header.type == .nonConfirmable else {
            counters.malformed += 1
            return
        }
        guard !answerDuplicate(key, header.type, at: now, effects: &effects) else { return }
        guard pending.count < limits.pendingRequests else {
            counters.overload += 1
            return
        }
        remember(key, header.type, at: now)
        let handle = RequestHandle(number: nextNumber())
        pending[handle] = PendingRequest(
            key: key, path: path, type: header.type, messageID: header.messageID, token: header.token)
        timers.set(.expiry(handle), at: now.advanced(by: parameters.exchangeLifetime))
        if header.type == .confirmable {
            // COAP-0059: well before the client sends again.
            timers.set(.acknowledgement(handle), at: now.advanced(by: parameters.ackTimeout / 2))
        }
        effects.append(
            .request(
                IncomingRequest(
                    handle: handle, path: path, code: header.code, body: [UInt8](copying: body), token: header.token,
                    type: header.type)))
    }

    private mutating func receiveResponse(
        _ header: DatagramHeader, _ body: Span<UInt8>, _ path: DatagramPath, _ key: DeduplicationCache.Key,
        at now: MonotonicInstant, effects: inout [MessageLayerEffect]
    ) {
        switch header.type {
        case .reset:
            // COAP-0044
            counters.malformed += 1
            return
        case .acknowledgement: break
        case .confirmable, .nonConfirmable:
            guard !answerDuplicate(key, header.type, at: now, effects: &effects) else { return }
        }
        guard let id = match(header, path), let exchange = exchanges[id] else {
            counters.unmatchedResponses += 1
            if tokens.isResting(header.token) { counters.lateGroupResponses += 1 }
            // COAP-0061, COAP-0098: a confirmable response that nobody waits for is reset, any other is ignored.
            refuse(header.type, header.messageID, path, effects: &effects)
            return
        }
        if header.type != .acknowledgement { remember(key, header.type, at: now) }
        if header.type == .confirmable {
            // COAP-0061
            let acknowledgement = emptyMessage(.acknowledgement, header.messageID, path)
            seen.remember(acknowledgement, for: key)
            effects.append(.transmit(acknowledgement))
        }
        // COAP-0051: a response says that the request has arrived, acknowledged or not.
        // Unless it may be forged: then only the upper layer can tell.
        if exchange.expects != .verifiedResponse { stop(exchange.messageID) }
        if exchange.expects == .oneResponse { end(id, at: now) }
        effects.append(.response(id, IncomingResponse(path: path, code: header.code, body: [UInt8](copying: body))))
    }

    /// The exchange that a response belongs to.
    private func match(_ header: DatagramHeader, _ path: DatagramPath) -> ExchangeID? {
        guard let id = exchangesByToken[header.token], let exchange = exchanges[id] else { return nil }
        // COAP-0065, COAP-0082: the token alone decides for a group, whose members answer from their own addresses.
        guard exchange.isGroup || exchange.destination.isSameEndpoint(as: path.source) else { return nil }
        // COAP-0062: a piggybacked response answers the Message ID too, and only a confirmable request gets one.
        if header.type == .acknowledgement {
            guard header.messageID == exchange.messageID,
                transmissions[header.messageID] != nil || exchange.expects == .verifiedResponse
            else { return nil }
        }
        return id
    }

    /// Whether the message came before. Then a confirmable one gets what it got then, if anything.
    private mutating func answerDuplicate(
        _ key: DeduplicationCache.Key, _ type: MessageType, at now: MonotonicInstant,
        effects: inout [MessageLayerEffect]
    ) -> Bool {
        guard case .duplicate(let answer) = seen.lookup(key, at: now) else { return false }
        counters.duplicates += 1
        // COAP-0055, COAP-0056
        if type == .confirmable, let answer {
            counters.duplicatesAnswered += 1
            effects.append(.transmit(answer))
        }
        return true
    }

    private mutating func remember(
        _ key: DeduplicationCache.Key, _ type: MessageType, at now: MonotonicInstant
    ) {
        let lifetime = type == .confirmable ? parameters.exchangeLifetime : parameters.nonLifetime
        seen.insert(key, until: now.advanced(by: lifetime), at: now)
    }
}

extension SocketAddress {
    /// Whether both name the same endpoint. An interface only tells link-local addresses apart, where both name one.
    internal func isSameEndpoint(as other: Self) -> Bool {
        guard address == other.address, port == other.port else { return false }
        guard address.isLinkLocal, interface != .unspecified, other.interface != .unspecified else { return true }
        return interface == other.interface
    }
}
