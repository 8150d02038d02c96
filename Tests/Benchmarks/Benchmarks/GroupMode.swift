import CBOR
import COSE
import CRawCalls
import CoAP
import GroupOSCORE
import OSCORE

/// Group mode under AES-CCM-16-64-128 and EdDSA against AEAD, signature and one derivation (RFC 10021 §7).
final class GroupMode {
    private let exchange: Exchange
    private let group: BenchmarkGroup
    private let store: MessageStore
    private var client: GroupContext
    private var server: GroupContext

    init(_ exchange: Exchange) throws {
        self.exchange = exchange
        group = try BenchmarkGroup()
        store = MessageStore(count: Exchange.signedBatch, longest: exchange.longest(64))
        client = try group.context(of: group.client, knowing: group.server)
        server = try group.context(of: group.server, knowing: group.client)
    }

    func comparisons() throws -> [Comparison] {
        let request = try RawBatch(
            lengths(exchange.request, sender: group.client, optionValue: 8), count: store.count)
        let response = try RawBatch(
            lengths(exchange.response, sender: group.server, optionValue: 4), count: store.count)
        try protectRequests()
        let binding = try firstBinding()
        return [
            Comparison(
                name: "group request protect", target: 1.02, batch: store.count, prepare: renewNumbers,
                gosc: protectRequests, floor: request.protectInGroup),
            Comparison(
                name: "group request verify", target: 1.02, batch: store.count,
                prepare: { [self] in
                    try renewNumbers()
                    try protectRequests()
                    try renewServer()
                }, gosc: verifyRequests, floor: request.verifyInGroup),
            Comparison(
                name: "group response protect", target: 1.02, batch: store.count,
                prepare: renewServer,
                gosc: { [self] in try protectResponses(to: binding) }, floor: response.protectInGroup),
            Comparison(
                name: "group response verify", target: 1.02, batch: store.count,
                prepare: { [self] in
                    try renewServer()
                    try protectResponses(to: binding)
                },
                gosc: { [self] in try verifyResponses(to: binding) }, floor: response.verifyInGroup),
        ]
    }

    private func renewNumbers() throws {
        client = try group.context(of: group.client, knowing: group.server)
    }

    private func renewServer() throws {
        server = try group.context(of: group.server, knowing: group.client)
    }

    private func firstBinding() throws -> GroupRequestBinding {
        var binding: GroupRequestBinding?
        _ = try store.verify(0) { message, output in
            guard case .verified(_, let found) = server.verifyGroupRequest(message, into: &output) else { return false }
            binding = found
            return true
        }
        guard let binding else { throw BenchmarkError.wrongResult(0, of: 1) }
        return binding
    }

    private func protectRequests() throws {
        let (store, client) = (store, client)
        let body = exchange.request
        try store.writeAll { _, output throws(ProtectionError) in
            _ = try client.protectGroupRequest(code: .put, body: body.span, into: &output)
        }
    }

    private func verifyRequests() throws {
        let (store, server) = (store, server)
        try store.verifyAll { _, message, output in
            if case .verified = server.verifyGroupRequest(message, into: &output) { true } else { false }
        }
    }

    private func protectResponses(to binding: GroupRequestBinding) throws {
        let (store, server) = (store, server)
        let body = exchange.response
        try store.writeAll { _, output throws(ProtectionError) in
            var binding = binding
            _ = try server.protectGroupResponse(
                code: .content, body: body.span, to: &binding, usesOwnPartialIV: true, into: &output)
        }
    }

    private func verifyResponses(to binding: GroupRequestBinding) throws {
        let (store, client) = (store, client)
        try store.verifyAll { _, message, output in
            if case .verified = client.verifyGroupResponse(message, to: binding, into: &output) { true } else { false }
        }
    }

    private func lengths(_ body: [UInt8], sender: BenchmarkGroup.Member, optionValue: Int) -> gosc_raw_lengths {
        group.lengths(body, sender: sender, optionValue: optionValue)
    }
}

extension BenchmarkGroup {
    /// The lengths of a message in group mode.
    func lengths(_ body: [UInt8], sender: Member, optionValue: Int) -> gosc_raw_lengths {
        let aad = externalAAD(sender: sender, optionValue: optionValue)
        var lengths = gosc_raw_lengths(externalAAD: aad, plaintext: Exchange.plaintextLength(body))
        lengths.signed_bytes = CountersignStructure.length(
            externalAADLength: aad.count, ciphertextLength: lengths.plaintext + lengths.tag)
        lengths.keystream_salt = 2
        var info = CBORWriter()
        info.write([.bytes(Exchange.client), .bytes(BenchmarkGroup.groupID), true, 64])
        lengths.keystream_info = info.bytes.count
        return lengths
    }
}
