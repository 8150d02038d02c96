public import CoAP
public import CoAPEngine
public import CoAPSecurity
public import GroupOSCORE
public import OSCORE

extension CoAPEndpoint {
    /// What serves a request without protection, later.
    public typealias Handler = @Sendable (ResourceRequest<UnprotectedRequest>) async -> ResourceResponse
    /// What serves a request that OSCORE has verified, later.
    public typealias ProtectedHandler = @Sendable (ResourceRequest<OSCORE.VerifiedRequest>) async -> ResourceResponse
    /// What serves a request that Group OSCORE has verified, later.
    public typealias MemberHandler = @Sendable (ResourceRequest<GroupOSCORE.VerifiedRequest>) async -> ResourceResponse

    /// Serves a resource to everybody.
    ///
    /// - Parameters:
    ///   - path: Such as `sensors/temperature`; segments are not percent-encoded.
    ///   - methods: What serves which method.
    ///   - properties: What holds for all methods.
    public func serve(
        _ path: String, _ methods: [Code: Handler], properties: ResourceProperties = ResourceProperties()
    ) {
        serve(path, Resource(methods: methods.mapValues { .deferred($0) }, properties: properties))
    }

    /// Serves a resource to everybody.
    public func serve(_ path: String, _ resource: Resource<UnprotectedRequest>) {
        core.endpoint.updateResources { open, _ in open.register(path: Self.segments(path), resource) }
    }

    /// Serves a resource to peers whose requests OSCORE has verified. Others get 4.01.
    public func serveProtected(
        _ path: String, _ methods: [Code: ProtectedHandler], properties: ResourceProperties = ResourceProperties()
    ) {
        serveProtected(path, Resource(methods: methods.mapValues { .deferred($0) }, properties: properties))
    }

    /// Serves a resource to peers whose requests OSCORE has verified. Others get 4.01, members of groups 4.03.
    public func serveProtected(_ path: String, _ resource: Resource<OSCORE.VerifiedRequest>) {
        serveSecured(path, .forPeers(resource))
    }

    /// Serves a resource to members of this endpoint's groups, whose requests Group OSCORE has verified; also by multicast,
    /// unless `properties` say otherwise. Others get 4.01, OSCORE peers 4.03.
    public func serveMembers(
        _ path: String, _ methods: [Code: MemberHandler], properties: ResourceProperties = ResourceProperties()
    ) {
        serveMembers(path, Resource(methods: methods.mapValues { .deferred($0) }, properties: properties))
    }

    /// Serves a resource to members of this endpoint's groups, whose requests Group OSCORE has verified. Others get 4.01,
    /// OSCORE peers 4.03.
    public func serveMembers(_ path: String, _ resource: Resource<GroupOSCORE.VerifiedRequest>) {
        serveSecured(path, .forMembers(resource))
    }

    /// Serves a resource to OSCORE peers and to members of groups. Groups by multicast only if its properties say so.
    public func serveSecured(_ path: String, _ resource: Resource<SecuredRequest>) {
        core.endpoint.updateResources { _, protected in protected.register(path: Self.segments(path), resource) }
    }

    /// Takes a resource away; who asks for it gets 4.04, and observers are told so.
    public func remove(_ path: String) {
        core.endpoint.updateResources { open, protected in
            open.remove(path: Self.segments(path))
            protected.remove(path: Self.segments(path))
        }
        resourceChanged(path)
    }

    /// The representation of a resource has changed: its observers are told.
    ///
    /// Most of that happens later, because handlers take their time and clients are not told too often. What could not be
    /// sent is counted in ``CoAPEndpointCounters/endpoint``, as ``EndpointCounters/unsentNotifications``.
    public func resourceChanged(_ path: String) {
        guard !core.isShutDown else { return }
        core.input { endpoint, now, random, effects in
            endpoint.resourceChanged(Self.segments(path), at: now, random: &random, effects: &effects)
        }
    }

    private static func segments(_ path: String) -> [String] {
        // By bytes: a "/" before a combining mark is one, too.
        path.utf8.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
    }
}

extension ResourceResponse {
    /// 2.05 with a text.
    public static func text(_ text: String) -> Self { Self(.content, .textPlain, Array(text.utf8)) }
}
