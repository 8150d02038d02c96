import CoAPEngine
import CryptoPrimitives

/// The nonces that tokens have to carry where the manager demands that (RFC 9200 §5.3.1): the present one and the one
/// before, the same for all clients, so that nothing is kept for strangers.
struct ClientNonces: Sendable {
    private var present: [UInt8] = []
    private var previous: [UInt8] = []
    private var endsAt = MonotonicInstant(nanoseconds: .min)

    /// The nonce to be given out now.
    mutating func nonce(at now: MonotonicInstant, random: inout some RandomNumberGenerator) -> [UInt8] {
        rotate(at: now, random: &random)
        return present
    }

    /// Whether a nonce was given out lately.
    func contains(_ nonce: [UInt8]?) -> Bool {
        guard let nonce, !nonce.isEmpty else { return false }
        return nonce == present || nonce == previous
    }

    private mutating func rotate(at now: MonotonicInstant, random: inout some RandomNumberGenerator) {
        guard now >= endsAt else { return }
        // Nothing of what was given out before a long pause is fresh.
        previous = now < endsAt.advanced(by: Self.period) ? present : []
        present = random.bytes(8)
        endsAt = now.advanced(by: Self.period)
    }

    /// A nonce is good for one to two of these: an authorization server may be far away.
    private static let period = Duration.seconds(120)
}
