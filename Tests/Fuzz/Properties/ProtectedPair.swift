import CoAP
import OSCORE

/// Two endpoints that share a Security Context, seen through what both kinds of OSCORE have in common.
protocol ProtectedPair: AnyObject {
    /// Whether the option value goes into the AAD as it stands. If not, its Partial IV does, by way of the nonce.
    var authenticatesOptionValue: Bool { get }
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
