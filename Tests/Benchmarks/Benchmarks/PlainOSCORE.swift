import CBOR
import CRawCalls
import CoAP
import OSCORE

/// Plain OSCORE under AES-CCM-16-64-128 against the AEAD alone (RFC 8613 §8).
final class PlainOSCORE {
    private let exchange: Exchange
    private let store: MessageStore
    private var client: SecurityContext
    private var server: SecurityContext

    init(_ exchange: Exchange) throws {
        self.exchange = exchange
        store = MessageStore(count: Exchange.batch, longest: exchange.longest(0))
        client = try Self.context(sender: Exchange.client, recipient: Exchange.server)
        server = try Self.context(sender: Exchange.server, recipient: Exchange.client)
    }

    func comparisons() throws -> [Comparison] {
        let request = try RawBatch(Self.lengths(exchange.request), count: store.count)
        let response = try RawBatch(Self.lengths(exchange.response), count: store.count)
        let bindings = try bindings()
        return [
            Comparison(
                name: "oscore request protect", target: 1.10, batch: store.count, prepare: renewNumbers,
                gosc: protectRequests, floor: request.seal),
            Comparison(
                name: "oscore request verify", target: 1.05, batch: store.count,
                prepare: { [self] in
                    try renewNumbers()
                    try protectRequests()
                    try renewServer()
                }, gosc: verifyRequests, floor: request.open),
            Comparison(
                name: "oscore response protect", target: 1.10, batch: store.count, prepare: renewServer,
                gosc: { [self] in try protectResponses(to: bindings) }, floor: response.seal),
            Comparison(
                name: "oscore response verify", target: 1.05, batch: store.count,
                prepare: { [self] in
                    try renewServer()
                    try protectResponses(to: bindings)
                }, gosc: { [self] in try verifyResponses(to: bindings) }, floor: response.open),
        ]
    }

    /// One for each response: a request's nonce is given away once.
    private func bindings() throws -> [RequestBinding] {
        try protectRequests()
        let server = server
        var bindings: [RequestBinding] = []
        try store.verifyAll { _, message, output in
            guard case .verified(_, let binding) = server.verifyRequest(message, into: &output) else { return false }
            bindings.append(binding)
            return true
        }
        return bindings
    }

    private func renewNumbers() throws {
        client = try Self.context(sender: Exchange.client, recipient: Exchange.server)
    }

    private func renewServer() throws {
        server = try Self.context(sender: Exchange.server, recipient: Exchange.client)
    }

    private func protectRequests() throws {
        let (store, client) = (store, client)
        let body = exchange.request
        try store.writeAll { _, output throws(ProtectionError) in
            _ = try client.protectRequest(code: .put, body: body.span, into: &output)
        }
    }

    private func verifyRequests() throws {
        let (store, server) = (store, server)
        try store.verifyAll { _, message, output in
            if case .verified = server.verifyRequest(message, into: &output) { true } else { false }
        }
    }

    private func protectResponses(to bindings: [RequestBinding]) throws {
        let (store, server) = (store, server)
        let body = exchange.response
        try store.writeAll { index, output throws(ProtectionError) in
            var binding = bindings[index]
            _ = try server.protectResponse(
                code: .content, body: body.span, to: &binding, into: &output)
        }
    }

    private func verifyResponses(to bindings: [RequestBinding]) throws {
        let (store, client) = (store, client)
        try store.verifyAll { index, message, output in
            if case .verified = client.verifyResponse(message, to: bindings[index], into: &output) {
                true
            } else {
                false
            }
        }
    }

    /// The lengths behind the `aad_array` of RFC 8613 §5.4.
    private static func lengths(_ body: [UInt8]) -> gosc_raw_lengths {
        var aad = CBORWriter()
        aad.write([1, [10], .bytes(Exchange.client), .bytes([0x03, 0xe8]), .bytes([])])
        return gosc_raw_lengths(externalAAD: aad.bytes, plaintext: Exchange.plaintextLength(body))
    }

    private static func context(sender: [UInt8], recipient: [UInt8]) throws -> SecurityContext {
        let secret = [UInt8](repeating: 7, count: 16)
        let salt: [UInt8] = []
        return try SecurityContext(
            masterSecret: secret.span, masterSalt: salt.span, idContext: nil, senderID: Exchange.senderID(sender),
            recipientID: Exchange.senderID(recipient), reservation: Exchange.reservation, replayWindow: ReplayWindow())
    }
}
