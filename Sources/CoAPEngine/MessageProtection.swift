public import CoAP

/// What resources may know of a request. Every kind of request that passed a protection offers it.
public protocol RequestProperties: Sendable {
    /// The method.
    var code: Code { get }
    /// The options, of the inner message where there is one.
    var options: Options { get }
    /// The payload, of the inner message where there is one.
    var payload: [UInt8] { get }
    /// Whether a resource that says nothing about groups takes the group requests of this kind; `false` unless said.
    static var servesGroupsByDefault: Bool { get }
}

extension RequestProperties {
    public static var servesGroupsByDefault: Bool { false }
}

/// The seam between the message layer and the resources: what turns a received message into a request to be trusted.
///
/// Resources are generic over ``Verified``. Its initialiser is the secret of the verification, so a resource cannot be
/// reached around it.
public protocol MessageProtection {
    /// A request that has passed.
    associatedtype Verified: RequestProperties
}

/// Plain CoAP: everything passes.
public struct NoProtection: MessageProtection, Sendable {
    public typealias Verified = UnprotectedRequest

    /// Protects nothing.
    public init() {}
}

/// A request whose sender nobody has verified.
public struct UnprotectedRequest: RequestProperties, Hashable {
    /// Who says to have sent it.
    public let path: DatagramPath
    /// The request.
    public let message: Message

    public var code: Code { message.code }
    public var options: Options { message.options }
    public var payload: [UInt8] { message.payload }

    /// Takes a request as it came.
    public init(_ request: IncomingRequest) {
        self.path = request.path
        self.message = request.message
    }
}
