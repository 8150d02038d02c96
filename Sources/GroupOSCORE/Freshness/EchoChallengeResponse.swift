public import CoAP

/// The response that asks a client to prove that its request is fresh (RFC 10021 §9).
public enum EchoChallengeResponse: Sendable {
    // GOSC-0263: 4.01, Echo and nothing else. It is protected with a Partial IV of its own (``ResponseFields``).
    /// The response with `value`, still to be protected.
    public static func message(_ value: EchoValue) -> Message {
        var options = Options()
        // ECHO-0004: a Class E option, hence inner once the message is protected.
        options.echo = value.bytes
        return Message(code: .unauthorized, options: options)
    }
}
