public import CoAP
public import CoAPEngine
import OSCORE

/// A request that the manager has verified. Nothing else can make one.
public struct ManagedRequest: RequestProperties {
    /// Which association it came over.
    public let association: AssociationName
    /// The request as its sender wrote it.
    public let message: Message

    public var code: Code { message.code }
    public var options: Options { message.options }
    public var payload: [UInt8] { message.payload }

    init(_ verified: OSCORE.VerifiedRequest, over association: AssociationName) {
        self.association = association
        self.message = verified.message
    }
}
