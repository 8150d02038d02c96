internal import Bytes
internal import CoAP

extension Endpoint {
    /// Takes a response in. One that comes in outer blocks is fetched and put together before anything else is done with it.
    mutating func receive(
        _ response: IncomingResponse, on exchange: ExchangeID, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        // OSC-0091
        if let original = outer.fetches.removeValue(forKey: exchange) {
            guard var download = outer.downloads[original], download.fetch == exchange else { return }
            download.fetch = nil
            return proceed(download, with: response, of: original, at: now, random: &random, effects: &effects)
        }
        guard exchanges[exchange.number]?.protection != nil, response.isFirstBlock else {
            return accept(response, on: exchange, at: now, random: &random, effects: &effects)
        }
        // Sent again because the request was: what follows is under way.
        guard outer.downloads[exchange]?.firstBody != response.body else { return }
        // A newer notification takes the place of one that is not whole.
        abandonDownload(of: exchange, at: now)
        guard outer.downloads.count < outer.settings.responses, !response.path.isMulticast,
            layer.exchanges[exchange.number]?.isGroup == false
        else {
            counters.responsesRefused += 1
            return
        }
        proceed(
            OuterDownload(response, limit: outer.limit), with: response, of: exchange, at: now, random: &random,
            effects: &effects)
    }

    /// Whether an exchange that failed was only one by which a block should come.
    mutating func isFetchLost(_ exchange: ExchangeID) -> Bool {
        guard let original = outer.fetches.removeValue(forKey: exchange) else { return false }
        if outer.downloads[original]?.fetch == exchange {
            outer.downloads[original] = nil
            counters.outerBlocks.incomplete += 1
        }
        return true
    }

    // What is given up here may be forged. As with any response that is not genuine, the exchange goes on, and ends with
    // its time if nothing better comes.
    private mutating func proceed(
        _ download: OuterDownload, with response: IncomingResponse, of exchange: ExchangeID, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        var download = download
        outer.downloads[exchange] = nil
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
        var download = download
        var pending = takeLayerEffects()
        do throws(SendError) {
            let id = try layer.send(
                OutgoingRequest(message: message, destination: sent.destination, source: sent.source), at: now,
                random: &random, effects: &pending)
            download.fetch = id
            outer.downloads[exchange] = download
            outer.fetches[id] = exchange
        } catch {
            counters.outerBlocks.incomplete += 1
        }
        process(&pending, at: now, random: &random, effects: &effects)
    }

    private mutating func abandonDownload(of exchange: ExchangeID, at now: MonotonicInstant) {
        guard let download = outer.downloads.removeValue(forKey: exchange) else { return }
        counters.outerBlocks.incomplete += 1
        guard let fetch = download.fetch else { return }
        outer.fetches[fetch] = nil
        layer.end(fetch, at: now)
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
