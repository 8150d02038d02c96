import CBOR
import COSE
import CRawCalls
import CoAP
import GroupOSCORE
import OSCORE

/// Pairwise mode under AES-CCM-16-64-128 against the AEAD alone (RFC 10021 §8).
final class PairwiseMode {
    private let exchange: Exchange
    private let group: BenchmarkGroup
    private let store: MessageStore
    private var client: GroupContext
    private var server: GroupContext

    init(_ exchange: Exchange) throws {
        self.exchange = exchange
        group = try BenchmarkGroup()
        store = MessageStore(count: Exchange.batch, longest: exchange.longest(0))
        client = try group.context(of: group.client, knowing: group.server)
        server = try group.context(of: group.server, knowing: group.client)
    }

    func comparisons() throws -> [Comparison] {
        let request = try RawBatch(
            lengths(exchange.request, sender: group.client, optionValue: 8), count: store.count)
        let response = try RawBatch(
            lengths(exchange.response, sender: group.server, optionValue: 3), count: store.count)
        let asked = try ask()
        let binding = try firstBinding()
        return [
            Comparison(
                name: "pairwise request protect", target: 1.10, batch: store.count, prepare: renewNumbers,
                gosc: protectRequests, floor: request.seal),
            Comparison(
                name: "pairwise request verify", target: 1.05, batch: store.count,
                prepare: { [self] in
                    try renewNumbers()
                    server = try group.context(of: group.server, knowing: group.client)
                    // Both sides have derived their keys, with the message that is not measured.
                    _ = try firstBinding()
                    try protectRequests()
                }, gosc: verifyRequests, floor: request.open),
            Comparison(
                name: "pairwise response protect", target: 1.10, batch: store.count,
                prepare: renewServer,
                gosc: { [self] in try protectResponses(to: binding) }, floor: response.seal),
            Comparison(
                name: "pairwise response verify", target: 1.05, batch: store.count,
                prepare: { [self] in
                    try renewServer()
                    try protectResponses(to: binding)
                },
                gosc: { [self] in try verifyResponses(to: asked) }, floor: response.open),
        ]
    }

    private func renewNumbers() throws {
        client = try group.context(of: group.client, knowing: group.server)
        try deriveKeys(client, with: group.server)
    }

    private func renewServer() throws {
        server = try group.context(of: group.server, knowing: group.client)
        try deriveKeys(server, with: group.client)
    }

    /// Pairwise keys are derived by the first message, which is not measured.
    private func deriveKeys(_ context: GroupContext, with other: BenchmarkGroup.Member) throws {
        let body = exchange.request
        try store.write(0) { output throws(ProtectionError) in
            _ = try context.protectPairwiseRequest(code: .put, body: body.span, to: other.senderID, into: &output)
        }
    }

    /// Protects one request, for what binds the client to its responses: it knows whom it asked.
    private func ask() throws -> GroupRequestBinding {
        let body = exchange.request
        let (client, recipient) = (client, group.server.senderID)
        var binding: GroupRequestBinding?
        try store.write(0) { output throws(ProtectionError) in
            binding = try client.protectPairwiseRequest(code: .put, body: body.span, to: recipient, into: &output)
                .binding
        }
        guard let binding else { throw BenchmarkError.wrongResult(0, of: 1) }
        return binding
    }

    private func firstBinding() throws -> GroupRequestBinding {
        var binding: GroupRequestBinding?
        _ = try store.verify(0) { message, output in
            guard case .verified(_, let found) = server.verifyRequest(message, into: &output) else { return false }
            binding = found
            return true
        }
        guard let binding else { throw BenchmarkError.wrongResult(0, of: 1) }
        return binding
    }

    private func protectRequests() throws {
        let (store, client) = (store, client)
        let recipient = group.server.senderID
        let body = exchange.request
        try store.writeAll { _, output throws(ProtectionError) in
            _ = try client.protectPairwiseRequest(
                code: .put, body: body.span, to: recipient, into: &output)
        }
    }

    private func verifyRequests() throws {
        let (store, server) = (store, server)
        try store.verifyAll { _, message, output in
            if case .verified = server.verifyRequest(message, into: &output) { true } else { false }
        }
    }

    private func protectResponses(to binding: GroupRequestBinding) throws {
        let (store, server) = (store, server)
        let body = exchange.response
        var binding = binding
        try store.writeAll { _, output throws(ProtectionError) in
            _ = try server.protectPairwiseResponse(
                code: .content, body: body.span, to: &binding, usesOwnPartialIV: true, into: &output)
        }
    }

    private func verifyResponses(to binding: GroupRequestBinding) throws {
        let (store, client) = (store, client)
        try store.verifyAll { _, message, output in
            if case .verified = client.verifyResponse(message, to: binding, into: &output) { true } else { false }
        }
    }

    private func lengths(_ body: [UInt8], sender: BenchmarkGroup.Member, optionValue: Int) -> gosc_raw_lengths {
        let aad = group.externalAAD(sender: sender, optionValue: optionValue)
        return gosc_raw_lengths(externalAAD: aad, plaintext: Exchange.plaintextLength(body))
    }
}
