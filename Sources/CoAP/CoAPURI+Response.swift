public import Bytes

extension CoAPURI {
    /// The base of the references in a response to this URI, if it is a group's: the responder in the place of the group
    /// (RFC 7252 §8.2).
    ///
    /// - Parameters:
    ///   - responder: Where the response came from.
    ///   - zone: The name of the interface, needed for a link-local responder; this URI's own zone if `nil`.
    /// - Throws: ``CoAPURIError/invalidHost`` for a multicast address, ``CoAPURIError/invalidPort`` for the port 0.
    public func base(responder: SocketAddress, zone: String? = nil) throws(CoAPURIError) -> CoAPURI {
        guard !responder.address.isMulticast, !responder.address.isIPv4Multicast else { throw .invalidHost }
        var ownZone: String?
        if case .address(_, let zone) = host { ownZone = zone }
        // COAP-0103
        return try CoAPURI(
            scheme: scheme,
            host: .address(responder.address, zone: responder.address.isLinkLocal ? zone ?? ownZone : nil),
            port: responder.port, path: path, query: query)
    }

    /// Where a response says that the resource is that it created, with this URI as base (RFC 7252 §5.10.7).
    ///
    /// - Parameter response: The options of the response.
    /// - Returns: `nil` if they name no location.
    /// - Throws: ``CoAPURIError/unsupportedLocation`` for reserved options beside the location, and what
    ///   ``init(scheme:host:port:path:query:)`` throws.
    public func location(in response: Options) throws(CoAPURIError) -> CoAPURI? {
        let isPathNamed = response.contains(.locationPath)
        guard isPathNamed || response.contains(.locationQuery) else { return nil }
        guard response.firstUnsupportedLocation == nil else { throw .unsupportedLocation }
        // An absolute path, a query, or both: a query alone keeps the path.
        return try CoAPURI(
            scheme: scheme, host: host, port: port,
            path: isPathNamed ? CoAPURIText.texts(.locationPath, of: response) : path,
            query: CoAPURIText.texts(.locationQuery, of: response))
    }
}
