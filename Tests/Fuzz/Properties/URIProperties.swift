import Bytes
import CoAP

/// What holds for URIs and references.
enum URIProperties {
    private static let destination = SocketAddress(.loopback, port: 5683)

    /// The text of a URI names the same one, and so do the options of a request for it.
    static func check(_ input: Span<UInt8>) throws(Violation) {
        let text = String(decoding: [UInt8](copying: input), as: UTF8.self)
        if let uri = try? CoAPURI(parsing: text) { try check(uri) }
        guard let base = try? CoAPURI(parsing: "coap://h/a/b?c"), let uri = try? base.resolve(text) else { return }
        try check(uri)
        try hold((try? uri.resolve("")) == uri, "nothing refers to the base")
    }

    private static func check(_ uri: CoAPURI) throws(Violation) {
        try hold(!uri.path.contains("."), "no path stays where it is")
        try hold(!uri.path.contains(".."), "no path leads up")
        try hold(!uri.isGroup || uri.scheme == .coap && uri.port != 5684, "no group has DTLS")
        let description = uri.description
        guard description.utf8.count <= CoAPURI.maximumLength else { return }
        try hold((try? CoAPURI(parsing: description)) == uri, "the text names the same")
        try hold(
            (try? CoAPURI(parsing: "coap://other/x").resolve(description)) == uri, "a URI is a reference to itself")
        try checkOptions(uri)
    }

    private static func checkOptions(_ uri: CoAPURI) throws(Violation) {
        let options = uri.options(destination: destination)
        let again = try? CoAPURI(scheme: uri.scheme, options: options, destination: destination)
        // Zones are of the sender alone. A name that looks like a literal comes back as the literal.
        if case .address(_, zone: nil) = uri.host { try hold(again == uri, "the options name the same") }
        try hold(again == nil || again?.path == uri.path, "the path comes back")
    }
}
