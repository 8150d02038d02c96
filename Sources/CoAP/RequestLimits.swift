import Bytes

/// How much a request may ask a server to look at, before anything is done about it (RFC 7252 §11.1).
public struct RequestLimits: Hashable, Sendable {
    /// How many options.
    public var optionCount = 64
    /// How many segments the path has.
    public var pathDepth = 16
    /// How many arguments the query has.
    public var queryCount = 16
    /// The length of path and query as the text of a URI, percent-encoded, in bytes; that of a URI in an option by default.
    public var uriLength = CoAPURI.maximumLength
    /// The length of the payload of one message, in bytes; whatever a datagram holds by default.
    public var payloadLength = 65_535

    /// The limits that suit a node.
    public init() {}

    /// The first limit that a request passes. Looks at no more options than permitted.
    public func firstExceeded(by options: Options, payloadLength: Int) -> RequestLimit? {
        // COAP-0270
        guard payloadLength <= self.payloadLength else { return .payloadLength }
        var reader = options.reader
        var (count, depth, arguments, length) = (0, 0, 0, 0)
        // The options were checked when the message was read: it cannot fail.
        while (try? reader.advance()) == true {
            count += 1
            guard count <= optionCount else { return .optionCount }
            guard reader.number == .uriPath || reader.number == .uriQuery else { continue }
            if reader.number == .uriPath { depth += 1 } else { arguments += 1 }
            guard depth <= pathDepth else { return .pathDepth }
            guard arguments <= queryCount else { return .queryCount }
            length += 1 + CoAPURIText.encodedLength(reader.value, isQuery: reader.number == .uriQuery)
            guard length <= uriLength else { return .uriLength }
        }
        return nil
    }
}

/// A limit that a request passes.
public enum RequestLimit: Hashable, Sendable, CaseIterable {
    /// ``RequestLimits/optionCount``.
    case optionCount
    /// ``RequestLimits/pathDepth``.
    case pathDepth
    /// ``RequestLimits/queryCount``.
    case queryCount
    /// ``RequestLimits/uriLength``.
    case uriLength
    /// ``RequestLimits/payloadLength``.
    case payloadLength

    /// What a server answers, if it answers: 4.13 for the payload, 4.00 for the rest.
    public var code: Code { self == .payloadLength ? .requestEntityTooLarge : .badRequest }
}
