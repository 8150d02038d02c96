import Bytes
import CoAP

/// The resource at which a member is told of new keys (control_uri, RFC 9594 §4.3.1), and where it may be found.
struct ControlResource {
    /// Path and query of the URI. The host is always an address of the member, which needs no option.
    let options: Options
    /// The address that the member was last heard from, for it may have started again since it has joined, with another port;
    /// then the one in the URI, if that is another one: it may ask from other ports than it listens at, and whoever passes on its
    /// datagrams must not be its address for good.
    let endpoints: [SocketAddress]

    /// - Parameters:
    ///   - text: The URI, as the member gave it.
    ///   - lastSeen: Where its latest genuine request came from; `nil` if that is not known.
    /// - Returns: `nil` where nothing can be sent.
    init?(_ text: String?, lastSeen: SocketAddress?) {
        guard let text, let uri = try? CoAPURI(parsing: text), uri.scheme == .coap, !uri.isGroup else { return nil }
        var options = Options()
        options.uriPath = uri.path
        options.uriQuery = uri.query
        self.options = options
        // An address of one link says nothing of the link; the member was heard over it.
        let named = try? uri.destination(defaultInterface: lastSeen?.interface ?? .unspecified, interface: { _ in nil })
        endpoints = [lastSeen, named == lastSeen ? nil : named].compactMap(\.self)
        guard !endpoints.isEmpty else { return nil }
    }
}
