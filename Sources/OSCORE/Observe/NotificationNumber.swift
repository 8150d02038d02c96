/// Which notifications of one observation the client has accepted (RFC 8613 §4.1.3.5.2, §7.4.1).
///
/// The strict policy that the RFC allows: a notification counts only if it is newer than every one before. So none counts
/// twice, and an application never sees an old state after a new one. Forgotten with the observation (§B.1.3).
public struct NotificationNumber: Hashable, Sendable {
    /// The largest Partial IV accepted; `nil` before the first.
    public private(set) var highest: PartialIV?
    private var hasAcceptedOneWithout = false

    /// Starts before the first notification.
    public init() {}

    // OSC-0074, OSC-0044, OSC-0092: called for verified notifications only; the outer Observe value plays no part.
    /// Accepts a verified notification once.
    ///
    /// - Parameter partialIV: The notification's own; `nil` if it used the request's nonce, which makes it the oldest.
    /// - Returns: False, and nothing changed, if it is a duplicate or older than one accepted before.
    public mutating func accept(_ partialIV: PartialIV?) -> Bool {
        guard let partialIV else {
            guard !hasAcceptedOneWithout, highest == nil else { return false }
            hasAcceptedOneWithout = true
            return true
        }
        if let highest, partialIV <= highest { return false }
        highest = partialIV
        return true
    }
}

extension PartialIV {
    // OSC-0045
    /// The three least significant bytes: what a client puts in the place of the empty Observe value of a notification.
    public var observeValue: UInt32 { UInt32(truncatingIfNeeded: value & 0xff_ffff) }
}
