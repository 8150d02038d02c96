import Bytes
import CoAP
import CoAPEngine

/// Protection as far as one can see it from below: whole messages go in, numbered messages come out. It hides nothing.
struct PaperProtection: EndpointProtection {
    typealias Verified = BenchRequest
    typealias RequestBinding = UInt8
    typealias ResponseBinding = UInt8

    static let peer = PeerIdentity.association([7])

    /// Whole messages that were given to it to be verified.
    var verified: [Message] = []
    /// How many messages it has protected.
    var protected = 0
    /// What is put around each message, in bytes.
    var overhead = 0

    private mutating func seal(_ message: Message, _ number: UInt8, code: Code) -> EncodedMessage {
        protected += 1
        var options = Options()
        options.oscore = [number]
        options.observe = message.options.observe
        let payload = [message.code.rawValue] + message.body + Array(repeating: 0xff, count: overhead)
        return EncodedMessage(Message(code: code, options: options, payload: payload))
    }

    private mutating func open(_ message: Message) -> Message? {
        guard message.options.contains(.oscore), let code = message.payload.first else { return nil }
        verified.append(message)
        let body = Array(message.payload.dropFirst().dropLast(overhead))
        return try? Message(code: Code(rawValue: code), body: body.span)
    }

    mutating func verifyRequest(
        _ request: IncomingRequest, at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> ProtectionVerdict<BenchRequest, UInt8> {
        guard request.message.options.contains(.oscore) else { return .unprotected }
        guard let inner = open(request.message) else { return .refused(Message(code: .badOption)) }
        let number = request.message.options.oscore?.first ?? 0
        return .verified(BenchRequest(message: inner), number, Self.peer)
    }

    mutating func protectResponse(_ response: Message, to binding: inout UInt8) -> EncodedMessage? {
        seal(response, UInt8(truncatingIfNeeded: protected), code: .content)
    }

    mutating func protectRequest(
        _ request: Message, for peer: PeerIdentity, continuing open: UInt8?, at now: MonotonicInstant
    ) throws(ProtectionRefusal) -> (EncodedMessage, UInt8) {
        let number = UInt8(truncatingIfNeeded: protected)
        return (seal(request, number, code: request.options.observe == nil ? .post : .fetch), number)
    }

    mutating func verifyResponse(
        _ response: IncomingResponse, to binding: inout UInt8, at now: MonotonicInstant
    ) -> SecuredResponse? {
        open(response.message).map { SecuredResponse(message: $0, peer: Self.peer, security: .oscore) }
    }
}
