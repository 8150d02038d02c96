extension CoAPURIError: CustomStringConvertible {
    /// For a person: what is wrong, and what would be right.
    public var description: String {
        switch self {
        case .tooLong:
            "it is too long; at most \(CoAPURI.maximumLength) bytes, and 255 for each part of the path or the query"
        case .unsupportedScheme: "it must begin with coap://"
        case .invalidHost:
            "the host must be a name, an IPv4 address or an IPv6 address in brackets, without user or password"
        case .invalidPort: "the port must be a number from 1 to 65535"
        case .invalidCharacter: "it has a character that must be percent-encoded, such as %20 for a blank"
        case .invalidPercentEncoding: "% must be followed by two hexadecimal digits, and the bytes must be UTF-8"
        case .fragment: "requests have no fragment; leave out # and what follows, or write %23"
        case .dotSegment: "the path must not have a segment . or .."
        case .secureGroup: "there is no DTLS for groups; use coap:// and a port other than 5684"
        case .ipv4Group: "groups of IPv4 are not supported; use a group of IPv6, such as ff02::fd"
        case .unsupportedLocation: "the location has options that are not known here"
        }
    }
}
