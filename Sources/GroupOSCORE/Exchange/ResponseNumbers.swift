public import OSCORE

/// Which responses of one exchange were accepted: a Response Number for each server (RFC 10021 §5.3.1).
///
/// One number serves both modes. Only verified responses come here, so that a failed verification changes nothing.
public struct ResponseNumbers: Hashable, Sendable {
    /// Which of a server's responses are accepted.
    public enum Policy: Hashable, Sendable {
        // GOSC-0173
        /// Only growing Partial IVs; a response without any only as the first.
        case strict
        // GOSC-0174
        /// Also smaller ones that were never seen, as far back as the window reaches (2 to 1024).
        case permissive(windowSize: Int)
    }

    /// What the numbers say of a response.
    public enum Verdict: Hashable, Sendable {
        // GOSC-0176
        /// New, and fresher than everything this server sent before under the same Security Context.
        case freshest
        /// New, but this server sent something fresher.
        case older
        /// A duplicate, or too old to tell.
        case refused
    }

    /// What was accepted from one server.
    private struct Server: Hashable, Sendable {
        // GOSC-0160: uninitialised before the first verified response with a Partial IV.
        var number: PartialIV?
        var hasAnsweredWithoutPartialIV = false
        var window: ReplayWindow?
    }
    private var servers: [SenderID: Server] = [:]
    /// Which responses are accepted.
    public let policy: Policy

    /// Starts with every Response Number uninitialised. A window size out of range counts as the strict policy.
    public init(policy: Policy = .strict) {
        self.policy = policy
    }

    /// The Response Number of a server; `nil` while it is uninitialised.
    public func number(of server: SenderID) -> PartialIV? {
        servers[server]?.number
    }

    /// Whether anything of a server was accepted.
    public func hasAccepted(from server: SenderID) -> Bool {
        servers[server].map { $0.number != nil || $0.hasAnsweredWithoutPartialIV } ?? false
    }

    /// Accepts a verified response once, and says how it stands to the others of its server.
    public mutating func admit(_ partialIV: PartialIV?, from server: SenderID) -> Verdict {
        var state = servers[server] ?? Server(window: emptyWindow)
        let verdict = Self.admit(partialIV, into: &state)
        if verdict != .refused { servers[server] = state }
        return verdict
    }

    /// Accepts a verified response once.
    ///
    /// - Returns: False, and nothing changed, if it is a duplicate or older than the policy allows.
    public mutating func accept(_ partialIV: PartialIV?, from server: SenderID) -> Bool {
        admit(partialIV, from: server) != .refused
    }

    // GOSC-0109: a server starts again at 0 under a new Security Context.
    /// Makes every Response Number uninitialised. That a server has answered without a Partial IV stays known: it may do
    /// so once in an exchange, whatever the context.
    public mutating func reset() {
        servers = servers.mapValues { old in
            Server(hasAnsweredWithoutPartialIV: old.hasAnsweredWithoutPartialIV, window: emptyWindow)
        }
    }

    private static func admit(_ partialIV: PartialIV?, into state: inout Server) -> Verdict {
        guard let partialIV else {
            // GOSC-0171, GOSC-0353: at most one, and older than all with a Partial IV.
            guard !state.hasAnsweredWithoutPartialIV else { return .refused }
            guard state.number == nil else {
                guard state.window != nil else { return .refused }
                state.hasAnsweredWithoutPartialIV = true
                return .older
            }
            state.hasAnsweredWithoutPartialIV = true
            return .freshest
        }
        // GOSC-0172
        if state.window != nil {
            guard state.window?.mark(partialIV) == .fresh else { return .refused }
        } else if let number = state.number, partialIV <= number {
            return .refused
        }
        // GOSC-0170, GOSC-0175
        if let number = state.number, partialIV < number { return .older }
        state.number = partialIV
        return .freshest
    }

    private var emptyWindow: ReplayWindow? {
        guard case .permissive(let size) = policy else { return nil }
        return try? ReplayWindow(size: size)
    }
}
