public import CoAP

/// The resources of an endpoint, reachable only by requests that have passed one kind of protection.
public struct ResourceTree<Verified: RequestProperties>: Sendable {
    /// Serves one method of one resource; acts at once.
    public typealias Handler = @Sendable (ResourceRequest<Verified>) -> ResourceResponse

    /// One segment of a path: a text, or a place for any text.
    public typealias Segment = RouteTable<Int>.Segment

    private struct Entry: Sendable {
        let path: [Segment]
        var resource: Resource<Verified>
    }

    /// From a path to the place in `entries`; all under one method, since the methods are the resource's own.
    private var routes = RouteTable<Int>()
    /// In the order of registration.
    private var entries: [Entry] = []
    private var places: [[Segment]: Int] = [:]
    /// The places of those without parameters, which go before all others.
    private var fixed: [ExactPath: Int] = [:]

    /// What a look-up finds.
    public enum Route: Sendable {
        /// The resource and what serves the method.
        case found(Resource<Verified>, ResourceHandler<Verified>)
        /// The resource has no such method: 4.05.
        case methodNotAllowed(Resource<Verified>)
        /// No such resource: 4.04.
        case notFound
    }

    /// Serves nothing.
    public init() {}

    /// Adds or replaces a resource.
    ///
    /// - Parameters:
    ///   - path: Its segments, not percent-encoded.
    ///   - methods: What serves which method, at once.
    ///   - properties: What holds for all methods.
    public mutating func register(
        path: [String], methods: [Code: Handler], properties: ResourceProperties = ResourceProperties()
    ) {
        register(path: path, Resource(methods: methods.mapValues { .immediate($0) }, properties: properties))
    }

    /// Adds or replaces a resource.
    public mutating func register(path: [String], _ resource: Resource<Verified>) {
        register(pattern: path.map { .text($0) }, resource)
    }

    /// Adds or replaces what serves all paths of a pattern. Text goes before parameters; a handler finds the text of a
    /// parameter in the path of its request.
    public mutating func register(pattern: [Segment], _ resource: Resource<Verified>) {
        if let place = places[pattern] {
            entries[place].resource = resource
            return
        }
        places[pattern] = entries.count
        if let path = Self.texts(of: pattern) { fixed[ExactPath(path)] = entries.count }
        routes.register(pattern, Self.anyMethod, entries.count)
        entries.append(Entry(path: pattern, resource: resource))
    }

    /// Takes a resource away: from now on 4.04.
    public mutating func remove(path: [String]) {
        guard let place = places.removeValue(forKey: path.map { .text($0) }) else { return }
        // Routes know no removal, and removals are rare.
        var remaining = entries
        remaining.remove(at: place)
        self = Self()
        for entry in remaining { register(pattern: entry.path, entry.resource) }
    }

    /// Finds what serves a method of a path.
    public func route(_ path: [String], _ method: Code) -> Route {
        route(method, at: place(of: path))
    }

    /// Finds what serves a request.
    internal func route(of options: Options, _ method: Code) -> Route {
        route(method, at: place(of: options))
    }

    /// Whether a resource serves the path of a request, whatever its methods.
    internal func serves(pathOf options: Options) -> Bool { place(of: options) != nil }

    private func place(of options: Options) -> Int? {
        fixed[ExactPath(of: options)] ?? (fixed.count == entries.count ? nil : place(of: options.uriPath))
    }

    private func place(of path: [String]) -> Int? {
        guard case .found(let place, parameters: _) = routes.route(path, Self.anyMethod) else { return nil }
        return place
    }

    private func route(_ method: Code, at place: Int?) -> Route {
        guard let place else { return .notFound }
        let entry = entries[place]
        // COAP-0069
        guard let handler = entry.resource.methods[method] else { return .methodNotAllowed(entry.resource) }
        return .found(entry.resource, handler)
    }

    /// Whether nothing is served.
    public var isEmpty: Bool { entries.isEmpty }

    /// Whether a resource has this path, whatever its methods.
    public func serves(_ path: [String]) -> Bool { place(of: path) != nil }

    /// The resources whose path has no parameter, in the order of registration.
    public var fixedResources: [(path: [String], resource: Resource<Verified>)] {
        entries.compactMap { entry in Self.texts(of: entry.path).map { ($0, entry.resource) } }
    }

    /// `nil` if there is a parameter.
    private static func texts(of pattern: [Segment]) -> [String]? {
        var path: [String] = []
        for segment in pattern {
            guard case .text(let text) = segment else { return nil }
            path.append(text)
        }
        return path
    }

    private static var anyMethod: Code { .get }
}
