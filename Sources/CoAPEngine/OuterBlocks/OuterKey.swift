internal import Bytes
internal import CoAP

/// What makes outer blocks parts of one protected message: who sends them to which address, the outer Code, and the outer
/// options but for those that differ from block to block.
///
/// All resources look alike from outside. It is the OSCORE option that tells messages of one client apart, and Request-Tag
/// those of clients behind one proxy.
internal struct OuterKey: Hashable, Sendable {
    let source: SocketAddress
    let destination: IPv6Address
    let code: Code
    /// Encoded.
    let options: [UInt8]

    init(_ path: DatagramPath, _ message: Message) {
        source = path.source
        destination = path.destination
        code = message.code
        options = message.options.withoutOuterBlocks.encoded
    }

    /// Who shares what there is: a host may take any address of its network.
    var network: PeerIdentity {
        let address = source.address
        let low = address.isIPv4Mapped || address.isLinkLocal ? address.low : 0
        return .endpoint(SocketAddress(IPv6Address(high: address.high, low: low), port: 0))
    }
}

extension Options {
    /// Without what says how the outer message is cut, and what only its first block has.
    internal var withoutOuterBlocks: Self {
        var options = self
        options.removeAll { [.block1, .block2, .size1, .size2, .observe, .echo].contains($0) }
        return options
    }
}

extension BlockOption {
    /// Whether a payload can be this block.
    internal func permits(_ payload: [UInt8]) -> Bool {
        // COAP-0162
        isMore ? payload.count == size.byteCount : payload.count <= size.byteCount
    }
}

/// Outer messages by key, bounded in number and bytes, overall and for each network. The oldest goes first: nobody is known
/// before the last block is there.
internal struct OuterTable<Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        var value: Value
        let byteCount: Int
        let order: UInt64
    }

    private var entries: [OuterKey: Entry] = [:]
    private var shares: Shares
    private var lastOrder: UInt64 = 0

    var count: Int { shares.entries }
    var bytes: Int { shares.bytes }

    init(limits: ShareLimits) {
        shares = Shares(limits: limits)
    }

    subscript(key: OuterKey) -> Value? { entries[key]?.value }

    /// Changes what is there, in place; as long as before.
    mutating func update(_ key: OuterKey, _ change: (inout Value) -> Void) {
        guard let index = entries.index(forKey: key) else { return }
        change(&entries.values[index].value)
    }

    /// Puts a value in, in the place of what was there.
    ///
    /// - Returns: Whether there is room, if not, what was there has gone; and what else had to go.
    mutating func set(_ key: OuterKey, _ value: Value, byteCount: Int) -> (isKept: Bool, evicted: [OuterKey]) {
        remove(key)
        let bytes = byteCount + key.options.count
        let network = key.network
        var evicted: [OuterKey] = []
        while case let room = shares.room(for: network, entries: 1, bytes: bytes), room != .enough {
            let oldest = entries.filter { room == .allIsFull || $0.key.network == network }.min {
                $0.value.order < $1.value.order
            }
            guard let oldest else { return (false, evicted) }
            remove(oldest.key)
            evicted.append(oldest.key)
        }
        lastOrder += 1
        entries[key] = Entry(value: value, byteCount: bytes, order: lastOrder)
        shares.add(network, entries: 1, bytes: bytes)
        return (true, evicted)
    }

    @discardableResult
    mutating func remove(_ key: OuterKey) -> Value? {
        guard let entry = entries.removeValue(forKey: key) else { return nil }
        shares.add(key.network, entries: -1, bytes: -entry.byteCount)
        return entry.value
    }
}
