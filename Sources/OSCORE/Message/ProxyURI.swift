import Bytes
public import CoAP

/// Takes a Proxy-Uri apart, so that the proxy learns whom to ask but not what (RFC 8613 §4.1.3.3).
public enum ProxyURI: Sendable {
    // OSC-0025
    /// Moves path and query of a Proxy-Uri into Uri-Path and Uri-Query, which become inner options, and leaves scheme,
    /// host and port in it, which stay outside.
    ///
    /// - Throws: ``ProtectionError/malformedMessage`` if the value is no CoAP URI, or if the request also has options
    ///   that a Proxy-Uri replaces (RFC 7252 §5.10.2).
    public static func split(_ request: Message) throws(ProtectionError) -> Message {
        guard let value = request.options.first(of: .proxyUri), !isSplit(value.span) else { return request }
        let replaced: [OptionNumber] = [.uriHost, .uriPort, .uriPath, .uriQuery, .proxyScheme]
        guard !replaced.contains(where: request.options.contains),
            let text = String(validating: value, as: UTF8.self), let uri = try? CoAPURI(parsing: text)
        else { throw .malformedMessage }
        var request = request
        request.options.uriPath = uri.path
        request.options.uriQuery = uri.query
        guard let rest = try? CoAPURI(scheme: uri.scheme, host: uri.host, port: uri.port) else {
            throw .malformedMessage
        }
        // The slash that the text form ends with says nothing.
        request.options.set(.proxyUri, Array(rest.description.utf8.dropLast()))
        return request
    }

    /// Whether a Proxy-Uri says only whom to ask: nothing follows its authority.
    package static func isSplit(_ value: Span<UInt8>) -> Bool {
        var slashes = 0
        for index in value.indices {
            if value[index] == UInt8(ascii: "/") { slashes += 1 }
            if slashes > 2 || value[index] == UInt8(ascii: "?") { return false }
        }
        return true
    }
}
