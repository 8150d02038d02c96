internal import Bytes
internal import CoAP

extension Endpoint {
    /// Takes a response in. One that comes in outer blocks is fetched and put together before anything else is done with it.
    mutating func receive(
        _ response: IncomingResponse, on exchange: ExchangeID, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        // OSC-0091
        if !outer.fetches.isEmpty, let original = outer.fetches.removeValue(forKey: exchange) {
            guard let download = outer.downloads.removeValue(forKey: original) else { return }
            if let newer = download.newer {
                return begin(newer, of: original, at: now, random: &random, effects: &effects)
            }
            return proceed(download, with: response, of: original, at: now, random: &random, effects: &effects)
        }
        guard exchanges[exchange.number]?.protection != nil, response.isFirstBlock else {
            return accept(response, on: exchange, at: now, random: &random, effects: &effects)
        }
        guard let underWay = outer.downloads[exchange] else {
            return begin(response, of: exchange, at: now, random: &random, effects: &effects)
        }
        // Sent again because the request was, or a newer notification: it takes the place of what is under way, once the
        // block that was asked for has come. So there is never more than one request for each exchange.
        guard underWay.firstBody != response.body else { return }
        outer.downloads[exchange]?.newer = response
    }

    private mutating func begin(
        _ first: IncomingResponse, of exchange: ExchangeID, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        guard outer.downloads.count < outer.settings.responses, layer.exchanges[exchange.number]?.isGroup == false
        else {
            counters.responsesRefused += 1
            return
        }
        proceed(
            OuterDownload(first, limit: outer.limit), with: first, of: exchange, at: now, random: &random,
            effects: &effects)
    }

    /// Takes note of an exchange that has failed.
    ///
    /// - Returns: Whether it was only one by which a block should come.
    mutating func fetchFailed(
        _ exchange: ExchangeID, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [EndpointEffect]
    ) -> Bool {
        guard let original = outer.fetches.removeValue(forKey: exchange) else { return false }
        guard let download = outer.downloads.removeValue(forKey: original) else { return true }
        counters.outerBlocks.incomplete += 1
        if let newer = download.newer { begin(newer, of: original, at: now, random: &random, effects: &effects) }
        return true
    }

    // What is given up here may be forged. As with any response that is not genuine, the exchange goes on, and ends with
    // its time if nothing better comes.
    private mutating func proceed(
        _ download: OuterDownload, with response: IncomingResponse, of exchange: ExchangeID, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        var download = download
        // Ended by something else meanwhile.
        guard exchanges[exchange.number] != nil else { return }
        switch download.take(response) {
        case .complete(let whole):
            counters.outerBlocks.responsesCompleted += 1
            accept(whole, on: exchange, at: now, random: &random, effects: &effects)
        case .tooLong:
            counters.outerBlocks.tooLong += 1
            counters.responsesRefused += 1
        case .unusable:
            counters.outerBlocks.incomplete += 1
            counters.responsesRefused += 1
        case .next:
            fetch(download, of: exchange, at: now, random: &random, effects: &effects)
        }
    }

    /// Asks for the next block: the same outer message without its payload (RFC 7959 §3.3). The OSCORE option names the
    /// response to whoever has cut it; nothing is protected anew, and no number is used.
    private mutating func fetch(
        _ download: OuterDownload, of exchange: ExchangeID, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        guard let sent = layer.exchanges[exchange.number]?.last?.datagram,
            var message = Message(datagram: sent.bytes)
        else { return }
        message.payload = []
        message.options = message.options.withoutOuterBlocks
        message.options.block2 = download.next
        var pending = takeLayerEffects()
        do throws(SendError) {
            let id = try layer.send(
                OutgoingRequest(message: message, destination: sent.destination, source: sent.source), at: now,
                random: &random, effects: &pending)
            outer.downloads[exchange] = download
            outer.fetches[id] = exchange
        } catch {
            counters.outerBlocks.incomplete += 1
        }
        process(&pending, at: now, random: &random, effects: &effects)
    }
}

extension IncomingResponse {
    /// Whether it is the beginning of a protected message of which there is more.
    fileprivate var isFirstBlock: Bool {
        var reader = OptionReader(body.span)
        var isProtected = false
        while (try? reader.advance()) == true {
            switch reader.number {
            case .oscore: isProtected = true
            case .block2:
                let block = BlockOption([UInt8](copying: reader.value))
                return isProtected && block.map { $0.isMore && $0.number == 0 } ?? false
            default: continue
            }
        }
        return false
    }
}

extension Message {
    /// Reads a datagram that we have made.
    fileprivate init?(datagram: [UInt8]) {
        guard let (header, offset) = try? DatagramCodec.decode(datagram.span),
            let message = try? Message(code: header.code, body: datagram.span.extracting(droppingFirst: offset))
        else { return nil }
        self = message
    }
}
