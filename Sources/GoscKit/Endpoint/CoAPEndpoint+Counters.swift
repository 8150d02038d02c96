public import CoAPEngine
public import CoAPSecurity

/// What happened at an endpoint since its start, layer by layer.
public struct CoAPEndpointCounters: Hashable, Sendable {
    /// Datagrams, duplicates, retransmission.
    public let messages: MessageLayerCounters
    /// Between the layers: what a protection refused, notifications that were not sent.
    public let endpoint: EndpointCounters
    /// Requests for resources that need no protection.
    public let openServer: RequestServerCounters
    /// Requests for resources behind OSCORE and Group OSCORE.
    public let protectedServer: RequestServerCounters
    /// The Security Contexts.
    public let security: SecurityCounters
}

extension CoAPEndpoint {
    /// What happened so far.
    public var counters: CoAPEndpointCounters {
        CoAPEndpointCounters(
            messages: core.endpoint.layer.counters, endpoint: core.endpoint.counters,
            openServer: core.endpoint.openServer.counters, protectedServer: core.endpoint.protectedServer.counters,
            security: core.endpoint.protection.counters)
    }
}

extension CoAPEndpoint {
    /// The next sender sequence number in a group, and up to where numbers are durable; `nil` for an unknown group.
    public func sequenceNumbers(ofGroup name: String) -> (next: UInt64, reservedEnd: UInt64)? {
        core.endpoint.protection.numbers(ofGroup: name)
    }

    /// The same of an OSCORE context.
    public func sequenceNumbers(of peer: PeerIdentity) -> (next: UInt64, reservedEnd: UInt64)? {
        core.endpoint.protection.numbers(of: peer)
    }
}
