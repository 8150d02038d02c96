public import OSCORE

/// Which responses of one exchange were accepted, a Response Number for each server (RFC 10021 §5.3.1).
///
/// The strict policy: from one server only growing Partial IVs are accepted, and at most one response without any, as its
/// first.
public struct ResponseNumbers: Hashable, Sendable {
    private enum State: Hashable, Sendable {
        case withoutPartialIV
        case number(PartialIV)
    }
    private var states: [SenderID: State] = [:]

    /// Starts with every Response Number uninitialised.
    public init() {}

    // GOSC-0170, GOSC-0171, GOSC-0173, GOSC-0175
    /// Accepts a verified response once.
    ///
    /// - Returns: False, and nothing changed, if it is a duplicate or older than one accepted from this server.
    public mutating func accept(_ partialIV: PartialIV?, from server: SenderID) -> Bool {
        switch (states[server], partialIV) {
        case (nil, nil):
            states[server] = .withoutPartialIV
        case (nil, let partialIV?), (.withoutPartialIV, let partialIV?):
            states[server] = .number(partialIV)
        case (.number(let number), let partialIV?) where partialIV > number:
            states[server] = .number(partialIV)
        default:
            return false
        }
        return true
    }
}
