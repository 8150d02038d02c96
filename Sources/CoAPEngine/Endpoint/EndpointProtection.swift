public import CoAP

/// A protection as an ``Endpoint`` works with it: turns inner messages into protected ones and back.
///
/// It is called on the endpoint's thread, and what it must have on disk before it goes on it writes itself: when a
/// function returns, numbers that were used and requests that were accepted are durable.
public protocol EndpointProtection: MessageProtection {
    /// What a client keeps of a protected request for its responses.
    associatedtype RequestBinding
    /// What a server keeps of a verified request for its answers.
    associatedtype ResponseBinding

    /// Verifies a request.
    mutating func verifyRequest(
        _ request: IncomingRequest, at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> ProtectionVerdict<Verified, ResponseBinding>

    /// Protects an answer to a verified request.
    ///
    /// - Returns: `nil` if it cannot be protected; then nothing may be sent.
    mutating func protectResponse(_ response: Message, to binding: inout ResponseBinding) -> EncodedMessage?

    /// Protects a request for a peer whose identity is an association.
    ///
    /// - Parameter open: What is kept of the exchange if the request continues one: responses to its earlier requests may
    ///   still come, and the binding that is returned is to verify them, too.
    /// - Throws: Why it cannot be protected; then nothing may be sent.
    mutating func protectRequest(
        _ request: Message, for peer: PeerIdentity, continuing open: RequestBinding?, at now: MonotonicInstant
    ) throws(ProtectionRefusal) -> (EncodedMessage, RequestBinding)

    /// Verifies a response to a protected request.
    ///
    /// - Returns: The inner response and who sent it; `nil` if it is not genuine, or came before.
    mutating func verifyResponse(
        _ response: IncomingResponse, to binding: inout RequestBinding, at now: MonotonicInstant
    ) -> SecuredResponse?
}

/// A response that a protection has accepted.
public struct SecuredResponse: Sendable {
    /// The inner response.
    public var message: Message
    /// Who sent it.
    public var peer: PeerIdentity
    /// How it was protected.
    public var security: MessageSecurity

    /// Says that a response is genuine.
    public init(message: Message, peer: PeerIdentity, security: MessageSecurity) {
        self.message = message
        self.peer = peer
        self.security = security
    }
}

/// Why a protection could not protect a message.
public enum ProtectionRefusal: Error, Hashable, Sendable {
    /// There is no security association of that name.
    case unknownAssociation
    /// All numbers that may be used with its keys have been used: it needs new keys.
    case numbersExhausted
    /// The numbers could not be made durable, for this reason: one that were used again after a restart would give the
    /// plaintext away.
    case notStored(String)
    /// The message cannot be protected: it is too long, or not a request.
    case unsuitableMessage
    /// The group has no mode for this.
    case modeUnavailable
}

/// What a protection says of a received request.
public enum ProtectionVerdict<Verified, Binding> {
    /// The request is not protected: it is for the resources that need no protection.
    case unprotected
    /// Genuine and new.
    case verified(Verified, Binding, PeerIdentity)
    /// Not accepted; what the sender is told. Not sent to groups.
    case refused(Message)
    /// Genuine, but not for a resource; what its sender is told, protected. Groups get it after Leisure.
    case answered(EncodedMessage)
    /// Not accepted, and the sender is told nothing.
    case discarded
}

extension ProtectionVerdict: Sendable where Verified: Sendable, Binding: Sendable {}

extension NoProtection: EndpointProtection {
    public mutating func verifyRequest(
        _ request: IncomingRequest, at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> ProtectionVerdict<UnprotectedRequest, Never> {
        .unprotected
    }

    public mutating func protectResponse(_ response: Message, to binding: inout Never) -> EncodedMessage? {}

    public mutating func protectRequest(
        _ request: Message, for peer: PeerIdentity, continuing open: Never?, at now: MonotonicInstant
    ) throws(ProtectionRefusal) -> (EncodedMessage, Never) {
        throw .unknownAssociation
    }

    public mutating func verifyResponse(
        _ response: IncomingResponse, to binding: inout Never, at now: MonotonicInstant
    ) -> SecuredResponse? {}
}
