import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

extension EndpointModelWorld {
    /// Whether everything that was wanted may be done.
    mutating func check(_ effects: [EndpointEffect]) throws {
        for effect in effects {
            switch effect {
            case .transmit(let datagram): try check(datagram)
            case .call(let call, _): calls.append(call)
            case .response(let id, let response):
                try #require(!ended.contains(id) && response.message.code.isResponse, "seed \(seed)")
                try #require(response.message.payload.count <= 100, "seed \(seed)")
            case .responseLost(let id, _, _): try #require(!ended.contains(id), "seed \(seed)")
            case .ended(let id, _):
                try #require(ended.insert(id).inserted, "seed \(seed)")
                operations.removeAll { $0 == id }
            case .pingEnded: Issue.record("nobody pinged, seed \(seed)")
            }
        }
        // Handlers that never answer; the server gives them up by itself.
        if calls.count > 12 { calls.removeFirst(calls.count - 12) }
    }

    private mutating func check(_ datagram: OutgoingDatagram) throws {
        let bytes = datagram.bytes
        let (header, offset) = try DatagramCodec.decode(bytes.span)
        let message = try Message(code: header.code, body: bytes.span.extracting(droppingFirst: offset))
        // COAP-0084, COAP-0087: only requests of our own go to a group.
        if datagram.destination.address.isMulticast {
            try #require(header.code.isRequest && header.type == .nonConfirmable, "seed \(seed)")
            try #require(datagram.destination == Endpoint.group, "seed \(seed)")
        }
        try #require(datagram.source?.isMulticast != true, "seed \(seed)")
        try #require(datagram.destination.port != 0, "seed \(seed)")
        if message.code.isResponse, let value = message.options.echo { echo = value }
        if message.code.isRequest {
            asked.append(datagram)
            if asked.count > 8 { asked.removeFirst() }
        }
        nonsense.see(bytes)
    }

    /// Whether what is kept stays within its limits, in each layer and between them.
    func checkLoad() throws {
        let (layer, limits) = (endpoint.layer.load, Self.layerLimits)
        try #require(layer.exchanges <= limits.exchanges, "seed \(seed)")
        try #require(layer.queuedRequests <= limits.queuedRequests, "seed \(seed)")
        try #require(layer.destinations <= limits.destinations, "seed \(seed)")
        try #require(layer.pendingRequests <= limits.pendingRequests, "seed \(seed)")
        try #require(layer.notifications <= limits.notifications, "seed \(seed)")
        try #require(layer.rememberedMessages <= limits.rememberedMessages, "seed \(seed)")
        try #require(layer.rememberedAnswerBytes <= limits.rememberedAnswerBytes, "seed \(seed)")
        let (server, most) = (endpoint.openServer.load, Self.serverSettings.limits)
        try #require(server.uploads <= most.uploads.entries, "seed \(seed)")
        try #require(server.uploadBytes <= most.uploads.bytes, "seed \(seed)")
        try #require(server.snapshots <= most.snapshots.entries, "seed \(seed)")
        try #require(server.snapshotBytes <= most.snapshots.bytes, "seed \(seed)")
        try #require(server.observations <= most.observations.entries, "seed \(seed)")
        try #require(server.calls <= most.calls.entries, "seed \(seed)")
        try #require(server.reachableAddresses <= most.reachableAddresses, "seed \(seed)")
        let (client, settings) = (endpoint.client.load, Self.clientSettings)
        try #require(client.operations <= settings.operations, "seed \(seed)")
        try #require(client.closingObservations <= settings.operations, "seed \(seed)")
        try #require(client.exchanges <= limits.exchanges, "seed \(seed)")
        try #require(client.assembledBytes <= settings.assembledBytes, "seed \(seed)")
        try #require(client.cachedResponses <= 6 && client.cachedBytes <= 800, "seed \(seed)")
        // Between the layers: nothing is kept of what the layers have forgotten.
        try #require(endpoint.received.count <= limits.pendingRequests + most.calls.entries, "seed \(seed)")
        try #require(endpoint.exchanges.count <= limits.exchanges, "seed \(seed)")
        try #require(endpoint.observations.count <= most.observations.entries, "seed \(seed)")
        // Of an observation the answer that began it and the notification that was sent last.
        try #require(endpoint.notifications.count <= 2 * most.observations.entries, "seed \(seed)")
    }

    /// How much is left of requests, answers and operations.
    var leftOver: [String: Int] {
        let (layer, server, client) = (endpoint.layer.load, endpoint.openServer.load, endpoint.client.load)
        let kept = [
            "requests received": layer.pendingRequests, "transmissions": layer.transmissions,
            "queued requests": layer.queuedRequests, "notifications": layer.notifications, "uploads": server.uploads,
            "snapshots": server.snapshots, "calls": server.calls, "operations": client.operations,
            "closing observations": client.closingObservations, "exchanges": client.exchanges,
            "assembled bytes": client.assembledBytes, "bindings of requests": endpoint.received.count,
            "bindings of exchanges": endpoint.exchanges.count,
            "bindings of observations": endpoint.observations.count - server.observations,
        ]
        return kept.filter { $0.value != 0 }
    }
}
