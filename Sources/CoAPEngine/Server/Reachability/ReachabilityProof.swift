internal import Bytes

/// Which addresses are known not to be forged (RFC 9175 §2.4).
///
/// Asking costs no memory: an Echo value says itself when it was made and for whom. Only addresses that have sent one
/// back are remembered, for a while, and each for the peer that has shown it.
internal struct ReachabilityProof: Sendable {
    private struct Place: Hashable, Sendable {
        let address: SocketAddress
        let peer: PeerIdentity
    }

    private var hash: SipHash?
    /// What the clock is ahead by in challenges, so that they do not say for how long this host has run (RFC 9175 §6).
    private var clockOffset: UInt64 = 0
    private var reachable: [Place: MonotonicInstant] = [:]
    private var oldest = FIFO<(place: Place, until: MonotonicInstant)>()
    private let capacity: Int

    var count: Int { reachable.count }

    init(capacity: Int) {
        self.capacity = max(capacity, 1)
    }

    mutating func draw(random: inout some RandomNumberGenerator) {
        guard hash == nil else { return }
        hash = SipHash(random: &random)
        clockOffset = random.next()
    }

    func isReachable(_ address: SocketAddress, _ peer: PeerIdentity, at now: MonotonicInstant) -> Bool {
        address.address.isLoopback || reachable[Place(address: address, peer: peer)].map { $0 > now } ?? false
    }

    /// A value to be sent to an address.
    func challenge(
        _ address: SocketAddress, _ peer: PeerIdentity, with authenticator: (any EchoAuthenticator)?,
        at now: MonotonicInstant
    ) -> [UInt8] {
        // COAP-0201
        let time = Self.bytes(UInt64(bitPattern: now.nanoseconds) &+ clockOffset)
        return time + code(time, address, peer, authenticator)
    }

    /// Looks at a value that has come from an address, and remembers the address if it is right.
    mutating func accept(
        _ echo: [UInt8], from address: SocketAddress, _ peer: PeerIdentity,
        with authenticator: (any EchoAuthenticator)?, lifetime: Duration, reachableFor: Duration,
        at now: MonotonicInstant
    ) -> Bool {
        guard echo.count > 8 else { return false }
        let time = Array(echo[..<8])
        let given = Array(echo[8...])
        let expected = code(time, address, peer, authenticator)
        guard ConstantTime.equal(given.span, expected.span) else { return false }
        var reader = ByteReader(time.span)
        let made = MonotonicInstant(
            nanoseconds: Int64(bitPattern: (reader.readInteger(byteCount: 8) ?? 0) &- clockOffset))
        guard made <= now, made.duration(to: now) <= lifetime else { return false }
        remember(Place(address: address, peer: peer), until: now.advanced(by: reachableFor), at: now)
        return true
    }

    private mutating func remember(_ place: Place, until: MonotonicInstant, at now: MonotonicInstant) {
        reachable[place] = until
        oldest.append((place, until))
        while let first = oldest.first {
            let isCurrent = reachable[first.place] == first.until
            guard !isCurrent || first.until <= now || reachable.count > capacity else { break }
            if isCurrent { reachable[first.place] = nil }
            oldest.removeFirst()
        }
    }

    /// Covers everything that the value must not be used apart from.
    private func code(
        _ time: [UInt8], _ address: SocketAddress, _ peer: PeerIdentity, _ authenticator: (any EchoAuthenticator)?
    ) -> [UInt8] {
        var bytes = time + address.address.bytes
        bytes += [UInt8(truncatingIfNeeded: address.port >> 8), UInt8(truncatingIfNeeded: address.port)]
        if case .association(let name) = peer { bytes += [1] + name }
        if let authenticator { return authenticator.code(of: bytes) }
        return hash.map { SipHashAuthenticator(hash: $0).code(of: bytes) } ?? []
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }
}

extension IPv6Address {
    /// `::1` and `::ffff:127.0.0.0/104`: nobody outside this host can send from there.
    internal var isLoopback: Bool { self == .loopback || high == 0 && low >> 24 == 0xffff_7f }
}
