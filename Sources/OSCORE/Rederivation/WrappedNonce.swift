import Bytes
import CBOR

/// The form in which the random strings of a re-derivation travel as kid context: a CBOR byte string (RFC 8613 §B.2).
enum WrappedNonce {
    static func wrap(_ nonce: [UInt8]) -> [UInt8] {
        var wrapped: [UInt8] = []
        CBOREncoding.write(bytes: nonce.span, into: &wrapped)
        return wrapped
    }

    /// The content of a kid context that is exactly one byte string of at least ``minimumCount`` bytes.
    static func unwrap(_ kidContext: Span<UInt8>?) -> [UInt8]? {
        guard let kidContext else { return nil }
        var reader = CBORReader(kidContext)
        guard let nonce = try? reader.readBytes(), reader.isAtEnd, nonce.count >= minimumCount else { return nil }
        return [UInt8](copying: nonce)
    }

    /// Shorter strings repeat too soon.
    static let minimumCount = 8
}
