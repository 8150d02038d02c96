import Bytes
import CoAP
public import OSCORE

/// A request that is genuine, but may be a replay: the window of its sender is invalid (RFC 10021 §2.6.1.2).
///
/// What it asks for stays hidden until ``GroupContext/accept(_:)``. Answer it with a challenge that carries only an Echo
/// option, and accept it when it carries the value of such a challenge (RFC 10021 §9).
public struct UnprovenRequest: Sendable {
    let message: Message
    /// The member that protected it.
    public let sender: SenderID
    /// Binds the challenge, which always has a Partial IV of its own.
    public let binding: GroupRequestBinding
    /// Of the Recipient Context that verified it.
    let token: VerifierToken

    /// `nil` if the body is not one of a message.
    init?(code: Code, body: Span<UInt8>, binding: GroupRequestBinding, token: VerifierToken) {
        guard let message = try? Message(code: code, body: body) else { return nil }
        self.message = message
        self.sender = binding.request.kid
        self.binding = binding
        self.token = token
    }

    /// Whether this Recipient Context, and no other, has verified the request.
    func isVerified(by recipient: RecipientContext) -> Bool {
        recipient.recipientID == sender && recipient.token === token
    }

    /// The value of its Echo option; `nil` if it has none.
    public var echo: [UInt8]? {
        message.options.first(of: .echo)
    }
}

extension GroupContext {
    // GOSC-0275, GOSC-0276
    /// Takes a request whose Echo value proved it to be new, and makes the window of its sender valid: its Partial IV
    /// becomes the lower limit. If another request made the window valid first, the window decides.
    ///
    /// Only the context that verified the request takes it, once, and only while it knows the sender as it did then: not
    /// after the sender was forgotten, or got another credential.
    public func accept(_ request: UnprovenRequest) -> RequestVerdict {
        guard !isStateLost, request.binding.groupID == groupID, request.binding.keyGeneration == keyGeneration,
            let recipient = recipients[request.sender], request.isVerified(by: recipient)
        else { return .rejected(.noContext) }
        guard recipient.heal(from: request.binding.request.partialIV) == .fresh else {
            return .replay(request.sender)
        }
        return .verified(
            VerifiedRequest(message: request.message, sender: request.sender, binding: request.binding))
    }
}

extension UnprovenRequest: CustomStringConvertible, CustomReflectable {
    /// Who asks, never what for.
    public var description: String { "<unproven request of \(sender)>" }
    /// Nothing: a dump does not show what is to stay hidden.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
