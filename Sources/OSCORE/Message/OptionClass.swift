public import CoAP

/// Where OSCORE lets an option stand (RFC 8613 §4.1, figure 5).
public enum OptionClass: Hashable, Sendable {
    /// Class E only: encrypted and integrity-protected, moved into the plaintext.
    case encrypted
    /// Class U only: unprotected, stays outside for proxies.
    case unprotected
    /// Class E or Class U: encrypted when an application sets it; a proxy or the transport may set one of its own outside.
    case encryptedOrUnprotected

    /// The class of an option.
    public init(_ number: OptionNumber) {
        // OSC-0017, OSC-0020. By number, because this runs for every option of every message.
        switch number.rawValue {
        // Uri-Host, Uri-Port, OSCORE, Hop-Limit (RFC 8768), EDHOC (RFC 9668), Proxy-Uri, Proxy-Scheme
        case 3, 7, 9, 16, 21, 35, 39: self = .unprotected
        // OSC-0022
        // Observe, Max-Age, Q-Block1 (RFC 9177), Block2, Block1, Size2, Q-Block2, Size1, Echo and Request-Tag (RFC 9175),
        // No-Response
        case 6, 14, 19, 23, 27, 28, 31, 60, 252, 258, 292: self = .encryptedOrUnprotected
        // OSC-0018: an option without defined processing is Class E.
        default: self = .encrypted
        }
    }

    /// Whether a message to be protected carries the option inside.
    public var goesInside: Bool { self != .unprotected }

    // OSC-0078, OSC-0088, OSC-0047: what could stand inside does not count outside.
    /// Whether a receiver heeds the option where it stands outside. All others are discarded there.
    public var countsOutside: Bool { self == .unprotected }
}
