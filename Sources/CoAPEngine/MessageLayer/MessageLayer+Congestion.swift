public import Bytes
internal import CoAP

// Whose turn it is (RFC 7252 §4.7, RFC 10020 §3.6). What was decided and why: docs/decisions/0025-congestion.md.
extension MessageLayer {
    /// When a message may leave.
    internal enum Turn: Sendable {
        case now(MessageID)
        case later(notBefore: MonotonicInstant)

        var messageID: MessageID? {
            guard case .now(let messageID) = self else { return nil }
            return messageID
        }
    }

    /// How long to wait for a Message ID once none is free.
    internal static let retryInterval = Duration.seconds(1)

    /// When a request to an endpoint or a group may leave, as far as is known now: in the past if at once. What would wait
    /// here can be made then as it has to be at that moment.
    public func nextTurn(of address: SocketAddress) -> MonotonicInstant {
        guard let number = destinationsByAddress[address], let destination = destinations[number] else { return .earliest }
        return destination.queue.isEmpty ? destination.nextTurn(nStart: parameters.nStart) : .latest
    }

    /// Sets PROBING_RATE for what is sent from now on: whoever runs the network may say later how fast it is.
    ///
    /// - Parameter rate: In bytes a second; cut to 1 to 1,000,000,000.
    public mutating func probe(at rate: Int) {
        parameters = parameters.probing(at: rate)
        timing = Timing(parameters)
    }

    /// Where requests to an address are counted.
    internal mutating func destinationNumber(
        of address: SocketAddress, at now: MonotonicInstant
    ) throws(SendError) -> UInt64 {
        if let number = destinationsByAddress[address] { return number }
        if destinations.count >= min(destinationsWorthASweep, limits.destinations) {
            for number in destinations.numbers where destinations.update(number, { $0?.isIdle(at: now) }) == true {
                guard let idle = destinations.remove(number) else { continue }
                destinationsByAddress[idle.address] = nil
            }
            destinationsWorthASweep = max(64, 2 * destinations.count)
        }
        // COAP-0262
        guard destinations.count < limits.destinations else { throw .tooManyDestinations }
        let number = destinations.insert(Destination(address))
        destinationsByAddress[address] = number
        return number
    }

    /// Whether a message may leave at once, and then under which Message ID.
    ///
    /// - Parameter repeated: The Message ID of the transmission that is repeated; `nil` draws a new one.
    internal mutating func turn(
        at destination: UInt64, repeating repeated: MessageID? = nil, notBefore: MonotonicInstant = .earliest,
        at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) throws(SendError) -> Turn {
        let nStart = parameters.nStart
        let isFree = destinations.update(destination) { destination in
            destination?.queue.isEmpty == true && destination?.nextTurn(nStart: nStart, at: now) ?? now <= now
        }
        // COAP-0256
        guard isFree, notBefore <= now else {
            guard queuedRequests < limits.queuedRequests else { throw .queueFull }
            return .later(notBefore: notBefore)
        }
        guard let messageID = repeated ?? messageIDs.nextForRequest(at: now, random: &random) else {
            throw .messageIDsExhausted
        }
        return .now(messageID)
    }

    internal mutating func proceed(
        _ message: OutgoingMessage, to destination: UInt64, _ turn: Turn, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [MessageLayerEffect]
    ) {
        switch turn {
        case .now(let messageID):
            leave(message, as: messageID, to: destination, at: now, random: &random, effects: &effects)
        case .later(let notBefore):
            counters.queued += 1
            queuedRequests += 1
            exchanges.update(message.exchange.number) { $0?.queued += 1 }
            tidyQueue(of: destination)
            let waiting = Destination.Waiting(message: message, notBefore: notBefore)
            destinations.update(destination) { $0?.queue.append(waiting) }
            arm(destination, at: now)
        }
    }

    /// Lets all leave whose turn it is.
    internal mutating func dispatch(
        _ destination: UInt64, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [MessageLayerEffect]
    ) {
        destinations.update(destination) { $0?.timer = nil }
        while let first = destinations[destination]?.queue.first {
            let id = first.message.exchange
            guard let exchange = exchanges[id.number] else {
                destinations.update(destination) { $0?.queue.removeFirst() }
                continue
            }
            guard let turn = nextTurn(at: destination, at: now), turn <= now, first.notBefore <= now
            else { break }
            let messageID: MessageID?
            if let repeated = first.message.repeats {
                guard mayRepeat(exchange, at: now) else {
                    dequeue(id, from: destination)
                    continue
                }
                messageID = repeated
            } else {
                messageID = messageIDs.nextForRequest(at: now, random: &random)
            }
            guard let messageID else {
                let timer = timers.set(.destination(destination), at: now.advanced(by: Self.retryInterval))
                destinations.update(destination) { $0?.timer = timer }
                return
            }
            dequeue(id, from: destination)
            effects.append(.begun(id))
            leave(first.message, as: messageID, to: destination, at: now, random: &random, effects: &effects)
        }
        arm(destination, at: now)
    }

    /// Whether what an exchange sent last may be sent again under its Message ID: whoever gets it now for the first time
    /// remembers it for NON_LIFETIME, and by then the number may be in use again.
    internal func mayRepeat(_ exchange: Exchange, at now: MonotonicInstant) -> Bool {
        exchange.firstLeftAt.advanced(byNanoseconds: timing.exchangeLifetime - timing.nonLifetime) >= now
    }

    /// Has what waits for a destination looked at soon: something may leave now.
    internal mutating func wake(_ destination: UInt64, at now: MonotonicInstant) {
        timers.cancel(destinations[destination]?.timer)
        let timer = timers.set(.destination(destination), at: now)
        destinations.update(destination) { $0?.timer = timer }
    }

    /// Something came back for a request.
    internal mutating func answered(_ message: SentMessage, at now: MonotonicInstant) {
        guard let number = message.destinationNumber else { return }
        if destinations.update(number, { $0?.answered(message.messageID, at: now) }) == true { wake(number, at: now) }
    }

    /// Something came back for a message that is forgotten: whoever answers is not silent, and nothing is owed there any more.
    internal mutating func answeredLate(_ messageID: MessageID, from source: SocketAddress, at now: MonotonicInstant) {
        guard sentNumbers[SentID(messageID, source)] == nil, let number = destinationsByAddress[source] else { return }
        if destinations.update(number, { $0?.answeredLate(messageID, at: now) }) == true { wake(number, at: now) }
    }

    /// Nothing that comes back for a request matters any more.
    internal mutating func stopExpecting(_ sentNumber: UInt64, at now: MonotonicInstant) {
        guard let message = sent[sentNumber] else { return }
        if let number = message.destinationNumber {
            let lifetime = timing.exchangeLifetime
            let wakes = destinations.update(number) {
                $0?.stopExpecting(message.messageID, exchangeLifetime: lifetime, at: now)
            }
            if wakes == true { wake(number, at: now) }
        }
        forget(sentNumber)
    }

    /// Takes requests out of a queue whose exchange is over, once there may be more of them than of others.
    private mutating func tidyQueue(of number: UInt64) {
        guard let destination = destinations[number], destination.queue.count >= destination.queueWorthATidy else {
            return
        }
        let open = exchanges
        destinations.update(number) { destination in
            destination?.queue.removeAll { open[$0.message.exchange.number] == nil }
        }
        let left = destinations[number]?.queue.count ?? 0
        destinations.update(number) { $0?.queueWorthATidy = max(16, 2 * left) }
    }

    /// What one datagram costs a destination that does not answer.
    internal func cost(of datagram: OutgoingDatagram) -> Int64 { Int64(datagram.bytes.count) * timing.byteCost }

    private mutating func dequeue(_ exchange: ExchangeID, from destination: UInt64) {
        destinations.update(destination) { $0?.queue.removeFirst() }
        exchanges.update(exchange.number) { $0?.queued -= 1 }
        queuedRequests -= 1
    }

    private mutating func nextTurn(at destination: UInt64, at now: MonotonicInstant) -> MonotonicInstant? {
        let nStart = parameters.nStart
        return destinations.update(destination) { $0?.nextTurn(nStart: nStart, at: now) }
    }

    /// Sets the timer for the next turn, if anybody waits.
    private mutating func arm(_ destination: UInt64, at now: MonotonicInstant) {
        timers.cancel(destinations[destination]?.timer)
        destinations.update(destination) { $0?.timer = nil }
        guard let first = destinations[destination]?.queue.first,
            let turn = nextTurn(at: destination, at: now), turn < .latest
        else { return }
        let timer = timers.set(.destination(destination), at: max(turn, first.notBefore))
        destinations.update(destination) { $0?.timer = timer }
    }

    private mutating func leave(
        _ message: OutgoingMessage, as messageID: MessageID, to destination: UInt64, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [MessageLayerEffect]
    ) {
        let id = message.exchange
        var message = message
        message.datagram = message.datagram.numbered(messageID)
        let isConfirmable = message.datagram.type == .confirmable
        // A request to one member is no part of what is repeated to the group.
        let isMain = exchanges[id.number]?.destination == message.datagram.destination
        if message.repeats == nil {
            let number = remember(
                message.datagram, messageID, .exchange(id), destinationNumber: destination,
                isRetransmitted: isConfirmable, at: now, random: &random)
            if !isMain {
                keep(number, of: id, at: now)
            } else {
                if let earlier = exchanges[id.number]?.main { keep(earlier, of: id, at: now) }
                exchanges.update(id.number) {
                    $0?.main = number
                    $0?.firstLeftAt = now
                }
            }
        }
        let cost = cost(of: message.datagram)
        destinations.update(destination) {
            $0?.begin(
                messageID, cost: cost, settlesAfter: message.settlesAfter, isRetransmitted: isConfirmable, at: now)
        }
        if let timeout = message.timeout {
            timers.cancel(exchanges[id.number]?.timer)
            let timer = timers.set(.exchange(id), at: now.advanced(by: timeout))
            exchanges.update(id.number) { $0?.timer = timer }
        }
        effects.append(.transmit(message.datagram))
        guard isMain else { return }
        exchanges.update(id.number) {
            $0?.lastLeftAt = now
            $0?.last = message
        }
    }

    /// A long observation is registered again and again; only its latest requests can still be answered: of each member of a
    /// group, because all of them may have to be asked at once.
    private mutating func keep(_ earlier: UInt64, of id: ExchangeID, at now: MonotonicInstant) {
        exchanges.update(id.number) { $0?.further.append(earlier) }
        guard let all = exchanges[id.number]?.further, all.count > Self.maximumFurther else { return }
        let destination = sent[earlier]?.destination
        let alike = all.filter { sent[$0]?.destination == destination }
        guard let oldest = alike.count > Self.maximumFurther ? alike.first : all.first,
            alike.count > Self.maximumFurther || all.count > Self.maximumFurtherOfGroup
        else { return }
        stopExpecting(oldest, at: now)
        exchanges.update(id.number) { $0?.further.removeAll { $0 == oldest } }
    }

    private static let maximumFurther = 16
    private static let maximumFurtherOfGroup = 256
}
