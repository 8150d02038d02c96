import Bytes
import CoAP
import CoAPSecurity
import TestSupport

@testable import CoAPEngine

/// One endpoint with its Security Contexts.
final class FloorEndpoint: FloorNode {
    let address: SocketAddress
    var endpoint: CoAPEngine.Endpoint<EndpointSecurity>
    private(set) var responses: [OperationID: [ClientResponse]] = [:]
    private(set) var ends: [OperationID: OperationEnd] = [:]
    private var random: SeededGenerator
    private var outgoing: [OutgoingDatagram] = []

    init(
        _ host: UInt64, _ security: EndpointSecurity, settings: RequestServerSettings = RequestServerSettings(),
        outerBlocks: OuterBlockSettings = OuterBlockSettings(),
        _ fill: (inout ResourceTree<SecuredRequest>) -> Void = { _ in }
    ) {
        address = Floor.address(host)
        random = SeededGenerator(seed: host)
        var tree = ResourceTree<SecuredRequest>()
        fill(&tree)
        endpoint = CoAPEngine.Endpoint(
            protection: security, protectedServer: RequestServer(resources: tree, settings: settings),
            outerBlocks: outerBlocks)
    }

    var nextDeadline: MonotonicInstant? { endpoint.nextDeadline }

    func takeOutgoing() -> [OutgoingDatagram] {
        defer { outgoing = [] }
        return outgoing
    }

    func receive(_ bytes: [UInt8], from path: DatagramPath, at now: MonotonicInstant) {
        var effects: [EndpointEffect] = []
        endpoint.receive(bytes.span, from: path, at: now, random: &random, effects: &effects)
        carryOut(effects)
    }

    func handleTimers(at now: MonotonicInstant) {
        var effects: [EndpointEffect] = []
        endpoint.handleTimers(at: now, random: &random, effects: &effects)
        carryOut(effects)
    }

    func start(_ request: ClientRequest, on floor: Floor) throws -> OperationID {
        var effects: [EndpointEffect] = []
        let id = try endpoint.start(request, at: floor.now, random: &random, effects: &effects)
        carryOut(effects)
        return id
    }

    func cancel(_ id: OperationID, on floor: Floor) {
        var effects: [EndpointEffect] = []
        endpoint.cancel(id, at: floor.now, random: &random, effects: &effects)
        carryOut(effects)
    }

    func changed(_ path: [String], on floor: Floor) {
        var effects: [EndpointEffect] = []
        endpoint.resourceChanged(path, at: floor.now, random: &random, effects: &effects)
        carryOut(effects)
    }

    private func carryOut(_ effects: [EndpointEffect]) {
        for effect in effects {
            switch effect {
            case .transmit(let datagram): outgoing.append(datagram)
            case .response(let id, let response): responses[id, default: []].append(response)
            case .ended(let id, let end): ends[id] = end
            case .call, .responseLost, .pingEnded: continue
            }
        }
    }

    var observations: Int { endpoint.protectedServer.load.observations }
    var refused: UInt64 { endpoint.counters.requestsRefused }
    var outerBlocks: OuterBlockCounters { endpoint.counters.outerBlocks }
}
