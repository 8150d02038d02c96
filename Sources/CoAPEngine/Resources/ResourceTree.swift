public import CoAP

/// What a resource answers.
public struct ResourceResponse: Hashable, Sendable {
    /// The response code.
    public var code: Code
    /// The options.
    public var options: Options
    /// The payload.
    public var payload: [UInt8]

    /// Creates a response.
    public init(_ code: Code, options: Options = Options(), payload: [UInt8] = []) {
        self.code = code
        self.options = options
        self.payload = payload
    }

    /// Creates a response with a payload and its Content-Format.
    public init(_ code: Code, _ format: ContentFormat, _ payload: [UInt8]) {
        self.init(code, payload: payload)
        options.contentFormat = format
    }

    /// The response as a message.
    public var message: Message { Message(code: code, options: options, payload: payload) }
}

/// The resources of an endpoint, reachable only by requests that have passed one kind of protection.
public struct ResourceTree<Verified: RequestProperties>: Sendable {
    /// Serves one method of one resource; acts at once.
    public typealias Handler = @Sendable (Verified) -> ResourceResponse

    private var routes = RouteTable<Resource>()

    private struct Resource: Sendable {
        let handler: Handler
        let policy: GroupResponsePolicy
    }

    /// What a look-up finds.
    public enum Route: Sendable {
        /// The handler, and which of its answers a group gets.
        case found(Handler, GroupResponsePolicy)
        /// No such resource or method.
        case refused(ResourceResponse)
    }

    /// Serves nothing.
    public init() {}

    /// Adds or replaces a resource.
    ///
    /// - Parameters:
    ///   - path: Its segments, not percent-encoded.
    ///   - methods: What serves which method.
    ///   - policy: Which of its answers a group request gets.
    public mutating func register(
        path: [String], methods: [Code: Handler], policy: GroupResponsePolicy = GroupResponsePolicy()
    ) {
        for (method, handler) in methods {
            routes.register(path.map { .text($0) }, method, Resource(handler: handler, policy: policy))
        }
    }

    /// Finds what serves a request.
    public func route(_ request: Verified) -> Route {
        switch routes.route(request.options.uriPath, request.code) {
        case .found(let resource, parameters: _): .found(resource.handler, resource.policy)
        case .notFound: .refused(ResourceResponse(.notFound))
        // COAP-0069
        case .methodNotAllowed: .refused(ResourceResponse(.methodNotAllowed))
        }
    }

    /// Serves a request: the answer of its resource, 4.04 or 4.05.
    public func respond(to request: Verified) -> ResourceResponse {
        switch route(request) {
        case .found(let handler, _): handler(request)
        case .refused(let response): response
        }
    }
}
