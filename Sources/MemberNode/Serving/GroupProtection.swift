public import CoAPEngine
public import CoAPSecurity
public import GroupOSCORE

/// Group OSCORE in the protection seam of the CoAP engine: only verified requests reach a resource.
public enum GroupProtection: MessageProtection, Sendable {
    /// What a resource of a member takes.
    public typealias Verified = GroupOSCORE.VerifiedRequest
}
