public import CoAP

/// How OSCORE treats an option (RFC 8613 §4.1).
public enum OptionClass: Hashable, Sendable {
    /// Encrypted and integrity-protected: moved into the plaintext.
    case encrypted
    /// Unprotected: stays outside for proxies.
    case unprotected

    /// The class of an option in a message to be protected.
    public init(_ number: OptionNumber) {
        // OSC-0020; OSC-0018: an option without defined processing is Class E.
        switch number {
        case .uriHost, .uriPort, .oscore, .proxyUri, .proxyScheme, .hopLimit: self = .unprotected
        default: self = .encrypted
        }
    }
}
