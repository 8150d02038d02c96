import CoAP
import CoAPEngine

// A token ends, and with it the association that came of it. A member gets the next one over that association, without its
// invitation: that may be void, for the manager was restored (decision 38).
extension ManagerLink {
    /// Takes another token of the manager; it is uploaded once it is durable.
    ///
    /// - Throws: As ``NodeTokenRecord/init(_:requested:for:at:)``.
    func takeNewToken(_ answer: Message, at now: MonotonicInstant, effects: inout [LinkEffect]) throws(JoinFailure) {
        effects.append(
            .saveToken(try NodeTokenRecord(answer, requested: scope, for: wanted, at: clock?.time(at: now))))
    }

    /// Uploads the token in place of the one that the present association came of. What is under way goes on over that one.
    func replaceAssociation(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [LinkEffect]
    ) {
        // The manager goes on with the former association until it hears something over the next.
        if !waiting.contains(.version) { waiting.append(.version) }
        recoveries = []
        upload(at: now, random: &random, effects: &effects)
    }
}
