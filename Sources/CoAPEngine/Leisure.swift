/// The time over which the members of a group spread their answers (RFC 7252 §8.2, RFC 10020 §3.6.1).
public struct Leisure: Hashable, Sendable {
    /// The length of the period.
    public let window: Duration

    /// Creates a period of known length, cut to whole nanoseconds; below zero counts as zero.
    public init(window: Duration) {
        // What is not zero can be divided by, and multiplied.
        self.window = .nanoseconds(max(window, .zero).saturatedNanoseconds)
    }

    /// What protects the group decides the default when the number of responders is unknown.
    public enum Unknown: Hashable, Sendable {
        /// No security: 5 s.
        case unprotected
        /// The OSCORE group uses group mode, also or only: 20 s.
        case groupMode
        /// The OSCORE group uses pairwise mode only: 13 s.
        case pairwiseModeOnly

        /// The DEFAULT_LEISURE of RFC 10020.
        public var window: Duration {
            // COAP-0092
            switch self {
            case .unprotected: .seconds(5)
            case .groupMode: .seconds(20)
            case .pairwiseModeOnly: .seconds(13)
            }
        }
    }

    /// The lower bound S·G/R of RFC 7252 §8.2.
    ///
    /// - Parameters:
    ///   - responders: G, how many may answer; `nil` if unknown.
    ///   - linkRate: R in bytes a second, above 0; anything else counts as unknown.
    ///   - responseSize: S in bytes.
    ///   - unknown: Whose default applies when there is nothing to compute with.
    /// - Returns: At most an hour.
    public static func window(
        responders: Int?, linkRate: Double, responseSize: Int = 150, otherwise unknown: Unknown = .groupMode
    ) -> Duration {
        guard let responders, linkRate > 0, linkRate.isFinite else { return unknown.window }
        let seconds = Double(max(responseSize, 0)) * Double(max(responders, 0)) / linkRate
        return .nanoseconds(Int64(min(seconds, 3600) * 1e9))
    }

    /// When to answer within the period, uniformly distributed.
    public func draw(using random: inout some RandomNumberGenerator) -> Duration {
        // COAP-0091
        .nanoseconds(Int64.random(in: 0...window.saturatedNanoseconds, using: &random))
    }
}
