import CoAP

/// A genuine request of which nobody knows whether it is new, because the replay window is invalid.
///
/// It may be a replay of a request that was accepted before the window was lost. So it shows who must prove what, and
/// keeps the rest to itself until ``SecurityContext/accept(_:)``.
public struct UnprovenRequest: Sendable {
    /// What binds the challenge to the request; its nonce may have been used before and is not free.
    public let binding: RequestBinding
    /// The value of the inner Echo option; `nil` if there is none of 1 to 40 bytes.
    public let echo: [UInt8]?
    let message: Message
    let observe: ObserveRequest?
    /// Of the Recipient Context that verified it.
    fileprivate let token: VerifierToken

    init(
        _ joined: JoinedMessage, body: borrowing OutputSpan<UInt8>, from start: Int, kid: SenderID,
        partialIV: PartialIV, token: VerifierToken
    ) {
        self.token = token
        // ECHO-0004, ECHO-0009: the outer Echo option was discarded, so this one is the sender's.
        let written = body.span.extracting(droppingFirst: start)
        message = (try? Message(code: joined.code, body: written)) ?? Message(code: joined.code)
        echo = message.options.echo
        observe = joined.observe
        binding = RequestBinding(kid: kid, partialIV: partialIV, allowsRequestNonce: false, observe: joined.observe)
    }
}

extension SecurityContext {
    // OSC-0109
    /// Makes the replay window valid again, with a request that echoed a valid challenge as its lower limit.
    ///
    /// Call it only after ``EchoChallenge/isAnswered(by:at:)`` said yes, on the context that verified the request: Recipient
    /// IDs need not be unique, so every other one refuses it.
    ///
    /// - Returns: The request, once: a second one with the same Partial IV is a replay.
    public func accept(_ request: UnprovenRequest) -> RequestVerdict {
        guard unsafe recipient.token === request.token else { return .rejected(.noContext) }
        let partialIV = request.binding.partialIV
        guard replayWindow.heal(from: partialIV) == .fresh else { return .replay }
        let binding = RequestBinding(kid: recipientID, partialIV: partialIV, observe: request.observe)
        return .verified(VerifiedRequest(message: request.message, sender: recipientID, binding: binding))
    }

    // OSC-0075
    /// Notes that what was received before is not known any more: until a client proves a request fresh, none is
    /// accepted (RFC 8613 §7.5).
    public func loseReplayWindow() {
        replayWindow.invalidate()
    }
}

extension UnprovenRequest: CustomStringConvertible, CustomReflectable {
    /// Who asks, never what for.
    public var description: String { "<unproven request of \(binding.kid)>" }
    /// Nothing: a dump does not show what is to stay hidden.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
