internal import Bytes

/// The Leisure periods of the groups that this endpoint answers in: they follow each other and never overlap
/// (RFC 7252 §8.2).
///
/// Each is for one answer, so that whoever asks a lot uses them up. Of those that may wait one source gets as many as it
/// leaves to others: half of them at most, and whoever forges one address keeps nobody else from being answered.
public struct LeisurePeriods: Sendable {
    private struct Group: Hashable, Sendable {
        let address: IPv6Address
        let interface: InterfaceIndex
    }

    private struct Period: Sendable {
        let end: MonotonicInstant
        let source: IPv6Address
    }

    /// Those that are not over, in their order.
    private var periods: [Group: [Period]] = [:]
    private let maximumDelay: Duration
    private let maximumGroups: Int

    /// How many groups have a period that has not been found to be over.
    public var count: Int { periods.count }

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
    /// - Returns: How long to hold the answer back; `nil` if too many answers wait, or too many of this source.
    public mutating func draw(
        _ path: DatagramPath, _ leisure: Leisure, within limit: Duration? = nil, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator
    ) -> Duration? {
        // Answers at once do not follow each other.
        guard leisure.window > .zero else { return .zero }
        var group = Group(address: path.destination, interface: path.interface)
        if periods[group] == nil, periods.count >= maximumGroups {
            periods = periods.filter { $0.value.last.map { $0.end > now } ?? false }
            if periods.count >= maximumGroups { group = Group(address: .unspecified, interface: .unspecified) }
        }
        var waiting = periods[group] ?? []
        waiting.removeAll { $0.end <= now }
        // COAP-0093
        let begin = max(waiting.last?.end ?? now, now)
        let room = limit ?? max(maximumDelay, leisure.window)
        let free = (room - now.duration(to: begin)).saturatedNanoseconds / leisure.window.saturatedNanoseconds
        let own = waiting.count { $0.source == path.source.address }
        guard own < free, waiting.count < Self.maximumPeriods else { return nil }
        waiting.append(Period(end: begin.advanced(by: leisure.window), source: path.source.address))
        periods[group] = waiting
        return now.duration(to: begin) + leisure.draw(using: &random)
    }

    private static let maximumPeriods = 64
}
