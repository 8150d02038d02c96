import Bytes
import COSE
import CoAP
import GroupOSCORE
import OSCORE

/// A signature checker against one derivation and one signature (RFC 10021 §7.5): verifying in a group without the AEAD.
///
/// Its table of requests is full: for each that it remembers another one goes.
final class Checking {
    private let exchange: Exchange
    private let group: BenchmarkGroup
    /// What passed before.
    private let earlier: MessageStore
    private let requests: MessageStore
    private let responses: MessageStore
    private let exchanges: [CheckedExchange]
    private var checker = SignatureChecker()

    init(_ exchange: Exchange) throws {
        self.exchange = exchange
        group = try BenchmarkGroup()
        earlier = MessageStore(count: Exchange.signedBatch, longest: exchange.longest(64))
        requests = MessageStore(count: Exchange.signedBatch, longest: exchange.longest(64))
        responses = MessageStore(count: Exchange.signedBatch, longest: exchange.longest(64))
        exchanges = (0..<Exchange.signedBatch).map { Self.exchange(UInt64($0)) }
    }

    func comparisons() throws -> [Comparison] {
        let request = try RawBatch(
            group.lengths(exchange.request, sender: group.client, optionValue: 8), count: requests.count)
        let response = try RawBatch(
            group.lengths(exchange.response, sender: group.server, optionValue: 2), count: responses.count)
        try protect()
        return [
            Comparison(
                name: "group request check", target: 1.02, batch: requests.count, prepare: renewChecker,
                gosc: checkRequests, floor: request.checkInGroup),
            Comparison(
                name: "group response check", target: 1.02, batch: responses.count,
                prepare: { [self] in
                    try renewChecker()
                    try checkRequests()
                }, gosc: checkResponses, floor: response.checkInGroup),
        ]
    }

    /// Requests and, one for each, responses, which have kid and nothing else.
    private func protect() throws {
        let client = try group.context(of: group.client, knowing: group.server)
        let server = try group.context(of: group.server, knowing: group.client)
        let (request, response) = (exchange.request, exchange.response)
        for store in [earlier, requests] {
            try store.writeAll { _, output throws(ProtectionError) in
                _ = try client.protectGroupRequest(code: .put, body: request.span, into: &output)
            }
        }
        var bindings: [GroupRequestBinding] = []
        try requests.verifyAll { _, message, output in
            guard case .verified(_, let binding) = server.verifyGroupRequest(message, into: &output) else {
                return false
            }
            bindings.append(binding)
            return true
        }
        try responses.writeAll { index, output throws(ProtectionError) in
            _ = try server.protectGroupResponse(
                code: .content, body: response.span, to: &bindings[index], into: &output)
        }
    }

    /// A checker to which every message of a batch is new, in the state of one that has long been at work.
    private func renewChecker() throws {
        checker = SignatureChecker(maximumRequests: Exchange.signedBatch)
        checker.add(try group.checked())
        let checker = checker
        try earlier.verifyAll { index, message, _ in
            let exchange = Self.exchange(UInt64(1_000_000 + index))
            if case .valid = checker.checkRequest(message, in: exchange) { return true } else { return false }
        }
    }

    private func checkRequests() throws {
        let (checker, exchanges) = (checker, exchanges)
        try requests.verifyAll { index, message, _ in
            if case .valid = checker.checkRequest(message, in: exchanges[index]) { true } else { false }
        }
    }

    private func checkResponses() throws {
        let (checker, exchanges) = (checker, exchanges)
        try responses.verifyAll { index, message, _ in
            if case .valid = checker.checkResponse(message, in: exchanges[index]) { true } else { false }
        }
    }

    private static func exchange(_ number: UInt64) -> CheckedExchange {
        CheckedExchange(
            client: SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: number % 16), port: 5683),
            token: Token(number))
    }
}
