public import Bytes
public import CoAP

/// Names an exchange that was started with a request of ours.
public struct ExchangeID: Hashable, Sendable, Comparable {
    internal let number: UInt64

    /// Whether an exchange was begun before another one.
    public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// Names a request of a peer until it is answered.
public struct RequestHandle: Hashable, Sendable {
    internal let number: UInt64
}

/// A request to send.
public struct OutgoingRequest: Hashable, Sendable {
    /// Whether the message layer sees to it that the request arrives.
    public enum Reliability: Hashable, Sendable {
        /// Retransmitted until acknowledged. Not to groups.
        case confirmable
        /// Sent once.
        case nonConfirmable
    }

    /// How many responses the token is kept open for.
    public enum Expectation: Hashable, Sendable {
        /// One; the exchange ends with it.
        case oneResponse
        /// One that the upper layer finds genuine and then ends the exchange. Until then anything that matches may be
        /// forged: it is handed up, and neither it nor an acknowledgement nor a reset ends the exchange or its
        /// retransmissions.
        case verifiedResponse
        /// Any number, until the exchange is ended or its time is over.
        case manyResponses
        /// The same, and each has to be verified: what anybody can forge neither ends the exchange nor its retransmission.
        /// Say with ``MessageLayer/verified(_:from:at:)`` that one was genuine.
        case manyVerifiedResponses

        var isVerified: Bool { self == .verifiedResponse || self == .manyVerifiedResponses }
        var isMany: Bool { self == .manyResponses || self == .manyVerifiedResponses }
    }

    /// The method.
    public var code: Code
    /// `options | [ff | payload]`.
    public var body: [UInt8]
    /// An endpoint or a group.
    public var destination: SocketAddress
    /// The address to send from; `nil` lets the kernel choose.
    public var source: IPv6Address?
    /// Whether it is retransmitted.
    public var reliability: Reliability
    /// How many responses may come.
    public var expects: Expectation
    /// When to give up waiting, counted from when the request leaves. `nil`: EXCHANGE_LIFETIME for one response, verified
    /// or not; never for many.
    public var timeout: Duration?
    /// For groups: how long after the request left members may answer, Leisure and round trip. For so long it counts as
    /// outstanding, and is not repeated. `nil`: DEFAULT_LEISURE + ACK_TIMEOUT.
    public var settlesAfter: Duration?

    /// Creates a request from encoded options and payload.
    public init(
        code: Code, body: [UInt8], destination: SocketAddress, source: IPv6Address? = nil,
        reliability: Reliability = .confirmable, expects: Expectation = .oneResponse, timeout: Duration? = nil,
        settlesAfter: Duration? = nil
    ) {
        self.code = code
        self.body = body
        self.destination = destination
        self.source = source
        self.reliability = reliability
        self.expects = expects
        self.timeout = timeout
        self.settlesAfter = settlesAfter
    }

    /// Creates a request from a message.
    public init(
        message: Message, destination: SocketAddress, source: IPv6Address? = nil,
        reliability: Reliability = .confirmable, expects: Expectation = .oneResponse, timeout: Duration? = nil,
        settlesAfter: Duration? = nil
    ) {
        self.init(
            code: message.code, body: message.body, destination: destination, source: source,
            reliability: reliability, expects: expects, timeout: timeout, settlesAfter: settlesAfter)
    }
}

/// Why a request was not sent. Nothing has changed.
public enum SendError: Error, Hashable, Sendable {
    /// The code is not a method.
    case notARequest
    /// Requests to groups are non-confirmable (COAP-0080).
    case confirmableToGroup
    /// Longer than a datagram can be.
    case tooLarge
    /// As many exchanges are open as the limits permit (COAP-0262).
    case tooManyExchanges
    /// As many requests wait for their turn as the limits permit (COAP-0262).
    case queueFull
    /// More endpoints and groups owe us an answer than the limits permit.
    case tooManyDestinations
    /// All Message IDs may still be in use (COAP-0052).
    case messageIDsExhausted
    /// The exchange that was to be continued or repeated is over.
    case unknownExchange
    /// A request that continues an exchange goes to the same endpoint or group, or to one member of that group.
    case otherDestination
    /// Confirmable requests repeat themselves.
    case repeatedByItself
    /// The Message ID of the first transmission may soon be in use again.
    case tooLateToRepeat
}

/// A request of a peer, of sound format and not seen before.
public struct IncomingRequest: Hashable, Sendable {
    /// To be used once, for the answer or for saying that none will come.
    public let handle: RequestHandle
    /// Who sent it, to which of our addresses or groups.
    public let path: DatagramPath
    /// The method, known or not.
    public let code: Code
    /// `options | [ff | payload]`, of sound format.
    public let body: [UInt8]
    /// The token of the client.
    public let token: Token
    /// Confirmable or non-confirmable.
    public let type: MessageType
    /// The length of the datagram: what an unproven address may get an answer of about that length for.
    public let byteCount: Int

    /// The request with its options and payload taken apart.
    public var message: Message { Message(checked: code, body: body) }
}

/// A response to a request of ours.
public struct IncomingResponse: Hashable, Sendable {
    /// Who sent it. For a group request any member may.
    public let path: DatagramPath
    /// The response code, known or not.
    public let code: Code
    /// `options | [ff | payload]`, of sound format.
    public let body: [UInt8]

    /// The response with its options and payload taken apart.
    public var message: Message { Message(checked: code, body: body) }
}

/// Why an exchange ended without the response that it was kept open for.
public enum ExchangeFailure: Hashable, Sendable {
    /// No acknowledgement after the last retransmission, no response in time, or the time for many responses is over.
    case timeout
    /// The peer has no context to process the request in.
    case reset
    /// The response has a critical option that is not understood, or not well-formed (RFC 7252 §5.4.1).
    case unusableResponse
    /// The network did not take the datagram.
    case notSent
}

/// What to do, in order.
public enum MessageLayerEffect: Hashable, Sendable {
    /// Send a datagram.
    case transmit(OutgoingDatagram)
    /// Process a request.
    case request(IncomingRequest)
    /// Process a response.
    case response(ExchangeID, IncomingResponse)
    /// A request that had to wait for its turn leaves now. Comes right before its ``transmit(_:)``.
    case begun(ExchangeID)
    /// The exchange is over.
    case failed(ExchangeID, ExchangeFailure)
    /// What became of a notification. One that is not confirmable can only be reset.
    case notification(NotificationID, NotificationOutcome)
}

extension Message {
    /// Takes apart a body whose format has been checked.
    fileprivate init(checked code: Code, body: [UInt8]) {
        self = (try? Message(code: code, body: body.span)) ?? Message(code: code)
    }
}
