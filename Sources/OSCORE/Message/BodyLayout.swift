import Bytes
import CoAP

/// Where the options of a message go when it is protected (RFC 8613 §4.1).
struct BodyLayout {
    /// Whether the message has an Observe option.
    private(set) var observes = false
    /// Whether all options are encrypted and none of them also stands outside: then the plaintext is the Code and the
    /// body as it is, because options are encoded in one way only.
    private(set) var isWhollyInner = true

    /// Looks at every option of a body.
    init(_ body: Span<UInt8>) throws(ProtectionError) {
        var reader = OptionReader(body)
        while try Plaintext.advance(&reader) {
            let number = reader.number
            // OSC-0049: no nesting. OSC-0025: a Proxy-Uri must have been split before.
            guard number != .oscore, number != .proxyUri else { throw .unsupportedOption }
            if number == .observe {
                observes = true
                isWhollyInner = false
            } else if OptionClass(number) == .unprotected {
                isWhollyInner = false
            }
        }
    }
}
