public import Bytes
public import CoAP

/// How `/.well-known/core` is served (RFC 7252 §7.2, RFC 6690 §4, RFC 10020 §6.3).
public struct DiscoverySettings: Hashable, Sendable {
    /// Whether the server makes it from its resources. A resource that is registered there goes before.
    public var isEnabled = true
    /// The application groups that this endpoint has joined.
    public var applicationGroups: [ApplicationGroup] = []
    /// The UDP port of this endpoint.
    public var port: UInt16 = 5683
    /// Whether group requests of unverified clients are answered beyond the link that they come from.
    public var reachesBeyondLink = false
    /// How many group requests of unverified clients are answered in a second, 1 or more (COAP-0223).
    public var groupAnswersPerSecond = 4

    /// The settings above.
    public init() {}
}

/// Endpoints that share resources for one purpose, and where they are reached together (RFC 10020 §2.2.3).
public struct ApplicationGroup: Hashable, Sendable {
    /// The name; its resources are at `/gp/NAME`.
    public var name: String
    /// The resource type, by custom `g.` and what the group is about.
    public var type: String
    /// The CoAP group that carries it.
    public var endpoint: SocketAddress
    /// What else the link says.
    public var attributes: [LinkAttribute]

    /// Creates a group.
    public init(name: String, type: String, endpoint: SocketAddress, attributes: [LinkAttribute] = []) {
        self.name = name
        self.type = type
        self.endpoint = endpoint
        self.attributes = attributes
    }
}
