public import Bytes

/// A `coap` or `coaps` URI in its parts, normalised, so that equal values name the same resource (RFC 7252 §6).
public struct CoAPURI: Hashable, Sendable {
    /// What the authority names.
    public enum Host: Hashable, Sendable {
        /// An address literal. IPv4 is kept as `::ffff:a.b.c.d`. The zone is the name of an interface.
        case address(IPv6Address, zone: String?)
        /// A name, in lower case and not percent-encoded.
        case name(String)
    }

    /// How the messages travel.
    public enum Scheme: String, Hashable, Sendable, CaseIterable {
        /// Datagrams.
        case coap
        /// Datagrams over DTLS.
        case coaps

        /// The port that stands for none, 5683 or 5684.
        public var defaultPort: UInt16 { self == .coap ? 5683 : 5684 }
    }

    /// How the messages travel.
    public let scheme: Scheme
    /// Whom the URI names.
    public let host: Host
    /// 1 to 65535; the scheme's default if the text names none.
    public let port: UInt16
    /// The segments, not percent-encoded, each at most 255 bytes. Empty for `/`.
    public let path: [String]
    /// The arguments, not percent-encoded, each at most 255 bytes.
    public let query: [String]

    /// The longest text that is looked at, the limit of the Proxy-Uri option.
    public static let maximumLength = 1034

    /// Creates a URI from its parts, none of them percent-encoded.
    ///
    /// - Parameter port: `nil` for the scheme's default.
    /// - Throws: ``CoAPURIError/invalidPort`` for 0; ``CoAPURIError/tooLong`` for a segment or an argument over 255
    ///   bytes; ``CoAPURIError/dotSegment`` for the segments `.` and `..`; ``CoAPURIError/invalidHost`` for a name of
    ///   no byte or over 255; ``CoAPURIError/secureGroup`` for `coaps` or the port 5684 with a multicast address;
    ///   ``CoAPURIError/ipv4Group`` for an IPv4 multicast address.
    public init(
        scheme: Scheme = .coap, host: Host, port: UInt16? = nil, path: [String] = [], query: [String] = []
    ) throws(CoAPURIError) {
        guard port != 0 else { throw .invalidPort }
        guard (path + query).allSatisfy({ $0.utf8.count <= 255 }) else { throw .tooLong }
        // COAP-0031
        guard !path.contains("."), !path.contains("..") else { throw .dotSegment }
        self.scheme = scheme
        switch host {
        case .name(let name):
            // COAP-0036
            let name = name.lowercased()
            guard (1...255).contains(name.utf8.count) else { throw .invalidHost }
            self.host = .name(name)
        case .address(let address, let zone):
            // COAP-0118: there is no DTLS to a group.
            guard !address.isIPv4Multicast else { throw .ipv4Group }
            guard !address.isMulticast || scheme == .coap && Self.isGroupPort(port ?? scheme.defaultPort) else {
                throw .secureGroup
            }
            self.host = .address(address, zone: zone)
        }
        self.port = port ?? scheme.defaultPort
        self.path = path == [""] ? [] : path
        self.query = query
    }

    /// Whether a group may use a port: any but 0 and 5684, which belongs to DTLS (RFC 10020 §3.4).
    public static func isGroupPort(_ port: UInt16) -> Bool {
        // COAP-0104
        port > 0 && port != Scheme.coaps.defaultPort
    }

    /// Whether the host is the literal of a multicast address.
    public var isGroup: Bool {
        guard case .address(let address, _) = host else { return false }
        return address.isMulticast
    }
}

/// Why text is not a URI that CoAP can use.
public enum CoAPURIError: Error, Hashable, Sendable {
    /// Longer than ``CoAPURI/maximumLength``, or a segment or argument over 255 bytes.
    case tooLong
    /// Not `coap://` or `coaps://`.
    case unsupportedScheme
    /// An empty or malformed host, or user information.
    case invalidHost
    /// Not a number from 1 to 65535.
    case invalidPort
    /// A character that must be percent-encoded here.
    case invalidCharacter
    /// `%` without two hexadecimal digits, or bytes that are not UTF-8.
    case invalidPercentEncoding
    /// A fragment, which requests never carry.
    case fragment
    /// A segment `.` or `..`.
    case dotSegment
    /// `coaps`, or its port 5684, with a multicast address.
    case secureGroup
    /// An IPv4 multicast address: groups are IPv6 groups here.
    case ipv4Group
    /// A location in parts that are reserved and not understood (COAP-0039).
    case unsupportedLocation
}

extension CoAPURI {
    /// The options that a request for this URI carries (RFC 7252 §6.4).
    ///
    /// - Parameter destination: Where the request is sent; host and port that follow from it are left out.
    public func options(destination: SocketAddress) -> Options {
        var options = Options()
        // COAP-0033: the port goes without saying when the datagram is sent to it.
        switch host {
        case .address(let address, _) where address == destination.address: break
        case .address(let address, _): options.append(.uriHost, text: CoAPURIText.format(address, zone: nil))
        case .name(let name): options.append(.uriHost, text: name)
        }
        if port != destination.port { options.append(.uriPort, uint: UInt64(port)) }
        options.uriPath = path
        options.uriQuery = query
        return options
    }

    /// The URI that a request asks for (RFC 7252 §6.5).
    ///
    /// - Parameters:
    ///   - options: The options of the request.
    ///   - destination: Where it was sent.
    /// - Throws: ``CoAPURIError/invalidPercentEncoding`` for a value that is not UTF-8; ``CoAPURIError/invalidPort``
    ///   for a Uri-Port over 65535; what ``init(scheme:host:port:path:query:)`` throws.
    public init(scheme: Scheme = .coap, options: Options, destination: SocketAddress) throws(CoAPURIError) {
        var host = Host.address(destination.address, zone: nil)
        if let name = try CoAPURIText.texts(.uriHost, of: options).first {
            host = CoAPURIText.literal(name) ?? .name(name)
        }
        let port: UInt16
        if options.contains(.uriPort) {
            guard let number = options.uint(of: .uriPort), let exact = UInt16(exactly: number) else {
                throw .invalidPort
            }
            port = exact
        } else {
            port = destination.port
        }
        try self.init(
            scheme: scheme, host: host, port: port, path: CoAPURIText.texts(.uriPath, of: options),
            query: CoAPURIText.texts(.uriQuery, of: options))
    }
}
