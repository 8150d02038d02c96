import Bytes
import CoAP
import CoAPEngine
import Synchronization
import TestSupport
import Testing

/// A protection that tells two security groups apart by one byte, and believes everybody.
private struct TwoSecurityGroups: EndpointProtection {
    struct Verified: RequestProperties {
        let securityGroup: UInt8
        let message: Message
        var code: Code { message.code }
        var options: Options { message.options }
        var payload: [UInt8] { message.payload }
    }

    mutating func verifyRequest(
        _ request: IncomingRequest, at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> ProtectionVerdict<Verified, UInt8> {
        var message = request.message
        guard let value = message.options.oscore else { return .unprotected }
        guard let group = value.first, 1...2 ~= group else { return .discarded }
        message.options.remove(.oscore)
        return .verified(Verified(securityGroup: group, message: message), group, .association([group, 0xc]))
    }

    mutating func protectResponse(_ response: Message, to binding: inout UInt8) -> EncodedMessage? {
        var message = response
        message.options.oscore = [binding]
        return EncodedMessage(message)
    }

    mutating func protectRequest(
        _ request: Message, for peer: PeerIdentity, continuing open: UInt8?, at now: MonotonicInstant
    ) throws(ProtectionRefusal) -> (EncodedMessage, UInt8) {
        throw .unknownAssociation
    }

    mutating func verifyResponse(
        _ response: IncomingResponse, to binding: inout UInt8, at now: MonotonicInstant
    ) -> SecuredResponse? { nil }
}

/// One endpoint in several security groups, application groups and CoAP groups, each with each (RFC 10020 §2.1.4).
struct ManyGroupsTests {
    private struct Tuple: Hashable {
        let security: UInt8
        let application: String
        let coap: IPv6Address
    }

    private struct Seen: Equatable {
        let tuple: Tuple
        let peer: PeerIdentity
    }

    private static let client = SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: 0xc), port: 40_000)
    private static let groups = (1...2).map { IPv6Address(high: 0xff35_0030_fd00_0000, low: $0) }

    private static func resources(_ seen: @escaping @Sendable (Seen) -> Void) -> ResourceTree<
        TwoSecurityGroups.Verified
    > {
        var tree = ResourceTree<TwoSecurityGroups.Verified>()
        var properties = ResourceProperties()
        properties.groupAccess = .groups(Set(groups))
        for application in ["a", "b"] {
            tree.register(
                path: ["gp", application],
                methods: [
                    .get: { request in
                        let tuple = Tuple(
                            security: request.verified.securityGroup, application: application,
                            coap: request.path.destination)
                        seen(Seen(tuple: tuple, peer: request.peer))
                        return ResourceResponse(.content, .textPlain, Array(application.utf8))
                    }
                ], properties: properties)
        }
        return tree
    }

    private static func ask(
        _ tuple: Tuple, id: UInt16, _ endpoint: inout CoAPEngine.Endpoint<TwoSecurityGroups>,
        _ random: inout SeededGenerator, at now: inout MonotonicInstant
    ) -> [Message] {
        var options = Options()
        options.oscore = [tuple.security]
        options.uriPath = ["gp", tuple.application]
        let request = datagram(.nonConfirmable, .get, id: id, token: Token(UInt64(id)), options: options)
        var effects: [EndpointEffect] = []
        let path = DatagramPath(source: client, destination: tuple.coap)
        endpoint.receive(request.span, from: path, at: now, random: &random, effects: &effects)
        // Until the Leisure is over.
        let end = now.advanced(by: .seconds(120))
        while let deadline = endpoint.nextDeadline, deadline <= end {
            now = max(now, deadline)
            endpoint.handleTimers(at: now, random: &random, effects: &effects)
        }
        now = end
        return effects.compactMap { effect in
            guard case .transmit(let answer) = effect, answer.destination == client else { return nil }
            let bytes = answer.bytes
            guard let (header, offset) = try? DatagramCodec.decode(bytes.span) else { return nil }
            #expect(header.token == Token(UInt64(id)))
            let body = Array(bytes[offset...])
            return try? Message(code: header.code, body: body.span)
        }
    }

    @Test(.requirement("COAP-0121"))
    func everyCombinationOfGroupsIsServedAsItself() throws {
        let seen = Mutex<[Seen]>([])
        var endpoint = CoAPEngine.Endpoint(
            protection: TwoSecurityGroups(),
            protectedServer: RequestServer(resources: Self.resources { one in seen.withLock { $0.append(one) } }))
        var random = SeededGenerator(seed: 3)
        var now = MonotonicInstant(nanoseconds: 1_000_000_000)
        var id: UInt16 = 0
        for security in 1...2 as ClosedRange<UInt8> {
            for application in ["a", "b"] {
                for coap in Self.groups {
                    id += 1
                    let tuple = Tuple(security: security, application: application, coap: coap)
                    let answers = Self.ask(tuple, id: id, &endpoint, &random, at: &now)
                    #expect(answers.map(\.payload) == [Array(application.utf8)])
                    #expect(answers.first?.options.oscore == [security])
                    let last = seen.withLock(\.last)
                    #expect(last == Seen(tuple: tuple, peer: .association([security, 0xc])))
                }
            }
        }
        #expect(seen.withLock { Set($0.map(\.tuple)) }.count == 8)
        #expect(seen.withLock(\.count) == 8)
        // A third of each kind is nobody's.
        let strangers = [
            Tuple(security: 3, application: "a", coap: Self.groups[0]),
            Tuple(security: 1, application: "c", coap: Self.groups[0]),
            Tuple(security: 1, application: "a", coap: IPv6Address(high: 0xff35_0030_fd00_0000, low: 3)),
        ]
        for stranger in strangers {
            id += 1
            #expect(Self.ask(stranger, id: id, &endpoint, &random, at: &now).isEmpty)
        }
        #expect(seen.withLock(\.count) == 8)
    }
}
