public import Bytes
public import CoAP
internal import CoAPEngine

/// What one server says that it serves (RFC 6690).
public struct DiscoveredLinks: Hashable, Sendable {
    /// The server.
    public let source: SocketAddress
    /// Its links.
    public let links: [Link]
}

extension CoAPEndpoint {
    /// Asks a server, or every server of a group, for its links.
    ///
    /// - Parameters:
    ///   - target: The server or group; its path is not used.
    ///   - filter: Query arguments such as `rt=g.light`, a `*` at the end stands for anything.
    ///   - period: How long answers of a group are collected, or one is waited for.
    /// - Returns: One entry for each server that answered with links. Answers of a group that are no links are left out.
    /// - Throws: ``CoAPError/answered(_:)`` if a single server refuses, ``CoAPError/malformedLinks(_:)`` if it answers with
    ///   something else.
    public nonisolated func discover(
        _ target: Destination, filter: [String] = [], for period: Duration = .seconds(10)
    ) async throws(CoAPError) -> [DiscoveredLinks] {
        var options = Options()
        options.uriPath = [".well-known", "core"]
        options.uriQuery = filter
        options.accept = .linkFormat
        target.options.forEach { number, value in
            if number != .uriPath, number != .uriQuery { options.append(number, Array(copying: value)) }
        }
        var request = ClientRequest(Message(code: .get, options: options), to: target.address)
        request.deadline = period
        guard target.isGroup else {
            let response = try await response(to: request)
            guard response.isSuccess else { throw .answered(response) }
            guard let links = Self.links(of: response) else { throw .malformedLinks(response.source) }
            return [links]
        }
        request.group = ResponseCollection(deadline: period)
        request.reliability = .nonConfirmable
        var found: [DiscoveredLinks] = []
        do {
            for try await response in responses(to: request) {
                if let links = Self.links(of: response) { found.append(links) }
            }
        } catch {
            throw error as? CoAPError ?? .cancelled
        }
        return found
    }

    private static func links(of response: ClientResponse) -> DiscoveredLinks? {
        guard response.isSuccess, response.message.options.contentFormat == .linkFormat else { return nil }
        let body = response.message.payload
        guard let links = try? LinkFormat.decode(body.span) else { return nil }
        return DiscoveredLinks(source: response.source, links: links)
    }
}
