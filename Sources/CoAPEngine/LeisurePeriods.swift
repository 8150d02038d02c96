internal import Bytes

/// The Leisure periods of the groups that this endpoint answers in: they follow each other and never overlap
/// (RFC 7252 §8.2).
public struct LeisurePeriods: Sendable {
    private struct Group: Hashable, Sendable {
        let address: IPv6Address
        let interface: InterfaceIndex
    }

    private var ends: [Group: MonotonicInstant] = [:]
    private let maximumDelay: Duration
    private let maximumGroups: Int

    /// How many groups have a period that has not been found to be over.
    public var count: Int { ends.count }

    /// Creates the periods of an endpoint that has answered nobody.
    ///
    /// - Parameters:
    ///   - maximumDelay: A request whose answer would have to wait longer gets none: whoever asks without end must not
    ///     have answers pile up.
    ///   - maximumGroups: How many groups are told apart; further ones share one period.
    public init(maximumDelay: Duration = .seconds(60), maximumGroups: Int = 64) {
        self.maximumDelay = max(maximumDelay, .zero)
        self.maximumGroups = max(maximumGroups, 1)
    }

    /// Draws when to answer a group request: within the period that runs for it, which begins now or, if one is running
    /// already, when that ends.
    ///
    /// - Parameters:
    ///   - path: The way that the request took.
    ///   - leisure: The length of the period.
    ///   - limit: The latest end of the period of this answer, from now; `nil` for what was chosen at the start.
    /// - Returns: How long to hold the answer back; `nil` if too many answers wait.
    public mutating func draw(
        _ path: DatagramPath, _ leisure: Leisure, within limit: Duration? = nil, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator
    ) -> Duration? {
        var group = Group(address: path.destination, interface: path.interface)
        if ends[group] == nil, ends.count >= maximumGroups {
            ends = ends.filter { $0.value > now }
            if ends.count >= maximumGroups { group = Group(address: .unspecified, interface: .unspecified) }
        }
        // COAP-0093
        let begin = max(ends[group] ?? now, now)
        guard now.duration(to: begin) + leisure.window <= limit ?? max(maximumDelay, leisure.window) else { return nil }
        ends[group] = begin.advanced(by: leisure.window)
        return now.duration(to: begin) + leisure.draw(using: &random)
    }
}
