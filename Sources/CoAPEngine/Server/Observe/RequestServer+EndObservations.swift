internal import CoAP

extension RequestServer {
    /// Ends what a peer observes, at a path and below it: it may not any more, or what it observed is no more.
    ///
    /// - Parameters:
    ///   - peer: Whose observations.
    ///   - path: The segments that their paths begin with; empty for all.
    ///   - response: The last notification: an error.
    public mutating func endObservations(
        of peer: PeerIdentity, below path: [String], with response: ResourceResponse, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [ServerEffect<Verified>]
    ) {
        for id in observations.ids(of: peer) where observations[id]?.path.starts(with: path) == true {
            notify(id, response, at: now, random: &random, effects: &effects)
        }
    }

    /// Ends what a peer observes, at a path and below it, and tells it once or not at all.
    ///
    /// - Parameter place: Of its observations of this path one gets `response`; the others end in silence.
    /// - Returns: Whether it was told.
    mutating func endObservations(
        of peer: PeerIdentity, below path: [String], tellingOnceAt place: [String]?, with response: ResourceResponse,
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [ServerEffect<Verified>]
    ) -> Bool {
        var isTold = false
        for id in observations.ids(of: peer) {
            guard let observed = observations[id]?.path, observed.starts(with: path) else { continue }
            if !isTold, observed == place {
                isTold = true
                notify(id, response, at: now, random: &random, effects: &effects)
            } else {
                endObservation(id, effects: &effects)
            }
        }
        return isTold
    }
}
