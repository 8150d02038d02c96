internal import Bytes
internal import CoAP

extension RequestServer {
    /// Finds what serves a request, among the resources and what the server serves itself.
    func route(_ request: ReceivedRequest<Verified>) -> ResourceTree<Verified>.Route {
        let code = request.request.code
        let route = resources.route(of: request.request.options, code)
        guard case .notFound = route, isDiscovery(request) else { return route }
        let resource = discovery(for: request.path)
        guard let handler = resource.methods[code] else { return .methodNotAllowed(resource) }
        return .found(resource, handler)
    }

    /// Whether a request for the links may be answered now. Everybody may ask, so not all get an answer.
    mutating func mayDiscover(_ request: ReceivedRequest<Verified>, at now: MonotonicInstant) -> Bool {
        guard request.path.isMulticast, !request.isAuthenticated, isDiscovery(request) else { return true }
        // COAP-0223
        let source = request.path.source.address
        guard settings.discovery.reachesBeyondLink || source.isLinkLocal || source.isLoopback else { return false }
        return discoveryRate.take(perSecond: settings.discovery.groupAnswersPerSecond, at: now)
    }

    private func isDiscovery(_ request: ReceivedRequest<Verified>) -> Bool {
        settings.discovery.isEnabled
            && ExactPath(of: request.request.options) == ExactPath([".well-known", "core"])
    }

    /// The resource that names the others.
    private func discovery(for path: DatagramPath) -> Resource<Verified> {
        var properties = ResourceProperties()
        properties.isDiscoverable = false
        properties.formats = [.linkFormat]
        properties.groupAccess = .all
        properties.servesUnauthenticatedGroups = true
        let (resources, settings) = (resources, settings.discovery)
        return Resource(
            methods: [
                .get: .immediate { request in
                    // COAP-0212, COAP-0213
                    let filter = LinkFilter(query: request.options.uriQuery)
                    let links = Self.links(of: resources, settings, answering: path).filter { filter.matches($0) }
                    // COAP-0216: an empty list is an answer to one, and none to a group.
                    return ResourceResponse(.content, .linkFormat, LinkFormat.encode(links))
                }
            ], properties: properties)
    }

    private static func links(
        of resources: ResourceTree<Verified>, _ settings: DiscoverySettings, answering path: DatagramPath
    ) -> [Link] {
        var links: [Link] = []
        for (path, resource) in resources.fixedResources where resource.properties.isDiscoverable {
            links.append(link(to: path, resource.properties))
        }
        for group in settings.applicationGroups {
            let attributes = [LinkAttribute("rt", group.type)] + group.attributes
            var link = Link(path: ["gp", group.name], attributes: attributes)
            // COAP-0221: elsewhere than where the question went.
            if path.destination != group.endpoint.address || settings.port != group.endpoint.port {
                let uri = try? CoAPURI(
                    host: .address(group.endpoint.address, zone: nil), port: group.endpoint.port,
                    path: ["gp", group.name])
                guard let uri else { continue }
                link.target = uri.description
            }
            links.append(link)
        }
        return links
    }

    private static func link(to path: [String], _ properties: ResourceProperties) -> Link {
        var link = Link(path: path, attributes: properties.attributes)
        // COAP-0218
        if !link.contains("ct"), !properties.formats.isEmpty { link.contentFormats = properties.formats }
        // COAP-0219
        if properties.isObservable { link.isObservable = true }
        return link
    }
}

/// So many in a second: what is not used is saved for one second only.
internal struct RateLimit: Sendable {
    private var tokens: Double?
    private var last = MonotonicInstant(nanoseconds: 0)

    /// Whether one more is within the rate.
    mutating func take(perSecond rate: Int, at now: MonotonicInstant) -> Bool {
        let full = Double(max(rate, 1))
        let earned = max(last.duration(to: now) / .seconds(1), 0) * full
        let saved = min((tokens ?? full) + earned, full)
        last = now
        tokens = saved >= 1 ? saved - 1 : saved
        return saved >= 1
    }
}
