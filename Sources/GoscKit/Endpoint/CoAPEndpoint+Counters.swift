public import CoAPEngine

/// What happened at an endpoint since its start, layer by layer.
public struct CoAPEndpointCounters: Hashable, Sendable {
    /// Datagrams, duplicates, retransmission.
    public let messages: MessageLayerCounters
    /// Between the layers: what a protection refused, notifications that were not sent.
    public let endpoint: EndpointCounters
    /// Requests for resources that need no protection.
    public let openServer: RequestServerCounters
    /// Requests for resources behind OSCORE.
    public let protectedServer: RequestServerCounters
    /// The OSCORE contexts.
    public let protection: OSCOREProtectionCounters
}

extension CoAPEndpoint {
    /// What happened so far.
    public var counters: CoAPEndpointCounters {
        CoAPEndpointCounters(
            messages: core.endpoint.layer.counters, endpoint: core.endpoint.counters,
            openServer: core.endpoint.openServer.counters, protectedServer: core.endpoint.protectedServer.counters,
            protection: core.endpoint.protection.counters)
    }
}
