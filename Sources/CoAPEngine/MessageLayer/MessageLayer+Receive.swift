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
        latestInput = now
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
            receiveEmpty(header, path, at: now, random: &random, effects: &effects)
        } else if header.code.isRequest {
            receiveRequest(datagram, header, body, path, at: now, effects: &effects)
        } else if header.code.isResponse {
            receiveResponse(datagram, header, body, path, at: now, effects: &effects)
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
        reset(messageID, path, effects: &effects)
    }

    internal mutating func reset(
        _ messageID: MessageID, _ path: DatagramPath, effects: inout [MessageLayerEffect]
    ) {
        if answer(emptyMessage(.reset, messageID, path), effects: &effects) { counters.resetsSent += 1 }
    }

    /// Sends what somebody has asked for, unless that address has been answered too often lately.
    @discardableResult
    internal mutating func answer(_ datagram: OutgoingDatagram, effects: inout [MessageLayerEffect]) -> Bool {
        // COAP-0261: the request has been processed; only the network is spared.
        guard budget.take(datagram.destination.address, at: latestInput) else {
            counters.rateLimited += 1
            return false
        }
        effects.append(.transmit(datagram))
        return true
    }

    internal func emptyMessage(_ type: MessageType, _ messageID: MessageID, _ path: DatagramPath) -> OutgoingDatagram {
        // COAP-0043: from the address that was asked.
        OutgoingDatagram(
            header: DatagramHeader(type: type, code: .empty, messageID: messageID), body: [],
            destination: path.answerDestination, source: path.answerSource)
    }

    private mutating func receiveEmpty(
        _ header: DatagramHeader, _ path: DatagramPath, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [MessageLayerEffect]
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
            receiveAcknowledgement(header.messageID, path, at: now, random: &random, effects: &effects)
        case .reset:
            receiveReset(header.messageID, path, at: now, effects: &effects)
        }
    }

    private mutating func receiveAcknowledgement(
        _ messageID: MessageID, _ path: DatagramPath, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [MessageLayerEffect]
    ) {
        // COAP-0062
        guard let number = sentNumbers[SentID(messageID, path.source)], let message = sent[number],
            message.retransmission != nil,
            message.destination.isSameEndpoint(as: path.source)
        else {
            counters.unmatched += 1
            answeredLate(messageID, from: path.source, at: now)
            return
        }
        switch message.owner {
        case .exchange(let id):
            // Whoever forges it lets a request of ours go a little earlier, and gains nothing else by that.
            answered(message, at: now)
            // Four bytes that anybody can forge must not end the retransmission of what only a genuine answer ends.
            if exchanges[id.number]?.expects.isVerified == true { return }
            // COAP-0050: the exchange stays open for the separate response.
            stop(number)
        case .response:
            forget(number)
        case .notification(let id):
            forget(number)
            acknowledged(id, at: now, random: &random, effects: &effects)
        }
    }

    private mutating func receiveReset(
        _ messageID: MessageID, _ path: DatagramPath, at now: MonotonicInstant, effects: inout [MessageLayerEffect]
    ) {
        let sentID = SentID(messageID, path.source)
        guard let number = sentNumbers[sentID], let message = sent[number],
            message.destination.isSameEndpoint(as: path.source)
        else {
            // COAP-0147: the client wants no more of what it was not asked to acknowledge.
            if let id = sentNotifications.take(sentID, from: path.source, at: now) {
                counters.resetsReceived += 1
                conclude(id, .reset, effects: &effects)
            } else {
                counters.unmatched += 1
                answeredLate(messageID, from: path.source, at: now)
            }
            return
        }
        switch message.owner {
        case .exchange(let id):
            receiveReset(of: id, number, message, at: now, effects: &effects)
        case .response:
            counters.resetsReceived += 1
            forget(number)
            // COAP-0147: the answer that began an observation.
            if let id = sentNotifications.take(sentID, from: path.source, at: now) {
                conclude(id, .reset, effects: &effects)
            }
        case .notification(let id):
            // COAP-0143
            counters.resetsReceived += 1
            conclude(id, .reset, effects: &effects)
        }
    }

    /// One member of a group, or who says to be one, cannot end the exchange with all of them: a group's address is no
    /// source, so at most the request to that member alone ends. Nor can a reset end what was answered before.
    private mutating func receiveReset(
        of id: ExchangeID, _ number: UInt64, _ message: SentMessage, at now: MonotonicInstant,
        effects: inout [MessageLayerEffect]
    ) {
        guard let exchange = exchanges[id.number], !exchange.isAnswered, !exchange.expects.isVerified else {
            counters.unmatched += 1
            return
        }
        counters.resetsReceived += 1
        answered(message, at: now)
        if exchange.destination == message.destination {
            fail(id, .reset, at: now, effects: &effects)
        } else {
            stop(number)
        }
    }

    private mutating func receiveRequest(
        _ datagram: Span<UInt8>, _ header: DatagramHeader, _ body: Span<UInt8>, _ path: DatagramPath,
        at now: MonotonicInstant, effects: inout [MessageLayerEffect]
    ) {
        // COAP-0044
        guard header.type == .confirmable || header.type == .nonConfirmable else {
            counters.malformed += 1
            return
        }
        let key = DeduplicationCache.Key(datagram, path: path, messageID: header.messageID)
        guard !answerDuplicate(key, header.type, at: now, effects: &effects) else { return }
        guard pending.count < limits.pendingRequests else {
            counters.overload += 1
            return
        }
        guard let number = remember(key, header.type, isLasting: actsAgain(header.code, body), at: now) else {
            // COAP-0055: a confirmable one comes again, when there may be room.
            counters.unrememberable += 1
            return
        }
        let isConfirmable = header.type == .confirmable
        let handle = RequestHandle(
            number: pending.insert(
                PendingRequest(
                    seenAs: number, path: path, type: header.type, messageID: header.messageID, token: header.token,
                    acknowledgesAt: isConfirmable
                        ? now.advanced(byNanoseconds: timing.acknowledgementDelay) : nil,
                    concludesAt: now.advanced(byNanoseconds: timing.exchangeLifetime))))
        arm(handle)
        effects.append(
            .request(
                IncomingRequest(
                    handle: handle, path: path, code: header.code, body: [UInt8](copying: body), token: header.token,
                    type: header.type, byteCount: datagram.count)))
    }

    /// Whether the message came before. Then a confirmable one gets what it got then, if anything.
    internal mutating func answerDuplicate(
        _ key: DeduplicationCache.Key, _ type: MessageType, at now: MonotonicInstant,
        effects: inout [MessageLayerEffect]
    ) -> Bool {
        guard case .duplicate(let answer) = seen.lookup(key, at: now) else { return false }
        counters.duplicates += 1
        // COAP-0055, COAP-0056
        if type == .confirmable, let answer {
            if self.answer(answer, effects: &effects) { counters.duplicatesAnswered += 1 }
        }
        return true
    }

    /// - Returns: `nil` if there is no room for what has to be remembered.
    internal mutating func remember(
        _ key: DeduplicationCache.Key, _ type: MessageType, isLasting: Bool = false, at now: MonotonicInstant
    ) -> DeduplicationCache.Number? {
        let lifetime = type == .confirmable ? timing.exchangeLifetime : timing.nonLifetime
        return seen.insert(key, isLasting: isLasting, until: now.advanced(byNanoseconds: lifetime), at: now)
    }

    /// Whether a request that is processed twice may do something twice (RFC 7252 §5.1). Where there is OSCORE, its replay
    /// window keeps it from that.
    private func actsAgain(_ code: Code, _ body: Span<UInt8>) -> Bool {
        guard code == .post || code == .patch else { return false }
        var reader = OptionReader(body)
        // The format has been checked: it does not throw. Options are in the order of their numbers.
        while (try? reader.advance()) == true, reader.number.rawValue <= OptionNumber.oscore.rawValue {
            if reader.number == .oscore { return false }
        }
        return true
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
