public import Bytes

/// Where requests carry the name of an application group (RFC 10020 §2.2.1.2).
///
/// Which one is in use is configured: a request does not say it.
public enum ApplicationGroupNaming: Hashable, Sendable {
    /// COAP-0119: in the path, behind these segments: `/gp/NAME/light`. Recommended.
    case path(prefix: [String] = ["gp"])
    /// COAP-0120: as the value of a query argument: `?gp=NAME`.
    case argument(indicator: String = "gp")
    /// The only query argument is the name: `?NAME`.
    case query
    /// Host and port, the port 5683 left out: `lamps.example`, `lamps.example:61616`.
    case authority

    /// Finds the name in a request.
    ///
    /// - Parameters:
    ///   - options: Of the request.
    ///   - destination: Where it was sent.
    /// - Returns: The name and the options without it, which name the resource within the group; `nil` if there is no name,
    ///   or not where it is expected.
    public func read(_ options: Options, destination: SocketAddress) -> (name: String, rest: Options)? {
        var rest = options
        let name: String
        switch self {
        case .path(let prefix):
            let path = options.uriPath
            guard path.starts(with: prefix), path.count > prefix.count else { return nil }
            name = path[prefix.count]
            rest.uriPath = Array(path[(prefix.count + 1)...])
        case .argument(let indicator):
            let query = options.uriQuery
            guard let index = query.firstIndex(where: { $0.hasPrefix("\(indicator)=") }) else { return nil }
            name = String(query[index].dropFirst(indicator.count + 1))
            rest.uriQuery = Array(query[..<index] + query[(index + 1)...])
        case .query:
            guard options.uriQuery.count == 1, !options.uriQuery[0].contains("=") else { return nil }
            name = options.uriQuery[0]
            rest.uriQuery = []
        case .authority:
            guard let uri = try? CoAPURI(options: options, destination: destination) else { return nil }
            name = uri.authority
            rest.remove(.uriHost)
            rest.remove(.uriPort)
        }
        return Self.isName(name) ? (name, rest) : nil
    }

    /// Puts a name into a request.
    ///
    /// - Parameters:
    ///   - name: 1 to 255 bytes, together with the indicator.
    ///   - options: Of the request, which name the resource within the group.
    ///   - destination: Where it is sent.
    /// - Returns: Whether that could be done; if not, `options` is unchanged. A query that has to be the name alone cannot
    ///   have other arguments, and an authority has to be one.
    public func write(_ name: String, into options: inout Options, destination: SocketAddress) -> Bool {
        var written = options
        switch self {
        case .path(let prefix): written.uriPath = prefix + [name] + options.uriPath
        case .argument(let indicator):
            guard name.utf8.count + indicator.utf8.count < 255 else { return false }
            written.uriQuery.append("\(indicator)=\(name)")
        case .query:
            guard options.uriQuery.isEmpty else { return false }
            written.uriQuery = [name]
        case .authority:
            guard let uri = try? CoAPURI(parsing: "coap://\(name)"), uri.path.isEmpty, uri.query.isEmpty else {
                return false
            }
            let named = uri.options(destination: destination)
            for number in [OptionNumber.uriHost, .uriPort] {
                written.remove(number)
                if let value = named.first(of: number) { written.append(number, value) }
            }
        }
        // What cannot be read back is not written.
        guard let again = read(written, destination: destination), again.name == name else { return false }
        options = written
        return true
    }

    private static func isName(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && name != "." && name != ".." && !name.contains("\u{fffd}")
    }
}
