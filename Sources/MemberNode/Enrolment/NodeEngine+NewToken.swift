import ACEGroupcomm
import CoAP
import CoAPEngine

// The token of a member is replaced before it ends. Nobody else would do it: a manager that was restored lets memberships end
// with their tokens.
extension NodeEngine {
    /// Decides when to ask for the next token.
    ///
    /// - Parameter isNew: Whether the token has just come, so that what is left is all of its life.
    func scheduleNewToken(isNew: Bool, at now: MonotonicInstant, random: inout some RandomNumberGenerator) {
        guard let token = link?.token else {
            newTokenAt = nil
            return
        }
        guard let clock, let end = token.expiry else {
            // Nobody knows when it ends.
            newTokenAt = now.advanced(by: Self.spread(Self.day / 2...Self.day, using: &random))
            return
        }
        let time = clock.time(at: now).seconds
        let left = end > time ? Int64(clamping: min(end - time, Self.longestLife)) : 0
        newTokenAt = now.advanced(by: Self.wait(left, isNew: isNew, using: &random))
    }

    /// How long a token does: until a tenth of its life is left, a day at least, and half of it where it lives shorter. Not all
    /// nodes of a building come together.
    ///
    /// - Parameter left: In seconds.
    private static func wait(_ left: Int64, isNew: Bool, using random: inout some RandomNumberGenerator) -> Duration {
        // How long it lived is not stored. The usual life is thirty days.
        let latest = isNew ? max(left - max(left / 10, day), left / 2) : left - 3 * day
        guard latest > 0 else { return spread(0...max(0, min(left / 2, 600)), using: &random) }
        return spread(latest - latest / 8...latest, using: &random)
    }

    /// Asks for the next token when it is time.
    func askForNewToken(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard let due = newTokenAt, due <= now else { return }
        // Unless something comes of it before.
        newTokenAt = now.advanced(by: Self.spread(Self.hour...2 * Self.hour, using: &random))
        guard membership != nil else { return }
        ask(.token, at: now, random: &random, effects: &effects)
    }

    func takeNewToken(_ answer: Message, at now: MonotonicInstant, effects: inout [NodeEffect]) {
        guard let link else { return }
        var wanted: [LinkEffect] = []
        do throws(JoinFailure) {
            try link.takeNewToken(answer, at: now, effects: &wanted)
        } catch {
            effects.append(.event(.managerRefused(.token, error)))
        }
        for case .saveToken(let record) in wanted { save(record) }
    }

    /// Makes a token durable before it is uploaded: a crash in between costs an upload and no more.
    func save(_ token: NodeTokenRecord) {
        draft.writes.append(.saveToken(token))
        draft.continuations.append(.tokenSaved(token))
    }

    private static func spread(_ seconds: ClosedRange<Int64>, using random: inout some RandomNumberGenerator)
        -> Duration
    {
        .seconds(Int64.random(in: seconds, using: &random))
    }

    private static let hour: Int64 = 3_600
    private static let day: Int64 = 86_400
    /// A century, in seconds: nothing is waited for any longer.
    private static let longestLife: UInt64 = 3_155_760_000
}
