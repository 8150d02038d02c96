import Bytes
import COSE
import CoAP
import Testing

@testable import OSCORE

/// A client and a server with one Security Context, and the way between them.
struct Pair {
    let client: SecurityContext
    let server: SecurityContext

    static let secret: [UInt8] = Array(0..<16)

    init(
        client: [UInt8] = [1], server: [UInt8] = [2], idContext: [UInt8]? = nil, secret: [UInt8] = Self.secret,
        algorithm: AEADAlgorithm = .aesCCM_16_64_128, sequence: UInt64 = 0
    ) throws {
        self.client = try Self.context(client, server, idContext, secret, algorithm, sequence)
        self.server = try Self.context(server, client, idContext, secret, algorithm, sequence)
    }

    static func context(
        _ sender: [UInt8], _ recipient: [UInt8], _ idContext: [UInt8]? = nil, _ secret: [UInt8] = Self.secret,
        _ algorithm: AEADAlgorithm = .aesCCM_16_64_128, _ sequence: UInt64 = 0
    ) throws -> SecurityContext {
        var reservation = SequenceReservation(resumingAt: sequence)
        reservation.extend(to: sequence + 1000)
        let none: [UInt8] = []
        return try SecurityContext(
            masterSecret: secret.span, masterSalt: none.span, idContext: idContext,
            senderID: try #require(SenderID(sender)), recipientID: try #require(SenderID(recipient)),
            algorithm: algorithm, reservation: reservation, replayWindow: ReplayWindow())
    }

    /// What the server makes of a protected message.
    func atServer(_ message: Message) throws -> RequestVerdict {
        let body = message.body
        return server.verifyRequest(try ProtectedMessage(body.span))
    }

    /// A verified request.
    func request(_ message: Message) throws -> VerifiedRequest {
        try #require(atServer(message).verified)
    }

    /// What the client makes of a protected response.
    func atClient(_ message: Message, _ binding: RequestBinding) throws -> Result<Message, VerificationFailure> {
        let body = message.body
        return client.verifyResponse(try ProtectedMessage(body.span), to: binding)
    }

    /// What the client makes of a response while it observes.
    func atClient(
        _ message: Message, _ binding: RequestBinding, _ number: inout NotificationNumber
    ) throws -> ObservedResponse {
        let body = message.body
        return client.verifyResponse(try ProtectedMessage(body.span), to: binding, number: &number)
    }
}

extension RequestVerdict {
    var verified: VerifiedRequest? { if case .verified(let request) = self { request } else { nil } }
    var unproven: UnprovenRequest? { if case .unproven(let request) = self { request } else { nil } }
    var failure: VerificationFailure? { if case .rejected(let failure) = self { failure } else { nil } }
    var isReplay: Bool { if case .replay = self { true } else { false } }
}

extension ObservedResponse {
    var notification: Message? { if case .notification(let message) = self { message } else { nil } }
    var last: Message? { if case .last(let message) = self { message } else { nil } }
    var failure: VerificationFailure? { if case .rejected(let failure) = self { failure } else { nil } }
    var isOld: Bool { if case .old = self { true } else { false } }
}

extension Result where Failure == VerificationFailure {
    var failure: VerificationFailure? { if case .failure(let failure) = self { failure } else { nil } }
}

extension Message {
    /// A request or response with these options, in any order.
    init(_ code: Code, _ options: [(OptionNumber, [UInt8])] = [], payload: [UInt8] = []) {
        self.init(code: code, payload: payload)
        for (number, value) in options { self.options.append(number, value) }
    }
}
