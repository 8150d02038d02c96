public import CoAP

/// Names a notification until its outcome is known.
public struct NotificationID: Hashable, Sendable {
    internal let number: UInt64
}

/// A notification to send: a response that its client did not ask for anew (RFC 7641).
public struct OutgoingNotification: Hashable, Sendable {
    /// The response code.
    public var code: Code
    /// `options | [ff | payload]`.
    public var body: [UInt8]
    /// The token of the registration.
    public var token: Token
    /// The way that the registration took; the notification goes back by it.
    public var path: DatagramPath
    /// Whether the client acknowledges it.
    public var isConfirmable: Bool
    /// Whether it is sent again for lack of an acknowledgement; if not, the first wait for one is the only one.
    public var isRetransmitted: Bool
    /// How long to hold it back.
    public var delay: Duration

    /// Creates a notification from encoded options and payload.
    public init(
        code: Code, body: [UInt8], token: Token, path: DatagramPath, isConfirmable: Bool, isRetransmitted: Bool = true,
        delay: Duration = .zero
    ) {
        self.code = code
        self.body = body
        self.token = token
        self.path = path
        self.isConfirmable = isConfirmable
        self.isRetransmitted = isRetransmitted
        self.delay = delay
    }

    /// Creates a notification from a message.
    public init(
        message: Message, token: Token, path: DatagramPath, isConfirmable: Bool, isRetransmitted: Bool = true,
        delay: Duration = .zero
    ) {
        self.init(
            code: message.code, body: message.body, token: token, path: path, isConfirmable: isConfirmable,
            isRetransmitted: isRetransmitted, delay: delay)
    }
}

/// A notification that is held back, or that its client has not acknowledged.
internal struct Notification: Sendable {
    enum State: Sendable {
        case new
        case heldBack(TimerID)
        /// As the message with this number.
        case inTransit(UInt64)
    }

    var content: OutgoingNotification
    var state: State
    /// Whether ``content`` is newer than what is in transit.
    var isReplaced = false
}
