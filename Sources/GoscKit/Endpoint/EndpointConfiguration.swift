public import Bytes
public import CoAP
public import CoAPEngine
public import CoAPSecurity

/// What an endpoint is made of.
public struct EndpointConfiguration: Sendable {
    /// The address that unicast messages come to and leave from. `::` is every address of the host, IPv4 included; port 0
    /// lets the system choose.
    public var address = SocketAddress(.unspecified, port: 0)
    /// The groups that are listened to.
    public var groups: [GroupMembership] = []
    /// Whether groups may reach farther than a site.
    ///
    /// Every endpoint answers requests without protection, if only with an error, and can serve resources that need none.
    /// RFC 10020 §4 forbids to make that reachable for group requests out of the public Internet: one request under a
    /// forged address would have many endpoints answer. Set this only where something else keeps strangers out, such as a
    /// border router, or where nothing unprotected is served.
    public var permitsWideGroups = false
    /// The interface by which requests to groups leave when the destination names none; by default as routed.
    public var multicastInterface = InterfaceIndex.unspecified
    /// How far requests to groups go: 0 this host, 1 this link, at most 255.
    public var multicastHopLimit: UInt8 = 1
    /// The timing of the message layer.
    public var transmission = TransmissionParameters.standard
    /// What strangers can make the endpoint remember.
    public var limits = MessageLayerLimits()
    /// How requests are served. Its Leisure holds for members of groups only if ``groupLinkRate`` is `nil`.
    public var server = RequestServerSettings()
    /// How many bytes a second the link of the groups in ``groupAssociations`` carries; with the number of members it gives
    /// the Leisure over which their answers are spread (RFC 7252 §8.2). Constrained links have some 1,000.
    public var groupLinkRate: Double? = 125_000
    /// How requests are made.
    public var client = RequestClientSettings()
    /// How long protected messages may be, and what proxies may make of them.
    public var outerBlocks = OuterBlockSettings()
    /// The OSCORE Security Contexts of this endpoint.
    public var associations: [OSCOREAssociation] = []
    /// The groups whose member this endpoint is.
    public var groupAssociations: [GroupAssociation] = []

    /// An endpoint for a client: any address, any free port, no group.
    public init() {}

    /// An endpoint for a server at every address of the host.
    ///
    /// - Parameter port: 5683 is the port of CoAP.
    public init(port: UInt16) {
        address.port = port
    }
}

extension EndpointConfiguration {
    // COAP-0092
    /// How requests that are protected are served: whoever knows the members knows how long their answers take.
    var protectedServer: RequestServerSettings {
        guard let groupLinkRate, let others = groupAssociations.map(\.members.count).max() else { return server }
        var settings = server
        settings.leisure = Leisure(window: Leisure.window(responders: others + 1, linkRate: groupLinkRate))
        return settings
    }

    // COAP-0132
    /// The first group that reaches farther than permitted.
    var groupTooWide: GroupMembership? {
        guard !permitsWideGroups else { return nil }
        return groups.first { $0.address.multicastScope.map { $0 > .siteLocal } ?? false }
    }
}

/// A group that an endpoint listens to.
public struct GroupMembership: Hashable, Sendable {
    /// The multicast address.
    public var address: IPv6Address
    /// The port, 5683 by default; 5684 is refused.
    public var port: UInt16
    /// The interface to listen on.
    public var interface: InterfaceIndex

    // COAP-0106, COAP-0107
    /// The groups of all CoAP nodes: of the link, of the administrative and of the site scope. A server that wants to be
    /// discovered listens to them.
    public static func allCoAPNodes(on interface: InterfaceIndex) -> [GroupMembership] {
        [MulticastScope.linkLocal, .adminLocal, .siteLocal].map {
            GroupMembership(AllCoAPNodes.address($0), interface: interface)
        }
    }

    /// Creates a membership.
    public init(_ address: IPv6Address, port: UInt16 = 5683, interface: InterfaceIndex) {
        self.address = address
        self.port = port
        self.interface = interface
    }
}
