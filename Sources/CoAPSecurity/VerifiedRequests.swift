public import CoAP
public import CoAPEngine
public import GroupOSCORE
public import OSCORE

// Resources see what a protection has verified; nothing else can make one of these.

extension OSCORE.VerifiedRequest: RequestProperties {
    /// The Code that the sender wrote.
    public var code: Code { message.code }
    /// The options that the sender wrote.
    public var options: Options { message.options }
    /// The payload that the sender wrote.
    public var payload: [UInt8] { message.payload }
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
