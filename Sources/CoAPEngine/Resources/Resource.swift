public import CoAP

/// What serves one method of a resource.
public enum ResourceHandler<Verified: RequestProperties>: Sendable {
    /// Acts and answers at once.
    case immediate(@Sendable (ResourceRequest<Verified>) -> ResourceResponse)
    /// Answers later. The client is acknowledged meanwhile.
    case deferred(@Sendable (ResourceRequest<Verified>) async -> ResourceResponse)
    /// Whoever drives the endpoint takes the request with ``Endpoint/takeAsked()`` and answers with
    /// ``Endpoint/complete(_:with:at:random:effects:)``. For servers that decide on state of their own, outside any closure.
    case driver
}

/// What a resource is before a request has changed it; conditions of requests are about it (RFC 7252 §5.10.8).
public enum ResourceState: Hashable, Sendable {
    /// It does not exist, and a request may create it.
    case missing
    /// It exists; with the ETag of its representation, if it has one.
    case existing(eTag: [UInt8]?)
}

/// One resource, as the server knows it.
public struct Resource<Verified: RequestProperties>: Sendable {
    /// What serves which method.
    public var methods: [Code: ResourceHandler<Verified>]
    /// What holds for all of its methods.
    public var properties: ResourceProperties
    /// Tells the present state for If-Match and If-None-Match. Without it the handler of GET is asked if it answers at
    /// once, and otherwise the resource counts as existing and without ETag.
    public var state: (@Sendable (ResourceRequest<Verified>) -> ResourceState)?
    /// Whether this peer may do this at all; asked before the body has come, so the payload is empty. `false` answers
    /// 4.03. Without it everybody whose request passed the protection may.
    public var permits: (@Sendable (ResourceRequest<Verified>) -> Bool)?

    /// Creates a resource.
    public init(
        methods: [Code: ResourceHandler<Verified>], properties: ResourceProperties = ResourceProperties(),
        state: (@Sendable (ResourceRequest<Verified>) -> ResourceState)? = nil,
        permits: (@Sendable (ResourceRequest<Verified>) -> Bool)? = nil
    ) {
        self.methods = methods
        self.properties = properties
        self.state = state
        self.permits = permits
    }
}
