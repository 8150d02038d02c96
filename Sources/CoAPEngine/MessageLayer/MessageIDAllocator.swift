internal import Bytes
internal import CoAP

/// Hands out Message IDs, none twice to one endpoint while it may still be in use.
///
/// Requests of our own draw from one half of the numbers, which all endpoints and groups share, and whatever answers others
/// from the other half: whoever makes us answer without end can use up the latter but not silence us. Each peer has a
/// count of its own for half of those; the last quarter is for peers that there is no count for.
///
/// Where a peer's numbers begin is a secret, and so is the order in which they follow each other: who could tell from the
/// messages that it gets itself under which numbers others get theirs could acknowledge or reset, in the name of another
/// address, what that one never saw.
internal struct MessageIDAllocator: Sendable {
    private struct Peer: Hashable, Sendable {
        let address: IPv6Address
        let port: UInt16

        init(_ endpoint: SocketAddress) {
            address = endpoint.address
            port = endpoint.port
        }

        /// Where its numbers begin, below 16384.
        func start(_ key: SipHash) -> UInt16 {
            let bytes = address.bytes + [UInt8(truncatingIfNeeded: port >> 8), UInt8(truncatingIfNeeded: port)]
            return UInt16(truncatingIfNeeded: key.hash(bytes) & 0x3fff)
        }
    }

    private struct PeerCount {
        private(set) var count = MessageIDCount(bits: 14)
        private let start: UInt16

        init(start: UInt16) {
            self.start = start
        }

        mutating func take(lifetime: Int64, at now: MonotonicInstant) -> UInt16? {
            count.take(lifetime: lifetime, at: now).map { ($0 &+ start) & 0x3fff | 0x8000 }
        }
    }

    /// In nanoseconds.
    private let lifetime: Int64
    private let maximumPeers: Int
    /// Hides the counts, drawn at the first use.
    private var permutation: MessageIDPermutation?
    /// Makes the beginnings of the peers; drawn at the first use.
    private var key: SipHash?
    // COAP-0054: a member of a group may get requests to it and to the group.
    private var requests = MessageIDCount(bits: 15)
    private var strangers = MessageIDCount(bits: 14)
    private var peers: [Peer: PeerCount] = [:]
    /// No idle peer is looked for before.
    private var nextSweep = MonotonicInstant.earliest

    var peerCount: Int { peers.count }

    init(lifetime: Int64, maximumPeers: Int) {
        self.lifetime = lifetime
        self.maximumPeers = max(maximumPeers, 0)
    }

    /// The next Message ID for a request, or `nil` while all that are left may still be in use.
    ///
    /// So there are at most 32768 within EXCHANGE_LIFETIME: 132 a second for hours, more for a while.
    mutating func nextForRequest(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> MessageID? {
        drawPermutation(random: &random)
        return requests.take(lifetime: lifetime, at: now).map(permuted)
    }

    /// The next Message ID for a response or notification, or `nil` while all that are left may still be in use.
    ///
    /// So there are at most 16384 for one peer within EXCHANGE_LIFETIME.
    mutating func nextForAnswer(
        to endpoint: SocketAddress, at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> MessageID? {
        drawPermutation(random: &random)
        let peer = Peer(endpoint)
        if let index = peers.index(forKey: peer) {
            return peers.values[index].take(lifetime: lifetime, at: now).map(permuted)
        }
        let start = peer.start(key(random: &random))
        guard hasRoom(at: now) else {
            return strangers.take(lifetime: lifetime, at: now).map { permuted(($0 &+ start) & 0x3fff | 0xc000) }
        }
        var count = PeerCount(start: start)
        let first = count.take(lifetime: lifetime, at: now)
        peers[peer] = count
        return first.map(permuted)
    }

    private mutating func key(random: inout some RandomNumberGenerator) -> SipHash {
        let drawn = key ?? SipHash(random: &random)
        key = drawn
        return drawn
    }

    private mutating func drawPermutation(random: inout some RandomNumberGenerator) {
        // COAP-0053
        if permutation == nil { permutation = MessageIDPermutation(random: &random) }
    }

    private func permuted(_ number: UInt16) -> MessageID {
        MessageID(rawValue: permutation?.permute(number) ?? number)
    }

    /// Whether another peer can have a count. Only one whose Message IDs are all out of use can be forgotten.
    private mutating func hasRoom(at now: MonotonicInstant) -> Bool {
        guard peers.count >= maximumPeers else { return true }
        guard now >= nextSweep else { return false }
        nextSweep = now.advanced(by: .seconds(10))
        peers = peers.filter { $0.value.count.lastUse.advanced(byNanoseconds: lifetime) > now }
        return peers.count < maximumPeers
    }
}

/// Counts through a range of Message IDs, and does not come back to a number before its time.
internal struct MessageIDCount: Sendable {
    /// The range has 2^bits numbers, in eight blocks.
    private let bits: UInt16
    private var next: UInt16 = 0
    /// When each block was used last, in nanoseconds.
    private var uses = SIMD8<Int64>(repeating: .min)
    private(set) var lastUse = MonotonicInstant.earliest

    init(bits: UInt16) {
        self.bits = bits
    }

    mutating func take(lifetime: Int64, at now: MonotonicInstant) -> UInt16? {
        let blockBits = bits - 3
        let block = Int(next >> blockBits)
        let used = MonotonicInstant(nanoseconds: uses[block])
        // COAP-0052: whoever enters a block finds it rested.
        if next & ((1 << blockBits) - 1) == 0, used.advanced(byNanoseconds: lifetime) > now { return nil }
        uses[block] = now.nanoseconds
        lastUse = now
        let number = next
        next = (next + 1) & ((1 << bits) - 1)
        return number
    }
}
