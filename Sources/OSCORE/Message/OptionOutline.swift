import Bytes
import CoAP

/// What one walk over the options of a message to be protected finds out.
///
/// Most messages have nothing that stays outside: then their options are the inner options, byte for byte, because both
/// are delta-encoded from 0.
package struct OptionOutline: Sendable {
    /// Whether the options go inside exactly as they are.
    package private(set) var isAllInside = true
    /// Whether there is an Observe option.
    package private(set) var hasObserve = false
    /// What a request wants with its Observe option.
    package private(set) var observe: ObserveRequest?

    /// Walks over the options and the payload.
    ///
    /// - Parameter isResponse: The Observe option of a response changes on its way inside.
    @inline(__always)
    package init(_ body: Span<UInt8>, isResponse: Bool) throws(ProtectionError) {
        var reader = OptionReader(body)
        while try Plaintext.advance(&reader) {
            try note(reader.number, reader.value, isResponse: isResponse)
        }
    }

    private mutating func note(
        _ number: OptionNumber, _ value: Span<UInt8>, isResponse: Bool
    ) throws(ProtectionError) {
        if number.rawValue == OptionNumber.observe.rawValue {
            hasObserve = true
            isAllInside = false
            if !isResponse { observe = ObserveRequest(value) }
            return
        }
        guard !OptionClass(number).goesInside else { return }
        // OSC-0049: no nesting.
        guard number != .oscore else { throw .unsupportedOption }
        // OSC-0025: path and query of a Proxy-Uri are no business of the proxy.
        guard number != .proxyUri || ProxyURI.isSplit(value) else { throw .unsupportedOption }
        isAllInside = false
    }
}
