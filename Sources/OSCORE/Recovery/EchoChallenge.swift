import Bytes
public import CoAP

/// A challenge by which one client proves to one server that its next request is fresh (RFC 9175 §2, RFC 8613 §B.1.2).
///
/// The server keeps it with the context of the client that it was sent to, and forgets it with a restart: then no value
/// from before is accepted. It travels as an inner option only, so no one else can answer it.
public struct EchoChallenge: Hashable, Sendable {
    /// What the client has to echo, 8 bytes.
    public let value: [UInt8]
    /// When it was made, from any fixed moment of a monotonic clock on.
    public let issued: Duration
    /// How long it can be answered.
    public let lifetime: Duration

    // ECHO-0014: 64 random bits.
    /// How many random bytes a challenge takes.
    public static let valueCount = 8
    /// Our own choice: about as long as a client tries to get one message through (RFC 7252 §4.8.2: 93 s).
    public static let defaultLifetime = Duration.seconds(90)

    /// Makes a challenge.
    ///
    /// - Parameters:
    ///   - random: ``valueCount`` fresh random bytes.
    ///   - now: The present moment of a monotonic clock.
    ///   - lifetime: How long it can be answered.
    /// - Returns: `nil` if `random` has another length.
    public init?(random: Span<UInt8>, at now: Duration, lifetime: Duration = defaultLifetime) {
        guard random.count == Self.valueCount else { return nil }
        value = [UInt8](copying: random)
        issued = now
        self.lifetime = lifetime
    }

    // ECHO-0003, ECHO-0015
    /// Whether an echoed value is this one, in time.
    ///
    /// - Parameters:
    ///   - echo: The inner Echo option of a genuine request; `nil` if it has none.
    ///   - now: The present moment of the same clock. A moment before ``issued`` means that the clock was reset.
    public func isAnswered(by echo: [UInt8]?, at now: Duration) -> Bool {
        guard let echo, ConstantTime.equal(echo.span, value.span) else { return false }
        return now >= issued && now - issued <= lifetime
    }

    // OSC-0109, ECHO-0005
    /// What the server answers in the place of the application: 4.01 with Echo and nothing else. To be protected with
    /// a Partial IV of the server's own.
    public var response: Message {
        var response = Message(code: .unauthorized)
        response.options.echo = value
        return response
    }
}

extension Message {
    // ECHO-0002, ECHO-0006
    /// This request once more, with the Echo value that `response` carries; `nil` if it is no challenge.
    ///
    /// Both belong to one Security Context: a value goes back inside the association that it came from, and nowhere else.
    public func answering(challenge response: Message) -> Message? {
        guard response.code == .unauthorized, let value = response.options.echo else { return nil }
        var request = self
        request.options.echo = value
        return request
    }
}
