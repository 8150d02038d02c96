public import CoAP

/// What a server does with a group-mode request that came by unicast (RFC 10021 §14.9).
///
/// Any on-path attacker can take a request out of a multicast and send it to one server alone, which then acts and the
/// others do not. Signature and window cannot show that. Whether it matters is for the application to say.
public enum UnicastGroupRequestPolicy: Hashable, Sendable {
    /// Every verified request is delivered.
    case accept
    // GOSC-0349
    /// Only requests that change nothing are delivered: GET and FETCH. The others get a protected 4.03.
    case safeMethodsOnly

    /// Whether a verified request is delivered.
    ///
    /// - Parameters:
    ///   - method: The request's inner Code.
    ///   - isGroupMode: Whether it was protected in group mode.
    ///   - isMulticast: Whether it came to a multicast address.
    public func permits(_ method: Code, isGroupMode: Bool, isMulticast: Bool) -> Bool {
        self == .accept || !isGroupMode || isMulticast || method == .get || method == .fetch
    }
}
