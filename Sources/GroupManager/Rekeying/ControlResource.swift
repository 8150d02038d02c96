import Bytes
import CoAP

/// The resource at which a member is told of new keys (control_uri, RFC 9594 §4.3.1), and where it may be found.
struct ControlResource {
    /// Path and query of the URI. The host is always an address of the member, which needs no option.
    let options: Options
    /// The address in the URI, and the one that the member was last heard from, if that is another one: it may have started
    /// again with another port. Who has another address altogether has moved, and is sought there first.
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
        let hasMoved = lastSeen.map { $0.address != named?.address } ?? false
        let all = [named, lastSeen == named ? nil : lastSeen].compactMap(\.self)
        endpoints = hasMoved ? all.reversed() : all
        guard !endpoints.isEmpty else { return nil }
    }
}
