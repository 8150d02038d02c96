/// What a server does with a genuine request whose replay window is invalid (RFC 10021 §2.6.1.2).
///
/// In no case is the request delivered on the strength of the window.
public enum InvalidWindowPolicy: Hashable, Sendable, CaseIterable {
    // GOSC-0093
    /// Asks the client by Echo; the recommended way and the default.
    case challenge
    /// Drops the request; only new keys make the window valid.
    case discard
    /// Drops the request and asks the Group Manager for new parameters.
    case renew

    /// What is to be done.
    public enum Action: Hashable, Sendable {
        /// Answer with an Echo value, or judge the one that the request gives back.
        case challenge
        /// Say nothing.
        case discard
        /// Ask the Group Manager, and say nothing to the client.
        case askManager
    }

    /// The policy that is used where none is configured.
    public static let recommended = Self.challenge

    /// What this policy means for an endpoint.
    ///
    /// - Parameter canAnswer: False for a silent server, which has no Sender Context.
    public func action(canAnswer: Bool) -> Action {
        switch self {
        // GOSC-0354: a silent server waits for new parameters.
        case .challenge: canAnswer ? .challenge : .discard
        case .discard: .discard
        case .renew: .askManager
        }
    }
}
