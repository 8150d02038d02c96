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
        for path: DatagramPath, at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> Duration? {
        guard path.isMulticast else { return .zero }
        let leisure = leisure(of: path.destination)
        let delay = leisurePeriods.draw(
            path, leisure, within: leisure.window * max(settings.maximumLeisurePeriods, 1), at: now,
            random: &random)
        if delay == nil { counters.leisureOverload += 1 }
        return delay
    }

    func leisure(of group: IPv6Address) -> Leisure { settings.leisureOfGroup[group] ?? settings.leisure }
}
