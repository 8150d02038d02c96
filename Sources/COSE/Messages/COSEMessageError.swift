/// Why a COSE message does not yield what is in it (RFC 9052). Never says anything about keys or plaintext.
public enum COSEMessageError: Error, Hashable, Sendable, CaseIterable {
    /// Not the CBOR that such a message is.
    case malformed
    /// Well-formed, but with an algorithm, a header parameter or a number of recipients that is not built.
    case unsupported
    /// The tag or the signature does not fit: another key, or changed bytes.
    case notAuthentic
}
