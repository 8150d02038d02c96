import Bytes
import CoAP
import TestSupport

@testable import CoAPEngine

/// A proxy that knows nothing of OSCORE and cuts whatever it forwards: an unprotected server to its client, an unprotected
/// client to its server, and block-wise transfer of a size of its own on both sides (RFC 8613 §4.1.3.4.2).
final class CuttingProxy: FloorNode {
    /// Lets everything through as it is, and remembers the request that is being served.
    private struct PassThrough: EndpointProtection {
        static let server = PeerIdentity.association([1])
        var latest: Message?

        typealias Verified = UnprotectedRequest

        mutating func verifyRequest(
            _ request: IncomingRequest, at now: MonotonicInstant, random: inout some RandomNumberGenerator
        ) -> ProtectionVerdict<UnprotectedRequest, Never> {
            latest = request.message
            return .unprotected
        }

        mutating func protectResponse(_ response: Message, to binding: inout Never) -> EncodedMessage? {}

        mutating func protectRequest(
            _ request: Message, for peer: PeerIdentity, continuing open: Void?, at now: MonotonicInstant
        ) throws(ProtectionRefusal) -> (EncodedMessage, Void) {
            (EncodedMessage(request), ())
        }

        mutating func verifyResponse(
            _ response: IncomingResponse, to binding: inout Void, at now: MonotonicInstant
        ) -> SecuredResponse? {
            SecuredResponse(message: response.message, peer: Self.server, security: .oscore)
        }
    }

    let address: SocketAddress
    private let server: SocketAddress
    private let size: BlockSize
    private var endpoint: CoAPEngine.Endpoint<PassThrough>
    private var forwarded: [OperationID: EndpointCall] = [:]
    private var random = SeededGenerator(seed: 77)
    private var outgoing: [OutgoingDatagram] = []

    init(_ host: UInt64, to server: SocketAddress, size: BlockSize) {
        address = Floor.address(host)
        self.server = server
        self.size = size
        var settings = RequestServerSettings()
        settings.blockSize = size
        settings.understoodByHandlers = [.oscore]
        settings.unprovenAddresses = .trust
        var tree = ResourceTree<UnprotectedRequest>()
        // Its answers come when the server's have come.
        let forward = ResourceHandler<UnprotectedRequest>.deferred { _ in ResourceResponse(.gatewayTimeout) }
        tree.register(path: [], Resource(methods: [.post: forward, .fetch: forward]))
        var clientSettings = RequestClientSettings()
        clientSettings.understoodInResponses.insert(.oscore)
        endpoint = CoAPEngine.Endpoint(
            protection: PassThrough(), openServer: RequestServer(resources: tree, settings: settings),
            client: RequestClient(settings: clientSettings))
    }

    var nextDeadline: MonotonicInstant? { endpoint.nextDeadline }

    func takeOutgoing() -> [OutgoingDatagram] {
        defer { outgoing = [] }
        return outgoing
    }

    func receive(_ bytes: [UInt8], from path: DatagramPath, at now: MonotonicInstant) {
        var effects: [EndpointEffect] = []
        endpoint.receive(bytes.span, from: path, at: now, random: &random, effects: &effects)
        carryOut(effects, at: now)
    }

    func handleTimers(at now: MonotonicInstant) {
        var effects: [EndpointEffect] = []
        endpoint.handleTimers(at: now, random: &random, effects: &effects)
        carryOut(effects, at: now)
    }

    private func carryOut(_ effects: [EndpointEffect], at now: MonotonicInstant) {
        var further: [EndpointEffect] = []
        for effect in effects {
            switch effect {
            case .transmit(let datagram): outgoing.append(datagram)
            case .call(let call, _):
                guard var message = endpoint.protection.latest else { continue }
                // RFC 9175 §3.3.2: what the proxy cuts it tells apart by tags of its own, which the engine sets.
                message.options.removeAll { [.block1, .block2, .observe].contains($0) }
                var request = ClientRequest(message, to: server, peer: PassThrough.server)
                request.blockSize = size
                if let id = try? endpoint.start(request, at: now, random: &random, effects: &further) {
                    forwarded[id] = call
                }
            case .response(let id, let response):
                guard let call = forwarded.removeValue(forKey: id) else { continue }
                let message = response.message
                endpoint.complete(
                    call, with: ResourceResponse(message.code, options: message.options, payload: message.payload),
                    at: now, random: &random, effects: &further)
            case .ended, .responseLost, .pingEnded: continue
            }
        }
        if !further.isEmpty { carryOut(further, at: now) }
    }
}
