public import CoAP
public import CoAPEngine
public import GroupOSCORE

/// Group OSCORE in the protection seam of the CoAP engine: only verified requests reach a resource.
public enum GroupProtection: MessageProtection {
    /// What a resource of a member takes.
    public typealias Verified = GroupOSCORE.VerifiedRequest
}

extension GroupOSCORE.VerifiedRequest: RequestProperties {
    /// The Code that the sender wrote.
    public var code: Code { message.code }
    /// The options that the sender wrote.
    public var options: Options { message.options }
    /// The payload that the sender wrote.
    public var payload: [UInt8] { message.payload }
    /// What a member serves it serves to its group.
    public static var servesGroupsByDefault: Bool { true }
}
