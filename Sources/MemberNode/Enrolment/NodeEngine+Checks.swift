import ACEGroupcomm
import CoAP
import CoAPEngine
import GroupOSCORE

extension NodeEngine {
    /// From now on the manager is asked for news of the group.
    func beginChecks(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard membership != nil, link != nil else { return }
        scheduleChecks(at: now)
        // Whatever has happened meanwhile: their number, when they expire, and by which Sender ID the others know this node.
        ask(.keys, at: now, random: &random, effects: &effects)
        ask(.status, at: now, random: &random, effects: &effects)
        ask(.policies, at: now, random: &random, effects: &effects)
    }

    func scheduleChecks(at now: MonotonicInstant) {
        checksAt = now.advanced(by: checkInterval)
    }

    // GM-0226
    /// Asks for number and status of the group when it is time.
    func checkGroup(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard let due = checksAt, due <= now else { return }
        checksAt = now.advanced(by: checkInterval)
        ask(.version, at: now, random: &random, effects: &effects)
        ask(.status, at: now, random: &random, effects: &effects)
    }

    /// The Key Update Check Interval of the group. No manager wants to be asked all the time, whatever a policy says.
    private var checkInterval: Duration {
        max(.seconds(Int64(clamping: policies.keyUpdateCheckInterval)), Self.minimumCheckInterval)
    }

    func takeVersion(
        _ answer: Message, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        guard let version = try? VersionNumber.decode(answer.payload.span) else {
            effects.append(.event(.managerRefused(.keyVersion, .malformedAnswer)))
            return
        }
        if let membership, version <= membership.version {
            generations?.renewal.noteNothingNewer(longest: checkInterval)
        }
        hear(of: version, at: now, random: &random, effects: &effects)
    }

    func takeStatus(_ answer: Message, effects: inout [NodeEffect]) {
        guard let isActive = try? ActiveStatus.decode(answer.payload.span) else {
            effects.append(.event(.managerRefused(.status, .malformedAnswer)))
            return
        }
        setActive(isActive, effects: &effects)
    }

    // GM-0278
    func setActive(_ isActive: Bool, effects: inout [NodeEffect]) {
        guard isActive != isGroupActive else { return }
        isGroupActive = isActive
        effects.append(.event(.groupIsActive(isActive)))
    }

    func takePolicies(_ answer: Message, at now: MonotonicInstant, effects: inout [NodeEffect]) {
        guard let read = try? PoliciesAnswer(decoding: answer.payload.span) else {
            effects.append(.event(.managerRefused(.policies, .malformedAnswer)))
            return
        }
        let former = checkInterval
        policies = read.policies ?? GroupPolicies()
        if checkInterval != former { checksAt = now.advanced(by: checkInterval) }
    }

    private static let minimumCheckInterval = Duration.seconds(10)
}
