internal import Bytes
internal import CoAP

/// Responses kept for later requests (RFC 7252 §5.6, RFC 10020 §3.2). Bounded in entries and bytes; the oldest goes first.
internal struct ResponseCache: Sendable {
    /// What a request must have in common with an earlier one. The peer is the other half of the key.
    struct Key: Hashable, Sendable {
        let code: Code
        let options: Options
        let payload: [UInt8]

        /// `nil` for a request whose responses are not kept.
        ///
        /// - Parameter isGroup: Host and port then name the group. They stay out of the key, so that the response serves a
        ///   request to the responder itself (COAP-0127).
        init?(_ request: Message, isGroup: Bool) {
            guard request.code == .get || request.code == .fetch else { return nil }
            // COAP-0075: all options but those that the registry excepts and those that we deal with ourselves.
            var options = Options()
            var isConditional = false
            request.options.forEach { number, value in
                switch number {
                case .ifMatch, .ifNoneMatch: isConditional = true
                case .eTag, .observe, .block1, .block2, .echo: break
                case .uriHost, .uriPort: if !isGroup { options.append(number, Array(copying: value)) }
                case let number where number.isNoCacheKey: break
                default: options.append(number, Array(copying: value))
                }
            }
            guard !isConditional else { return nil }
            self.code = request.code
            self.options = options
            // COAP-0073: a FETCH asks with its body.
            self.payload = request.code == .fetch ? request.payload : []
        }

        var byteCount: Int { options.encoded.count + payload.count }
    }

    private struct Entry: Sendable {
        let order: UInt64
        var message: Message
        var freshUntil: MonotonicInstant
        let resource: ResourceKey
        let byteCount: Int
    }

    private let settings: ResponseCacheSettings
    private var entries: [Key: [PeerIdentity: Entry]] = [:]
    private var oldest = FIFO<(key: Key, peer: PeerIdentity, order: UInt64)>()
    private var lastOrder: UInt64 = 0
    private(set) var count = 0
    private(set) var bytes = 0

    init(settings: ResponseCacheSettings) {
        self.settings = settings
    }

    /// The response that may be used without asking.
    func fresh(_ key: Key, of peer: PeerIdentity, at now: MonotonicInstant) -> Message? {
        guard let entry = entries[key]?[peer], entry.freshUntil > now else { return nil }
        return entry.message
    }

    /// The ETag with which a response can be validated.
    func eTag(_ key: Key, of peer: PeerIdentity) -> [UInt8]? {
        guard let entry = entries[key]?[peer], entry.message.code.isSuccess else { return nil }
        return entry.message.options.eTag
    }

    /// The ETags with which members of a group can validate theirs: of each tag one member is known to have issued it, and
    /// none but that.
    func groupETags(_ key: Key) -> [[UInt8]] {
        // COAP-0210: a tag of two servers may stand for two representations.
        var issuers: [[UInt8]: Int] = [:]
        for entry in (entries[key] ?? [:]).values where entry.message.code.isSuccess {
            if let tag = entry.message.options.eTag { issuers[tag, default: 0] += 1 }
        }
        return issuers.filter { $0.value == 1 }.map(\.key).sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Keeps a response, if its code permits it.
    mutating func store(
        _ response: Message, for key: Key, of peer: PeerIdentity, resource: ResourceKey, at now: MonotonicInstant
    ) {
        switch response.code {
        // These speak of one request and not of the resource.
        case .unauthorized, .requestEntityIncomplete, .requestEntityTooLarge, .tooManyRequests, .serviceUnavailable:
            return
        default: break
        }
        remove(key, peer)
        // COAP-0076
        guard response.code == .content || settings.keepsErrors && response.code.isError else { return }
        let byteCount = key.byteCount + response.bodyLength
        guard settings.entries > 0, byteCount <= settings.bytes else { return }
        while let first = oldest.first {
            let isLive = entries[first.key]?[first.peer]?.order == first.order
            guard !isLive || count >= settings.entries || bytes + byteCount > settings.bytes else { break }
            if isLive { remove(first.key, first.peer) }
            oldest.removeFirst()
        }
        if oldest.count > 2 * count + 16 { rebuildOrder() }
        lastOrder += 1
        entries[key, default: [:]][peer] = Entry(
            order: lastOrder, message: response, freshUntil: Self.end(of: response, from: now), resource: resource,
            byteCount: byteCount)
        oldest.append((key, peer, lastOrder))
        count += 1
        bytes += byteCount
    }

    /// Takes a 2.03 and answers the stored response that it is about, with what the 2.03 says about it.
    mutating func validate(
        _ valid: Message, for key: Key, of peer: PeerIdentity, at now: MonotonicInstant
    ) -> Message? {
        guard valid.code == .valid, let tag = valid.options.eTag, var entry = entries[key]?[peer],
            entry.message.options.eTag == tag
        else { return nil }
        // COAP-0206: Max-Age counts even when it is not there; other safe options replace those of their kind.
        entry.message.options.maxAge = valid.options.maxAge
        entry.message.options.replace(with: valid.options) { !$0.isUnsafe }
        let (message, resource) = (entry.message, entry.resource)
        store(message, for: key, of: peer, resource: resource, at: now)
        return message
    }

    /// Takes the freshness of everything kept of a resource that a request has changed (RFC 7252 §5.9.1).
    mutating func invalidate(_ resource: ResourceKey, at now: MonotonicInstant) {
        for (key, peers) in entries {
            for (peer, entry) in peers where entry.resource == resource && entry.freshUntil > now {
                entries[key]?[peer]?.freshUntil = now
            }
        }
    }

    private static func end(of response: Message, from now: MonotonicInstant) -> MonotonicInstant {
        // COAP-0037
        now.advanced(by: .seconds(Int64(response.options.maxAge ?? 60)))
    }

    private mutating func remove(_ key: Key, _ peer: PeerIdentity) {
        guard let entry = entries[key]?.removeValue(forKey: peer) else { return }
        if entries[key]?.isEmpty == true { entries[key] = nil }
        count -= 1
        bytes -= entry.byteCount
    }

    private mutating func rebuildOrder() {
        let live = entries.flatMap { key, peers in peers.map { (key: key, peer: $0.key, order: $0.value.order) } }
        oldest = FIFO()
        for item in live.sorted(by: { $0.order < $1.order }) { oldest.append(item) }
    }
}

extension Options {
    /// Takes some of the options of a message, each in the place of all of its number. At once: one after the other, with as
    /// many as a datagram can hold, takes minutes.
    fileprivate mutating func replace(with other: Self, where isWanted: (OptionNumber) -> Bool) {
        var merged: [(number: OptionNumber, value: [UInt8])] = []
        other.forEach { number, value in
            if isWanted(number) { merged.append((number, Array(copying: value))) }
        }
        let replaced = Set(merged.map(\.number))
        forEach { number, value in
            if !replaced.contains(number) { merged.append((number, Array(copying: value))) }
        }
        self = Self()
        // Those of one number come from one message and keep their order.
        for (_, option) in merged.enumerated().sorted(by: {
            ($0.element.number, $0.offset) < ($1.element.number, $1.offset)
        }) {
            append(option.number, option.value)
        }
    }
}
