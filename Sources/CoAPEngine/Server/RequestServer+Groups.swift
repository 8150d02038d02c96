internal import Bytes
internal import CoAP

// What holds for answers to groups (RFC 10020 §3.1.2, §3.6).
extension RequestServer {
    /// Whether an answer goes out at all.
    ///
    /// - Parameter isObserved: Whether it begins an observation.
    func isWanted(
        _ answer: Message, _ request: ReceivedRequest<Verified>, _ policy: GroupResponsePolicy, isObserved: Bool
    ) -> Bool {
        let noResponse = request.request.options.noResponse
        guard request.path.isMulticast else {
            // COAP-0183. An upload goes on only if the client hears that it may.
            guard let noResponse, answer.code != .continue else { return true }
            return !NoResponse.suppresses(answer.code, noResponse)
        }
        var policy = policy
        if isObserved {
            // COAP-0151: whoever observes must know who listens.
            policy.suppressesSuccess = false
            policy.suppressesEmptyResults = false
        }
        return policy.permits(
            answer.code, isEmptyResult: answer.code == .content && answer.payload.isEmpty, noResponse: noResponse,
            isVerified: request.isAuthenticated)
    }

    /// How long the answer to a request waits; `nil` if it would wait too long and is not sent.
    mutating func delay(
        for request: ReceivedRequest<Verified>, at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> Duration? {
        guard request.path.isMulticast else { return .zero }
        let delay = leisurePeriods.delay(
            of: request.path.destination, on: request.path.interface, leisure: leisure(of: request.path.destination),
            maximum: settings.maximumLeisurePeriods, at: now, random: &random)
        if delay == nil { counters.leisureOverload += 1 }
        return delay
    }

    func leisure(of group: IPv6Address) -> Leisure { settings.leisureOfGroup[group] ?? settings.leisure }
}

/// The Leisure periods of the groups that this server is in: one at a time (RFC 7252 §8.2).
internal struct LeisurePeriods: Sendable {
    private struct Membership: Hashable, Sendable {
        let group: IPv6Address
        let interface: InterfaceIndex
    }

    private var ends: [Membership: MonotonicInstant] = [:]

    /// How long an answer waits.
    mutating func delay(
        of group: IPv6Address, on interface: InterfaceIndex, leisure: Leisure, maximum: Int, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator
    ) -> Duration? {
        // Only groups that somebody has joined are asked, so there are few.
        ends = ends.filter { $0.value > now }
        let membership = Membership(group: group, interface: interface)
        // COAP-0093: the period of a further answer begins when the one before is over.
        let start = ends[membership] ?? now
        let wait = now.duration(to: start)
        guard wait <= leisure.window * (max(maximum, 1) - 1) else { return nil }
        ends[membership] = start.advanced(by: leisure.window)
        // COAP-0091
        return wait + leisure.draw(using: &random)
    }
}
