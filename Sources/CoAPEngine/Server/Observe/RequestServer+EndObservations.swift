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
}
