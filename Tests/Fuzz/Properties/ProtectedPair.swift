import CoAP
import OSCORE

/// Two endpoints that share a Security Context, seen through what both kinds of OSCORE have in common.
protocol ProtectedPair: AnyObject {
    /// Whom a response may name although its sender did not: only where the option value does not go into the AAD.
    var responderInName: SenderID? { get }
    /// What the first endpoint sends.
    func protectRequest(_ request: Message) -> Message?
    /// What the second endpoint makes of it.
    func verifyRequest(_ body: Span<UInt8>) -> Outcome
    /// What the second endpoint answers to the request that it verified last.
    func protectResponse(_ response: Message) -> Message?
    /// What the first endpoint makes of it.
    func verifyResponse(_ body: Span<UInt8>) -> Outcome
}

/// What became of a received message.
enum Outcome: Equatable {
    case verified(Message)
    case replay
    case refused
}
