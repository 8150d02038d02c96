import Bytes
import CoAP

/// What a request wants with its Observe option (RFC 7641 §2).
public enum ObserveRequest: Hashable, BitwiseCopyable, Sendable {
    /// Observe 0: the server may send several responses.
    case registration
    /// Observe 1: the server sends its last response.
    case cancellation

    /// Reads the value of an Observe option; `nil` for values that requests do not have.
    package init?(_ value: Span<UInt8>) {
        guard value.count <= 3 else { return nil }
        switch OptionUInt.decode(value) {
        case 0: self = .registration
        case 1: self = .cancellation
        default: return nil
        }
    }
}
