/// Why bytes are not a CoAP message (RFC 7252 §3). Carries no bytes of the message.
public enum CoAPFormatError: Error, Hashable, Sendable {
    /// Fewer than the four bytes of the header.
    case truncatedHeader
    /// A version other than 1: ignored in silence, whatever the type.
    case unsupportedVersion
    /// A token length of 9 to 15.
    case reservedTokenLength
    /// The datagram ends within the token.
    case truncatedToken
    /// Code 0.00 with a token, options or a payload.
    case contentInEmptyMessage
    /// A nibble of 15 that is not part of the payload marker.
    case reservedOptionNibble
    /// The bytes end within the head or the value of an option.
    case truncatedOption
    /// The option deltas add up to more than 65535.
    case optionNumberOverflow
    /// A payload marker with nothing after it.
    case missingPayload
}
