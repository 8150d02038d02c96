import Bytes
import CoAP
import OSCORE

/// Client and server of RFC 8613 Appendix C.1, so that its messages are genuine ones here.
final class OSCOREPair: ProtectedPair {
    /// The AAD of a response holds kid and Partial IV of the request only (RFC 8613 §5.4). What a response says of its
    /// sender must be true.
    let responderInName = SenderID([1])
    private let client: SecurityContext
    private let server: SecurityContext
    /// The binding of the last request, at both ends.
    private var requested: RequestBinding?
    private var received: RequestBinding?

    init() throws {
        client = try Self.context(sender: [], recipient: [1])
        server = try Self.context(sender: [1], recipient: [])
    }

    private static func context(sender: [UInt8], recipient: [UInt8]) throws -> SecurityContext {
        let secret = try bytes("0102030405060708090a0b0c0d0e0f10")
        let salt = try bytes("9e7ca92223786340")
        guard let senderID = SenderID(sender), let recipientID = SenderID(recipient) else {
            throw ContextError.identifierTooLong
        }
        return try SecurityContext(
            masterSecret: secret.span, masterSalt: salt.span, idContext: nil, senderID: senderID,
            recipientID: recipientID, reservation: .endless(from: 1000), replayWindow: ReplayWindow())
    }

    func protectRequest(_ request: Message) -> Message? {
        guard let (message, binding) = try? client.protectRequest(request) else { return nil }
        requested = binding
        return message
    }

    func verifyRequest(_ body: Span<UInt8>) -> Outcome {
        guard let message = try? ProtectedMessage(body) else { return .refused }
        switch server.verifyRequest(message) {
        case .verified(let request):
            received = request.binding
            return .verified(request.message)
        case .replay: return .replay
        default: return .refused
        }
    }

    func protectResponse(_ response: Message) -> Message? {
        guard var binding = received else { return nil }
        return try? server.protectResponse(response, to: &binding)
    }

    func verifyResponse(_ body: Span<UInt8>) -> Outcome {
        guard let message = try? ProtectedMessage(body), let requested,
            let response = try? client.verifyResponse(message, to: requested).get()
        else { return .refused }
        return .verified(response)
    }
}

extension SequenceReservation {
    /// Numbers for more messages than a run can make.
    static func endless(from start: UInt64) -> SequenceReservation {
        var reservation = SequenceReservation(resumingAt: start)
        reservation.extend(to: 1 << 39)
        return reservation
    }
}

/// A constant that is not hex; cannot happen.
struct NotHex: Error {}

/// The bytes of a hex string.
func bytes(_ hex: String) throws(NotHex) -> [UInt8] {
    guard let bytes = Hex.decode(hex) else { throw NotHex() }
    return bytes
}
