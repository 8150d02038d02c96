/// Makes codes that nobody else can make, for the Echo values of this server (RFC 9175 §2.3, Appendix A).
///
/// They prove that a client receives at its address, nothing more: neither who it is nor, without protection, that what
/// it says has not been changed.
public protocol EchoAuthenticator: Sendable {
    /// The code of some bytes: the same for the same bytes as long as the server runs, 8 to 28 bytes long.
    func code(of bytes: [UInt8]) -> [UInt8]
}

/// SipHash-2-4 under a key that dies with the server.
internal struct SipHashAuthenticator: EchoAuthenticator {
    let hash: SipHash

    func code(of bytes: [UInt8]) -> [UInt8] {
        let code = hash.hash(bytes)
        return (0..<8).map { UInt8(truncatingIfNeeded: code >> (8 * $0)) }
    }
}
