public import Bytes
internal import CoAP

// For whoever decides on requests itself, and wants to do more for an address that is not forged (RFC 9175 §2.4).
extension Endpoint {
    /// Whether an address has sent an Echo value back lately, in a request without protection.
    public func isReachable(_ address: SocketAddress, at now: MonotonicInstant) -> Bool {
        openServer.isReachable(address, at: now)
    }

    /// 4.01 with Echo: whoever is at the address asks again with the value, and counts as reachable from then on.
    public func challenge(for address: SocketAddress, at now: MonotonicInstant) -> ResourceResponse {
        var response = ResourceResponse(.unauthorized)
        response.options.echo = openServer.challenge(for: address, at: now)
        // For this client and this moment: nobody keeps it.
        response.options.maxAge = 0
        return response
    }
}
